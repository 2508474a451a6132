"""Keeps the flight recorder's copies in step with what happens to a run besides its steps."""

from __future__ import annotations

from playground.training.hooks import Hook, register


@register
class Snapshots(Hook):
    """A copy where a run begins, goes on after its end, or was cut short by the death of a worker."""

    order = -30

    def began(self) -> None:
        self.run.trainer.recorder.begin()

    def resumed(self) -> None:
        """Copies of steps that the dead worker had done beyond its last whole copy of the state: those will come again."""
        self.run.trainer.recorder.ring.forget_after(self.run.machine.step)
        self.run.trainer.recorder.take()

    def reopened(self, reason: str) -> None:
        """The run may stand at its best epoch now, and the patience begins anew."""
        self.run.trainer.recorder.ring.forget_after(self.run.machine.step)
        self.run.trainer.recorder.take()

    def carried(self, previous: Hook) -> None:
        """With another plan the run cannot go back beyond the change."""
        self.run.trainer.recorder.begin()

"""Keeps the flight recorder's copies where they outlive the worker, and in step with what happens to a run besides its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.engine.registers import KNOB_COUNT
from playground.training.changes import reinstate
from playground.training.hooks import Hook, register

if TYPE_CHECKING:
    from playground.training.loop import Burst
    from playground.training.run import Run


@register
class Snapshots(Hook):
    """A copy where a run begins, goes on after its end, or was cut short by the death of a worker."""

    order = -30

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        run.past.fit(4 * (run.machine.layout.state[1] + KNOB_COUNT))
        run.trainer.recorder.keep_in(run.past, run.board.changes)

    def began(self) -> None:
        self.run.trainer.recorder.begin()

    def resumed(self) -> None:
        """Without copies of steps that the dead worker had done beyond its last whole copy of the state: those will come again."""
        recorder = self.run.trainer.recorder
        if self.run.published is not None:
            reinstate(self.run.board.changes, self.run.published[0])
        recorder.plan = recorder.stretches()[-1].serial
        recorder.go_on()

    def reopened(self, reason: str) -> None:
        """The run may stand at its best epoch now, and the patience begins anew."""
        self.run.trainer.recorder.go_on()

    def after_turn(self, burst: Burst) -> None:
        """A fault of the update takes the run back before it, maybe by more than the burst."""
        if burst.status == "fault":
            for hook in self.run.hooks:
                hook.travelled(self.run.machine.step)

    def reset(self) -> None:
        """The board is empty, and the copies go too."""
        self.run.trainer.recorder.begin()

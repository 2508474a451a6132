"""Changes of knobs that a dead worker made after its last whole copy of the state: they come again at their steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.training import messages
from playground.training.hooks import Hook, register

if TYPE_CHECKING:
    from playground.training.run import Run


@register
class PendingChanges(Hook):
    """Holds (step, knob, value) of changes that are still to come."""

    order = -10

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._pending: list[tuple[int, int, float]] = []

    def resumed(self) -> None:
        for step, knob, value in self.run.board.changes.since(0)[0]:
            # A change that was made later at an earlier step takes the place of those that it then came before.
            self._pending = [change for change in self._pending if change[1] != knob or change[0] <= step]
            self._pending.append((int(step), int(knob), float(value)))
        self._pending = [change for change in self._pending if change[0] >= self.run.machine.step]

    def next_stop(self) -> int | None:
        return min((step for step, _, _ in self._pending), default=None)

    def before_burst(self) -> None:
        machine = self.run.machine
        for step, index, value in self._pending:
            if step <= machine.step:
                machine.knobs[index] = value
        self._pending = [change for change in self._pending if change[0] > machine.step]

    def knob_changed(self, change: messages.KnobChanged) -> None:
        """A new value takes the place of those still to come."""
        index = self.run.machine.layout.knob_index[change.name]
        self._pending = [kept for kept in self._pending if kept[1] != index]

    def reset(self) -> None:
        self._pending.clear()

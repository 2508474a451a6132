"""Changes of knobs that a dead worker made after its last whole copy of the state: they come again at their steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.training import messages
from playground.training.changes import carry_out, since_the_plan, still_valid
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
        self._pending = still_valid(since_the_plan(self.run.board.changes.since(0)[0]))
        self._pending = [change for change in self._pending if change[0] >= self.run.machine.step]

    def carried(self, previous: Hook) -> None:
        """Knobs may have other places now; one that is gone takes its changes with it."""
        assert isinstance(previous, PendingChanges)
        names = {index: name for name, index in previous.run.machine.layout.knob_index.items()}
        places = self.run.machine.layout.knob_index
        kept = [(step, names[index], value) for step, index, value in previous._pending if index in names]
        self._pending = [(step, places[name], value) for step, name, value in kept if name in places]
        rows = [change for change in self._pending if change[0] >= self.run.machine.step]
        if rows:
            self.run.board.changes.append(np.array(rows, float))

    def next_stop(self) -> int | None:
        return min((step for step, _, _ in self._pending), default=None)

    def before_burst(self) -> None:
        machine = self.run.machine
        for step, index, value in self._pending:
            if step <= machine.step:
                carry_out(self.run.trainer, index, value)
        self._pending = [change for change in self._pending if change[0] > machine.step]

    def knob_changed(self, change: messages.KnobChanged) -> None:
        """A new value takes the place of those still to come."""
        index = self.run.machine.layout.knob_index[change.name]
        self._pending = [kept for kept in self._pending if kept[1] != index]

    def travelled(self, step: int) -> None:
        self._pending.clear()

    def reset(self) -> None:
        self._pending.clear()

"""Weights of some past steps of a small network, so that a run that is over at once can be looked into afterwards.

A look takes about a millisecond, which a run of a tenth of a second has not earned before it ends; noting the weights down takes about
a microsecond.
"""

from __future__ import annotations

import dataclasses
import math
import weakref
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

if TYPE_CHECKING:
    from playground.training.run import Run

Array = npt.NDArray[Any]

#: Steps that are kept, evenly over the run; weights that a network may have.
MOST, WEIGHTS = 32, 8192
#: Of those before the first look of a run that goes on so many are looked into with it.
FEW = 8


@dataclasses.dataclass(frozen=True)
class Note:
    """What the tensors were after a step. tensors: parameters and running statistics by name."""

    step: int
    tensors: dict[str, Array]
    gradients: dict[str, Array]


class Notes:
    """Notes of a run, ascending; of more than fit, every second is dropped, and from then on every second is taken."""

    def __init__(self, run: Run) -> None:
        self._machine, layout = run.machine, run.machine.layout
        weights = sum(field.view(run.machine.F).size for field in layout.parameters.values())
        # Means of weights are what such a run evaluates with, and they are not noted down.
        self._wanted = weights <= WEIGHTS and not run.assembled.project.training.judges_averaged
        self._first = min((field.at for field in layout.parameters.values()), default=0)
        self._stride, self._skipped = 1, 0
        self._kept: list[tuple[int, Array, Array, dict[str, Array]]] = []

    def add(self) -> None:
        """After a step that is measured anyway."""
        if not self._wanted:
            return
        machine, step = self._machine, self._machine.step
        while self._kept and self._kept[-1][0] >= step:  # the run went back
            self._kept.pop()
        if not self._kept:
            self._stride, self._skipped = 1, 0
        self._skipped += 1
        if self._kept and self._skipped < self._stride:
            return
        if len(self._kept) >= MOST:
            self._kept = self._kept[::2]
            self._stride *= 2
        self._skipped = 0
        at, length = machine.layout.gradient_run
        weights, gradients = machine.F[self._first : self._first + length].copy(), machine.F[at : at + length].copy()
        self._kept.append((step, weights, gradients, {name: a.copy() for name, a in machine.statistics().items()}))

    def between(self, last: int, now: int) -> list[Note]:
        """Those of the steps after `last` and before `now`."""
        layout = self._machine.layout
        places = {name: (field.at - self._first, field.shape) for name, field in layout.parameters.items()}
        starts = {name: (field.at - layout.gradient_run[0], field.shape) for name, field in layout.gradients.items()}
        return [
            Note(step, _split(weights, places) | statistics, _split(gradients, starts))
            for step, weights, gradients, statistics in self._kept
            if last < step < now
        ]

    def past(self, last: int, now: int, *, force: bool) -> list[Note]:
        """What a look goes into besides the present: at rest all since the last one, at the first one some of how the run began."""
        if not force and last >= 0:
            return []
        found = self.between(last, now)
        return found if force else found[:: -(-len(found) // FEW) or 1]


def _split(run: Array, places: dict[str, tuple[int, tuple[int, ...]]]) -> dict[str, Array]:
    """Tensors by name out of a run of them."""
    return {name: run[at : at + math.prod(shape)].reshape(shape) for name, (at, shape) in places.items()}


def reached(run: Run) -> int:
    """The last step that was made: past the present one where the run ended with the weights of its best epoch."""
    memory = run.trainer.memory
    return max(run.machine.step, memory.last_step) if memory.finished else run.machine.step


def moments(run: Run, last: int, *, force: bool, noted: bool) -> list[Note | None]:
    """What a look goes into after that of step `last`, ascending; None is the present. noted: past steps too.

    A row of an earlier step says that the run went back, which it did not by taking the best weights at its end: once later steps
    were looked into, the present is left out.
    """
    step, far = run.machine.step, reached(run)
    found = notes_of(run).past(last, far + (far > step), force=force) if noted else []
    present: list[None] = [None] if far == step or last < step else []
    return [*(note for note in found if note.step < step), *present, *(note for note in found if note.step > step)]


_NOTES: weakref.WeakKeyDictionary[Run, Notes] = weakref.WeakKeyDictionary()


def notes_of(run: Run) -> Notes:
    """The run's only ones."""
    found = _NOTES.get(run)
    if found is None:
        found = _NOTES[run] = Notes(run)
    return found

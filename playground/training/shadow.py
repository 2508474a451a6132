"""Training for a look: whatever a run's machine does inside a shadow is undone when it is left.

The rate finder, the fan of rates, the pre-flight and the timing of layers all run in one, at any moment of a run that is between two
steps: before the first, in the middle of an epoch, while it goes on, after its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.engine.bookends import width
from playground.engine.machine import Machine
from playground.engine.registers import CONTROL, HALT, ROWS, STATE

Array = npt.NDArray[Any]


class Shadow:
    """What a machine holds between two steps, put back bit for bit when the block is left, also by an exception.

    That is the state (counters, which steer every random stream, weights, slots, averages, running statistics), the knobs, the ring
    of the last steps' numbers, the last gradient, the order of the epoch, loss and verdict of the last step, and the samples that
    were replaced with `load`. What the arena holds only within a step is not kept.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._samples: dict[str, tuple[Array, Array]] = {}
        #: Of each part of the data, how many samples it held.
        self._counts: dict[str, int] = {}

    def __enter__(self) -> Shadow:
        machine, layout = self.machine, self.machine.layout
        self._state, self._knobs, self._ring = machine.snapshot(), machine.knobs.copy(), machine.ring().copy()
        at, length = layout.gradient_run
        self._gradient = machine.F[at : at + length].copy()
        self._control = machine.F[2 * CONTROL : STATE].copy()
        self._order = machine.F[layout.order : layout.order + self._order_length].copy()
        self._shuffle = machine.shuffle
        return self

    def __exit__(self, *_: object) -> None:
        machine, layout = self.machine, self.machine.layout
        self.restart()
        for split in list(self._samples):
            self.unload(split)
        machine.ring()[...] = self._ring
        _put(machine.F, layout.gradient_run[0], self._gradient)
        _put(machine.F, layout.order, self._order)
        halt = int(machine.R[HALT])  # another thread's word, not ours
        _put(machine.F, 2 * CONTROL, self._control)
        machine.R[HALT], machine.R[ROWS] = halt, 0  # 0: rows that a program was patched for are patched anew
        machine.shuffle = self._shuffle

    @property
    def _order_length(self) -> int:
        return 2 * self.machine.layout.windows["train"][2] if "train" in self.machine.layout.windows else 0

    def restart(self) -> None:
        """State and knobs as they were at the beginning; for another try from the same place."""
        self.machine.restore(self._state)
        self.machine.knobs[...] = self._knobs

    def load(self, split: str, x: Array, y: Array | Mapping[str, Array]) -> None:
        """Other samples in the place of the first ones of a part, which then has only these. Shapes: as in `Machine.load`."""
        machine = self.machine
        at_x, at_y, _ = machine.layout.windows[split]
        graph = machine.plan.graph
        wide_x, wide_y = width(graph, (graph.input,)), width(graph, graph.columns)
        self._counts.setdefault(split, machine.loaded(split))
        kept_x, kept_y = self._samples.get(split, (np.empty(0, np.float32), np.empty(0, np.float32)))
        more_x = machine.F[at_x + len(kept_x) : at_x + len(x) * wide_x]
        more_y = machine.F[at_y + len(kept_y) : at_y + len(x) * wide_y]
        self._samples[split] = (np.concatenate([kept_x, more_x]), np.concatenate([kept_y, more_y]))
        machine.load(split, x, y)

    def unload(self, split: str) -> None:
        """Give a part its own samples back."""
        kept = self._samples.pop(split, None)
        if kept is not None:
            at_x, at_y, _ = self.machine.layout.windows[split]
            _put(self.machine.F, at_x, kept[0])
            _put(self.machine.F, at_y, kept[1])
            self.machine.use(split, self._counts.pop(split))


def _put(arena: Array, at: int, kept: Array) -> None:
    """Numbers back in their place, as bits: some of them are integers."""
    arena[at : at + len(kept)].view(np.uint32)[:] = kept.view(np.uint32)

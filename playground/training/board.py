"""The shared board beside the arena: what a run leaves behind for the window to read in place, and to go on from after a crash.

It is made of areas, each in a file of `areas`. Lists (steps, epochs, layer norms, changes of knobs) are rings with a count of rows
ever written: the writer fills the row, then raises the count, so a reader that keeps its own count misses nothing and never sees half
a row. Slots keep copies of the state: two for going on and two for the best epoch (see `slots`).
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from playground.training import areas
from playground.training.areas import Area, View
from playground.training.areas.changes import CHANGES
from playground.training.areas.copies import BEST, RESUME
from playground.training.areas.epochs import EPOCH_COLUMNS, EPOCHS
from playground.training.areas.grid import GRID, GRID_SIZE
from playground.training.areas.life import LIFE
from playground.training.areas.norms import NORM_COLUMNS, NORMS
from playground.training.areas.steps import STEP_ROW, STEPS
from playground.training.block import Block
from playground.training.ring import Ring
from playground.training.slots import Slots

__all__ = ["EPOCH_COLUMNS", "GRID_SIZE", "NORM_COLUMNS", "STEP_ROW", "Board", "BoardPlan", "Ring", "Slots"]

Array = npt.NDArray[Any]
V = TypeVar("V", bound=View)


def _rounded(nbytes: int) -> int:
    """Up to whole lines of the cache."""
    return -(-nbytes // 64) * 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoardPlan:
    """What decides the board's size. layers: names of those with weights; outputs: numbers the network gives; 0: no grid.

    metrics, train_metrics: names of those in an epoch's record; nodes: names of all layers whose outputs can be looked at.
    """

    state_bytes: int
    layers: tuple[str, ...]
    metrics: tuple[str, ...]
    outputs: int
    nodes: tuple[str, ...] = ()
    train_metrics: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BoardPlan:
        return cls(
            state_bytes=int(data["state_bytes"]),
            layers=tuple(data["layers"]),
            metrics=tuple(data["metrics"]),
            outputs=int(data["outputs"]),
            nodes=tuple(data["nodes"]),
            train_metrics=tuple(data["train_metrics"]),
        )

    @property
    def state_room(self) -> int:
        return _rounded(self.state_bytes)

    @property
    def header_bytes(self) -> int:
        """The words of all areas, one after the other."""
        return _rounded(8 * sum(area.words for area in areas.known()))

    def areas(self) -> dict[str, tuple[int, int]]:
        """Name -> (offset, bytes), after the header."""
        found, at = {}, self.header_bytes
        for area in areas.known():
            size = area.nbytes(self)
            found[area.name] = (at, size)
            at += _rounded(size)
        return found

    @property
    def nbytes(self) -> int:
        return self.header_bytes + sum(_rounded(size) for _, size in self.areas().values())

    @property
    def resident_bytes(self) -> int:
        """What will really be filled: the lists grow only as far as a run goes."""
        return 4 * self.state_room


class Board:
    """Typed views of one block, the same on both sides: `board[AREA]`, and by name what every run has."""

    def __init__(self, plan: BoardPlan, block: Block) -> None:
        self.plan = plan
        if block.nbytes != plan.nbytes:
            raise ValueError(f"the board has {block.nbytes} bytes where {plan.nbytes} are planned")
        everything = np.frombuffer(block.buffer(), np.uint8)
        header = everything[: plan.header_bytes].view("<i8")
        places, word = plan.areas(), 0
        self._views: dict[str, View] = {}
        for area in areas.known():
            at, size = places[area.name]
            self._views[area.name] = area.view(plan, everything[at : at + size], header[word : word + area.words])
            word += area.words
        self.steps, self.epochs, self.norms, self.changes = self[STEPS], self[EPOCHS], self[NORMS], self[CHANGES]
        self.resume, self.best, self.grid, self.life = self[RESUME], self[BEST], self[GRID], self[LIFE]

    def __getitem__(self, area: Area[V]) -> V:
        return cast(V, self._views[area.name])

    def beat(self, now_ns: int, step: int) -> None:
        """The worker lives and stands at this step."""
        self.life.beat(now_ns, step)

    @property
    def step(self) -> int:
        """Where the worker stands."""
        return self.life.step

    def clear(self) -> None:
        """Begin anew: no steps, no epochs, no slots."""
        for view in self._views.values():
            view.clear()

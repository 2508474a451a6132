"""Tensor types: extents with names. The batch axis is never written; every value of a network has it."""

from __future__ import annotations

import dataclasses
import math

AXES = {0: (), 1: ("features",), 2: ("time", "features"), 3: ("height", "width", "channels")}


@dataclasses.dataclass(frozen=True)
class TensorType:
    """The shape of one sample, such as (8, 8, 16), and the names of its axes."""

    shape: tuple[int, ...]
    axes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.axes:
            object.__setattr__(self, "axes", AXES.get(len(self.shape), tuple(f"axis {i + 1}" for i in range(len(self.shape)))))

    @property
    def count(self) -> int:
        """Numbers in one sample."""
        return math.prod(self.shape)

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return "×".join(map(str, self.shape)) or "1"


@dataclasses.dataclass(frozen=True)
class Value:
    """A handle on something that flows through a graph under construction."""

    index: int
    type: TensorType

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.shape

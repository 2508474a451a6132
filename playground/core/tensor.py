"""Tensor types: extents with names. The batch axis is never written; every value of a network has it."""

from __future__ import annotations

import dataclasses
import math

#: Most numbers of a fixed tensor that a layer writes down whenever a network is looked at: 64 MB.
MOST_WRITTEN = 2**24

AXES = {0: (), 1: ("features",), 2: ("time", "features"), 3: ("height", "width", "channels")}


@dataclasses.dataclass(frozen=True)
class TensorType:
    """The shape of one sample, such as (8, 8, 16), and the names of its axes.

    masked: steps along the first axis may be absent (padding); the value then comes with a mask.
    tokens: how many different whole numbers it holds, from 0 on, each of which stands for something; 0 where it holds amounts.
    """

    shape: tuple[int, ...]
    axes: tuple[str, ...] = ()
    masked: bool = False
    tokens: int = 0

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
    """A handle on something that flows through a graph under construction.

    mask: for a masked type, which steps are there: 1 or 0.  Shapes: (steps,).
    transposed: a shared parameter that is to be read with its two axes exchanged.
    """

    index: int
    type: TensorType
    mask: Value | None = None
    transposed: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.shape

"""What a layer or a loss builds against. The engine implements it; the catalogue knows only this protocol."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from playground.core.spec import Initializer
from playground.core.tensor import Value


class Builder(Protocol):
    """Composes a graph out of the engine's ops.

    Example of a layer's body:
        w = g.parameter("weight", (i, o), self.start, fan_in=i, fan_out=o)
        return g.op("dense", x, w)
    """

    def op(self, name: str, *inputs: Value, **attributes: Any) -> Value:
        """Append an op and give its main output. Attributes are plain numbers, words, tuples or knobs. Raises ShapeError."""
        ...

    def ops(self, name: str, *inputs: Value, **attributes: Any) -> tuple[Value, ...]:
        """The same, with all outputs of an op that has several."""
        ...

    def masked(self, x: Value, mask: Value | None) -> Value:
        """The same value with a mask of its steps, or without one. Raises ShapeError when the two do not fit."""
        ...

    def parameter(
        self,
        name: str,
        shape: tuple[int, ...],
        start: Initializer,
        *,
        fan_in: int,
        fan_out: int,
        decays: bool = True,
        unit_axis: int = -1,
        unit_groups: int = 1,
        row_limit: str = "",
    ) -> Value:
        """A trained tensor, named inside the node that is being built. decays: weight decay applies to it.

        unit_axis: the axis that counts the units its numbers feed, -1 or -2; the latter once for each of `unit_groups` parts of the
        last axis. A max norm bounds those of each unit.  row_limit: a live real field, the greatest length of its rows, of rank 2.
        For a node that shares another's weights it is that node's; `transposed` then says whether its axes are exchanged.
        """
        ...

    def statistic(self, name: str, shape: tuple[int, ...], value: float) -> Value:
        """A tensor that is part of the state but not trained, such as a running mean; every element starts at `value`."""
        ...

    def constant(self, name: str, array: np.ndarray) -> Value:
        """A tensor that never changes and is no part of the state."""
        ...

    def knob(self, field: str) -> Knob:
        """A live real field of the record that is being built, as something an op can read at every step."""
        ...


class Knob(Protocol):
    """A number that may change while training runs. `index` is its place among the program's knobs."""

    @property
    def index(self) -> int: ...

    @property
    def value(self) -> float: ...

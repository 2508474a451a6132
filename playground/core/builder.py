"""What a layer or a loss builds against. The engine implements it; the catalogue knows only this protocol."""

from __future__ import annotations

from typing import Any, Protocol

from playground.core.spec import Initializer
from playground.core.tensor import Value


class Builder(Protocol):
    """Composes a graph out of the engine's ops.

    Example of a layer's body:
        w = g.parameter("weight", (i, o), self.start, fan_in=i, fan_out=o)
        return g.op("dense", x, w)
    """

    def op(self, name: str, *inputs: Value, **attributes: Any) -> Value:
        """Append an op and give its (only) output. Attributes are plain numbers, words, tuples or knobs. Raises ShapeError."""
        ...

    def parameter(
        self, name: str, shape: tuple[int, ...], start: Initializer, *, fan_in: int, fan_out: int, decays: bool = True
    ) -> Value:
        """A trained tensor, named inside the node that is being built. decays: weight decay applies to it."""
        ...

    def statistic(self, name: str, shape: tuple[int, ...], value: float) -> Value:
        """A tensor that is part of the state but not trained, such as a running mean; every element starts at `value`."""
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

"""What the layers have in common that turn numbers into shares of 1, or into the logarithms of shares."""

from __future__ import annotations

import dataclasses

from playground.core.axes import axis_field, resolved
from playground.core.builder import Builder
from playground.core.spec import Layer
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence

Examples = tuple[tuple[str, dict[str, object], tuple[tuple[int, ...], ...]], ...]

#: Settings and inputs that such a layer is tried with, besides those of the last axis.
AXIS_EXAMPLES: Examples = (
    ("over the steps", {"axis": 0}, ((5, 3),)),
    ("over the rows", {"axis": 0}, ((3, 2, 17),)),
    ("over the columns", {"axis": 1}, ((2, 5, 3),)),
    ("the last by its number", {"axis": 2}, ((2, 3, 5),)),
    ("an inner axis", {"axis": -3}, ((2, 3, 2, 3),)),
    ("over one step", {"axis": 0}, ((1, 19),)),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shares(Layer):
    """Shares along an axis; `gives` holds where that is the last."""

    axis: int = axis_field(-1, "Along which axis the shares sum to 1 (dim): 0 is the first after the batch, -1 the last.")

    def along(self, g: Builder, x: Value, *, op: str, logarithm: bool) -> Value:
        """The op for the last axis, or the one for any axis; steps that are absent get no share, and 0. Raises ShapeError."""
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        axis = resolved(self.axis, len(x.shape))
        over_steps = axis == 0 and x.mask is not None
        if axis == len(x.shape) - 1 and not over_steps:
            return g.op(op, x)
        masks = [x.mask] if over_steps and x.mask is not None else []
        return g.op("softmax_along", x, *masks, axis=axis, logarithm=logarithm)

    def gives_of(self, rank: int) -> str:
        return self.gives if self.axis in (-1, rank - 1) else ""

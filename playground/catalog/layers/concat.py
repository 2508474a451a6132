"""Concatenation along an axis."""

from __future__ import annotations

import functools

from playground.core.axes import axis_field, resolved
from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("concat", title="Concat", group="Merge", icon="concat", tail="side by side")
class Concat(Layer):
    """Puts inputs side by side along one axis.

    Shapes: two or more (..., n1), (..., n2), ... -> (..., n1 + n2 + ...), or the same along another axis. All other extents must be
    equal. Along the first axis of sequences it puts one behind the other.
    """

    ports = ("a", "b")
    variadic = True
    axis: int = axis_field(-1, "Along which axis: 0 is the first after the batch, -1 the last.")

    formula = "y = [a, b, ...]"
    source = "Huang et al.: Densely connected convolutional networks (2017), equation 2"
    examples = (
        ("two", {}, ((3,), (5,))),
        ("three images", {}, ((2, 3, 1), (2, 3, 4), (2, 3, 2))),
        ("sequences", {}, ((4, 3), (4, 2))),
        ("one after the other", {"axis": 0}, ((4, 3), (1, 3), (2, 3))),
        ("rows", {"axis": 0}, ((2, 3, 5), (1, 3, 5))),
        ("columns", {"axis": 1}, ((2, 3, 5), (2, 1, 5), (2, 4, 5))),
        ("inner axis", {"axis": -3}, ((2, 3, 2, 3), (2, 1, 2, 3))),
        ("one number each", {}, ((1,), (1,))),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        if len({len(x.shape) for x in inputs}) > 1 or not inputs[0].shape:
            raise ShapeError(sentence("needs inputs with equally many axes."), "insert flatten")
        axis = resolved(self.axis, len(inputs[0].shape))
        if len({(*x.shape[:axis], *x.shape[axis + 1 :]) for x in inputs}) > 1:
            last = axis == len(inputs[0].shape) - 1
            raise ShapeError(
                sentence(
                    "needs shapes that agree on all axes but {which}.",
                    which=sentence("the last") if last else sentence("axis {axis}", axis=axis),
                ),
                "insert flatten",
            )
        y = g.op("concat", *inputs, axis=axis)
        masks = [x.mask for x in inputs if x.mask is not None]
        if not masks:
            return y
        if axis:  # a step is there where it is in all that have a mask
            return g.masked(y, functools.reduce(lambda one, other: g.op("multiply", one, other), dict.fromkeys(masks)))
        if len(masks) < len(inputs):
            raise ShapeError(
                sentence("needs a mask on all of its inputs or on none to put steps one behind the other."), "insert masking"
            )
        return g.masked(y, g.op("concat", *masks, axis=0))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return (
            sentence("{inputs_count} side by side", inputs_count=len(inputs))
            if self.axis == -1
            else sentence("{inputs_count} along axis {axis}", inputs_count=len(inputs), axis=self.axis)
        )

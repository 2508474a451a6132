"""Concatenation along the last axis."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError


@register("concat", title="Concat", group="Merge", icon="concat", tail="side by side")
class Concat(Layer):
    """Puts inputs side by side along the last axis.

    Shapes: two or more (..., n1), (..., n2), ... -> (..., n1 + n2 + ...). All other extents must be equal.
    """

    ports = ("a", "b")
    variadic = True
    formula = "y = [a, b, ...]"
    source = "Huang et al.: Densely connected convolutional networks (2017), equation 2"
    examples = (
        ("two", {}, ((3,), (5,))),
        ("three images", {}, ((2, 3, 1), (2, 3, 4), (2, 3, 2))),
        ("sequences", {}, ((4, 3), (4, 2))),
        ("one number each", {}, ((1,), (1,))),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        if not all(x.shape for x in inputs) or len({x.shape[:-1] for x in inputs}) > 1:
            raise ShapeError("needs shapes that agree on all axes but the last.", "insert flatten")
        return g.op("concat", *inputs)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return f"{len(inputs)} side by side"

"""Elementwise product."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("multiply", title="Multiply", group="Merge", icon="mul", tail="product")
class Multiply(Layer):
    """Multiplies inputs, number by number; a smaller input is repeated, so that it works as a gate.

    Shapes: two or more (...) -> the same (...). A smaller input may have the last extents alone, such as (channels,) beside an
    image, or all extents but 1 for the last, such as (height, width, 1).
    """

    ports = ("a", "b")
    variadic = True
    formula = "y = a·b·..."
    source = "Hu, Shen and Sun: Squeeze-and-excitation networks (2018), equation 4"
    examples = (
        ("two", {}, ((5,), (5,))),
        ("three images", {}, ((3, 2, 7), (3, 2, 7), (3, 2, 7))),
        ("channels gated", {}, ((3, 2, 5), (5,))),
        ("many channels gated", {}, ((3, 2, 19), (19,))),
        ("gate first", {}, ((3,), (4, 3))),
        ("rows gated", {}, ((3, 2, 4), (2, 4))),
        ("pixels gated", {}, ((3, 2, 5), (3, 2, 1))),
        ("steps gated", {}, ((4, 17), (4, 1))),
        ("one number each", {}, ((1,), (1,))),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        at = max(range(len(inputs)), key=lambda i: (inputs[i].type.count, len(inputs[i].shape)))
        largest = inputs[at]
        if not largest.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        if not all(_fits(x.shape, largest.shape) for x in inputs):
            raise ShapeError(
                sentence("needs equal shapes, or smaller inputs that can be repeated along the largest."), "match shapes"
            )
        y = largest
        for x in (*inputs[:at], *inputs[at + 1 :]):
            y = g.op("multiply", y, x)
        return y

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("product of {inputs_count}", inputs_count=len(inputs))


def _fits(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    return (
        small == large
        or (0 < len(small) < len(large) and large[-len(small) :] == small)
        or (len(large) > 1 and small == (*large[:-1], 1))
    )

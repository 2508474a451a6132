"""Elementwise sum."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("add", title="Add", group="Merge", icon="add", tail="sum")
class Add(Layer):
    """Adds inputs of equal shapes, number by number.

    Shapes: two or more (...) -> the same (...). With an untouched input it makes a skip connection.
    """

    ports = ("a", "b")
    variadic = True
    formula = "y = a + b + ..."
    source = "He et al.: Deep residual learning for image recognition (2016), equation 1"
    examples = (
        ("two", {}, ((5,), (5,))),
        ("three images", {}, ((3, 2, 7), (3, 2, 7), (3, 2, 7))),
        ("one number", {}, ((1,), (1,))),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        if len({x.shape for x in inputs}) > 1:
            raise ShapeError(sentence("needs equal shapes."), "match shapes")
        return g.op("add", *inputs)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("sum of {inputs_count}", inputs_count=len(inputs))

"""Masking."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("masking", title="Masking", group="Sequence", icon="masking", tail="mark absent steps")
class Masking(Layer):
    """Marks the steps of a sequence whose numbers all equal a value as absent, so that later layers pass over them.

    Shapes: x (steps, ...) -> the same, with a mask (steps,). The numbers are not changed, nor set to zero as in Keras: layers that
    take a mask do not look at them.
    """

    value: float = real(0.0, low=-1e6, high=1e6, help="A step is absent when all of its numbers equal this.")

    passes = "always"
    formula = "mask[t] = 1 where any x[t, i] ≠ value, else 0"
    source = "Keras: keras.layers.Masking, argument mask_value"
    examples = (("sequence", {}, ((4, 3),)), ("image rows", {"value": -1.0}, ((3, 2, 5),)), ("one step", {}, ((1, 1),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) < 2:
            raise ShapeError(sentence("needs a sequence: steps×features."), "sequence")
        there = g.op("step_mask", x, value=self.value)
        return g.masked(x, there if x.mask is None else g.op("multiply", x.mask, there))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{value} is absent", value=f"{self.value:g}")

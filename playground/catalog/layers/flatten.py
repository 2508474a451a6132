"""Flatten."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register("flatten", title="Flatten", group="Pool and shape", icon="flat", tail="to a vector")
class Flatten(Layer):
    """Lays all numbers of a sample out in one row.

    Shapes: x (any) -> (features,). The last axis varies fastest.
    """

    passes = "always"
    formula = "y[(i·width + j)·channels + c] = x[i, j, c]"
    source = "ONNX operator Flatten with axis 1; PyTorch: torch.nn.Flatten"
    examples = (
        ("image", {}, ((3, 2, 5),)),
        ("sequence", {}, ((4, 3),)),
        ("vector", {}, ((7,),)),
        ("one pixel", {}, ((1, 1, 1),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("reshape", x, shape=(x.type.count,))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("to {output}", output=output)

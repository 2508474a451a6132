"""Reshape."""

from __future__ import annotations

import math

from playground.core.builder import Builder
from playground.core.fields import wholes
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("reshape", title="Reshape", group="Pool and shape", icon="reshape", tail="same numbers")
class Reshape(Layer):
    """Gives the numbers of a sample another shape, in the same order.

    Shapes: x (any) -> the extents given. The last axis varies fastest.
    """

    shape: tuple[int, ...] = wholes(
        (0,), low=0, high=1_000_000, most=6, help="The new extents of one sample; one 0 stands for whatever remains."
    )

    passes = "always"
    formula = "y = x, read in the same order"
    source = "ONNX operator Reshape; PyTorch: torch.reshape"
    examples = (
        ("to image", {"shape": (2, 3, 5)}, ((30,),)),
        ("what remains", {"shape": (4, 0)}, ((2, 6, 3),)),
        ("to vector", {}, ((3, 7),)),
        ("one number", {"shape": (1, 1, 1)}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        known = math.prod(n for n in self.shape if n)
        if self.shape.count(0) > 1:
            raise ShapeError(sentence("needs a shape with at most one 0."), "set shape [0]")
        count = x.type.count
        if count % known or (0 not in self.shape and count != known):
            raise ShapeError(
                sentence(
                    "needs {known} numbers{multiple}.",
                    known=f"{known:,}",
                    multiple=sentence(" or a multiple") if 0 in self.shape else "",
                ),
                "set shape [0]",
            )
        return g.op("reshape", x, shape=tuple(n or count // known for n in self.shape))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("to {output}", output=output)

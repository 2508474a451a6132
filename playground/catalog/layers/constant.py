"""Constant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import flag, real, wholes
from playground.core.registry import find, register
from playground.core.spec import Layer
from playground.core.tensor import MOST_WRITTEN, TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("constant", title="Constant", group="Pool and shape", icon="constant_value", tail="the same for all")
class Constant(Layer):
    """Gives the same numbers for every sample, whatever comes in; they may be learned.

    Shapes: x (any) -> the extents given.  Parameters: value (the extents), if trained. The input only tells how many samples there
    are; its numbers are not read and it gets no gradient. A learned one serves as a start token or a learned query.
    """

    shape: tuple[int, ...] = wholes((1,), low=1, high=1_000_000, most=6, help="The extents of the output.")
    value: float = real(0.0, low=-1e6, high=1e6, help="The number that it is filled with, or that learning starts from.")
    trained: bool = flag(False, help="Whether the numbers are learned.")

    formula = "y = value"
    source = "ONNX operator ConstantOfShape; PyTorch: torch.full"
    examples = (
        ("numbers", {"shape": (3,), "value": 0.5}, ((5,),)),
        ("learned", {"shape": (7,), "value": 0.1, "trained": True}, ((5,),)),
        ("learned image", {"shape": (3, 2, 5), "trained": True}, ((4,),)),
        ("sequence", {"shape": (4, 17), "value": -2.0}, ((3, 2, 1),)),
        ("one number", {}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if min(self.shape) < 1:
            raise ShapeError(sentence("needs extents of at least 1."), "set shape [1]")
        if not self.trained and math.prod(self.shape) > MOST_WRITTEN:
            raise ShapeError(
                sentence(
                    "can hold {most_written} numbers, and {prod} are asked for.",
                    most_written=f"{MOST_WRITTEN:,}",
                    prod=f"{math.prod(self.shape):,}",
                ),
                "set shape [1]",
            )
        if self.trained:
            constant: Any = find("initializer", "constant")
            tensor = g.parameter("value", self.shape, constant(value=self.value), fan_in=1, fan_out=1, decays=False)
        else:
            tensor = g.constant("value", np.full(self.shape, self.value, np.float32))
        return g.op("repeat_tensor", x, tensor)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("learned from {value}", value=f"{self.value:g}") if self.trained else f"{self.value:g}"

"""Constant."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import flag, real, reals, wholes
from playground.core.registry import find, register
from playground.core.spec import Initializer, Layer
from playground.core.tensor import MOST_WRITTEN, TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class Listed(Initializer):
    """A start with numbers that are given one by one, the last axis the fastest."""

    numbers: tuple[float, ...]

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return np.array(self.numbers, np.float32).reshape(shape)


@register("constant", title="Constant", group="Pool and shape", icon="constant_value", version=2, tail="the same for all")
class Constant(Layer):
    """Gives the same numbers for every sample, whatever comes in; they may be learned.

    Shapes: x (any) -> the extents given.  Parameters: value (the extents), if trained. The input only tells how many samples there
    are; its numbers are not read and it gets no gradient. A learned one serves as a start token or a learned query. It is filled
    with one number, or holds one for each place, in the order row by row: shape 6 with the values 1, 0, 0, 0, 1, 0 is the map that
    leaves an image as it is in a SpatialTransformer.
    """

    shape: tuple[int, ...] = wholes((1,), low=1, high=1_000_000, most=6, help="The extents of the output.")
    value: float = real(
        0.0, low=-1e6, high=1e6, when=("values", ((),)), help="The number that it is filled with, or that learning starts from."
    )
    values: tuple[float, ...] = reals(
        (),
        low=-1e6,
        high=1e6,
        most=1024,
        off="one for all",
        help="Its numbers, as many as the extents hold; none fills it with one.",
    )
    trained: bool = flag(False, help="Whether the numbers are learned.")

    formula = "y = value"
    source = "ONNX operator ConstantOfShape; PyTorch: torch.full"
    examples = (
        ("numbers", {"shape": (3,), "value": 0.5}, ((5,),)),
        ("learned", {"shape": (7,), "value": 0.1, "trained": True}, ((5,),)),
        ("learned image", {"shape": (3, 2, 5), "trained": True}, ((4,),)),
        ("sequence", {"shape": (4, 17), "value": -2.0}, ((3, 2, 1),)),
        ("one number", {}, ((1,),)),
        ("several numbers", {"shape": (2, 3), "values": (1.0, 0.0, 0.25, 0.0, 1.0, -3.5)}, ((4,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        self._check()
        if self.trained:
            constant: Any = find("initializer", "constant")
            start = Listed(self.values) if self.values else constant(value=self.value)
            tensor = g.parameter("value", self.shape, start, fan_in=1, fan_out=1, decays=False)
        else:
            numbers = np.array(self.values or self.value, np.float32)
            tensor = g.constant("value", numbers.reshape(self.shape) if self.values else np.full(self.shape, numbers))
        return g.op("repeat_tensor", x, tensor)

    def _check(self) -> None:
        """Raises ShapeError for extents that it cannot have."""
        if min(self.shape) < 1:
            raise ShapeError(sentence("needs extents of at least 1."), "set shape [1]")
        count = math.prod(self.shape)
        if self.values and len(self.values) != count:
            raise ShapeError(
                sentence(
                    "needs as many values as its extents hold, {count}, or none; it has {given}.",
                    count=f"{count:,}",
                    given=f"{len(self.values):,}",
                ),
                f"set shape [{len(self.values)}]",
            )
        if not self.trained and count > MOST_WRITTEN:
            raise ShapeError(
                sentence(
                    "can hold {most_written} numbers, and {prod} are asked for.",
                    most_written=f"{MOST_WRITTEN:,}",
                    prod=f"{count:,}",
                ),
                "set shape [1]",
            )

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        if self.values:
            count = f"{len(self.values):,}"
            return sentence("learned from {count} numbers" if self.trained else "{count} numbers", count=count)
        return sentence("learned from {value}", value=f"{self.value:g}") if self.trained else f"{self.value:g}"

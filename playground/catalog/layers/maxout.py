"""Maxout."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import flag, part, whole
from playground.core.registry import register
from playground.core.spec import Initializer, Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("maxout", title="Maxout", group="Dense and convolution", icon="maxout", tail="largest of k pieces")
class Maxout(Layer):
    """Gives, for every unit, the largest of several weighted sums: an activation whose shape is learned.

    Shapes: x (..., inputs) -> (..., units).  Parameters: weight (inputs, pieces·units), bias (pieces·units,), piece by piece.
    With two pieces a unit can be a ReLU or an absolute value; with more, any convex bend. Of equal sums the first learns.
    """

    units: int = whole(16, low=1, high=65536, help="How many numbers come out.")
    pieces: int = whole(2, low=2, high=64, help="How many weighted sums compete for each unit.")
    bias: bool = flag(True, advanced=True, help="Whether every weighted sum also has a constant.")
    start: Initializer = part(
        "initializer", "he_normal", label="Weights start from", advanced=True, help="How the weights start."
    )
    bias_start: Initializer = part(
        "initializer", "zeros", label="Constants start from", advanced=True, when=("bias", True), help="How the constants start."
    )

    preview = "tiles"
    width = "units"
    formula = "y[j] = max over p of (Σ x[i]·W[i, p, j] + b[p, j])"
    source = "Goodfellow et al.: Maxout networks (2013), section 3"
    examples = (
        ("features", {"units": 3}, ((5,),)),
        ("four pieces", {"units": 17, "pieces": 4}, ((7,),)),
        ("without bias", {"units": 2, "pieces": 3, "bias": False}, ((4, 3),)),
        ("image", {"units": 5}, ((2, 3, 3),)),
        ("one number", {"units": 1}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        n, m = x.shape[-1], self.pieces * self.units
        operands = [g.parameter("weight", (n, m), self.start, fan_in=n, fan_out=m)]
        if self.bias:
            operands.append(g.parameter("bias", (m,), self.bias_start, fan_in=n, fan_out=m, decays=False))
        return g.op("maxout", g.op("dense", x, *operands), pieces=self.pieces)

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        sums = f"{self.pieces}·{self.units}"
        return f"{sums}·({inputs[0].shape[-1]}+1)" if self.bias else f"{sums}·{inputs[0].shape[-1]}"

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("largest of {pieces}", pieces=self.pieces)

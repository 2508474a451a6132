"""A fully connected layer."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import flag, part, whole
from playground.core.registry import register
from playground.core.spec import Initializer, Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import counted_sentence, sentence


@register("dense", title="Dense", group="Dense and convolution", icon="dense", tail="x·W + b")
class Dense(Layer):
    """Every unit weighs all inputs, adds them up and adds a bias.

    Shapes: x (..., inputs) -> (..., units).  Parameters: weight (inputs, units), bias (units,).
    It acts on the last axis; a sequence or an image goes through position by position. Flatten first to mix positions.
    Weights start as He normal and biases at zero, which suits the ReLUs that usually follow. Biases are never decayed.
    """

    units: int = whole(64, low=1, high=1_000_000, log=True, help="How many numbers come out.")
    bias: bool = flag(True, help="Add a learned number to every unit.")
    start: Initializer = part("initializer", "he_normal", label="Start from", help="How the weights start.")
    bias_start: Initializer = part(
        "initializer", "zeros", label="Biases start from", advanced=True, when=("bias", True), help="How the biases start."
    )

    preview = "tiles"
    width = "units"
    formula = "y = x·W + b"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.1"
    examples = (
        ("plain", {"units": 5}, ((3,),)),
        ("one input, one unit", {"units": 1}, ((1,),)),
        ("no bias", {"units": 4, "bias": False}, ((7,),)),
        ("every pixel", {"units": 6}, ((3, 2, 5),)),
        ("sequence", {"units": 3}, ((4, 7),)),
        ("wide", {"units": 33}, ((65,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        i = x.shape[-1]
        weight = g.parameter("weight", (i, self.units), self.start, fan_in=i, fan_out=self.units)
        turned = {"transposed": True} if weight.transposed else {}
        if not self.bias:
            return g.op("dense", x, weight, **turned)
        bias = g.parameter("bias", (self.units,), self.bias_start, fan_in=i, fan_out=self.units, decays=False)
        return g.op("dense", x, weight, bias, **turned)

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        i = inputs[0].shape[-1]
        return f"{self.units}·({i}+1)" if self.bias else f"{self.units}·{i}"

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return counted_sentence(self.units, "unit", "units")

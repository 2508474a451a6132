"""Dropout."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register("dropout", title="Dropout", group="Normalise, regularise", icon="drop", tail="hide units")
class Dropout(Layer):
    """Hides a random share of the numbers in every training step.

    Shapes: x (any) -> the same. What stays is divided by 1 - rate, so that sums keep their size; in evaluation nothing is hidden.
    """

    rate: float = real(0.25, low=0.0, high=0.95, live=True, label="Dropout", help="Share of the numbers that is hidden.")

    passes = "in evaluation"
    formula = "y = x·m / (1 - rate), m = 0 with probability rate, else 1"
    source = "Srivastava et al.: Dropout (2014), section 4"
    examples = (
        ("features", {"rate": 0.4}, ((7,),)),
        ("image", {}, ((3, 2, 5),)),
        ("off", {"rate": 0.0}, ((4,),)),
        ("most", {"rate": 0.95}, ((5,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("dropout", x, rate=g.knob("rate"))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("hides {value} %", value=f"{100 * self.rate:.3g}")

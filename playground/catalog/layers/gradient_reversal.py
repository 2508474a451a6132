"""Gradient reversal."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register(
    "gradient_reversal", title="GradientReversal", group="Normalise, regularise", icon="reversal", tail="learn the opposite"
)
class GradientReversal(Layer):
    """Passes numbers on and turns their gradient round: what lies in front learns to hinder what lies behind.

    Shapes: x (any) -> the same. Put it between the features and a domain classifier: the features then lose what tells domains
    apart. A strength of 0 stops the gradient, -1 lets it through as it is.
    """

    strength: float = real(
        1.0, low=-1.0, high=10.0, live=True, label="Reversal", help="What the gradient is multiplied by, negated."
    )

    passes = "always"
    formula = "y = x, but ∂L/∂x = -strength·∂L/∂y"
    source = "Ganin and Lempitsky: Unsupervised domain adaptation by backpropagation (2015), equations 7 and 8"
    examples = (("features", {}, ((5,),)), ("image", {"strength": 0.3}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("gradient_reversal", x, strength=g.knob("strength"))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("strength {strength}", strength=f"{self.strength:.3g}")

"""Gaussian noise."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value


@register("gaussian_noise", title="GaussianNoise", group="Normalise, regularise", icon="noise", tail="random numbers added")
class GaussianNoise(Layer):
    """Adds normal random numbers in every training step.

    Shapes: x (any) -> the same. Every number gets noise of its own; in evaluation there is none.
    """

    deviation: float = real(0.1, low=0.0, high=10.0, live=True, label="Noise", help="Standard deviation of what is added.")

    passes = "in evaluation"
    formula = "y = x + deviation·n, n normal with mean 0 and variance 1"
    source = "Bishop: Training with noise is equivalent to Tikhonov regularization (1995), equation 6"
    examples = (
        ("features", {"deviation": 0.3}, ((7,),)),
        ("image", {}, ((3, 2, 5),)),
        ("off", {"deviation": 0.0}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("gaussian_noise", x, deviation=g.knob("deviation"))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return f"± {self.deviation:.3g}"

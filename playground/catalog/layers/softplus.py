"""Softplus."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value


@register("softplus", title="Softplus", group="Activation", icon="softplus", tail="a smooth ReLU")
class Softplus(Layer):
    """Gives positive numbers: nearly 0 far below zero, nearly x far above it.

    Shapes: x (any) -> the same. Its derivative is the sigmoid of βx. Good where an output must be positive, such as a spread.
    """

    beta: float = real(1.0, low=0.01, high=100.0, log=True, help="How sharply it bends; the larger, the closer to a ReLU.")

    preview = "glyph"
    gives = "positive"
    formula = "y = log(1 + e^(βx)) / β"
    source = "Glorot, Bordes and Bengio: Deep sparse rectifier neural networks (2011), section 3.1"
    examples = (
        ("features", {}, ((5,),)),
        ("sharp image", {"beta": 4.0}, ((3, 2, 7),)),
        ("flat", {"beta": 0.3}, ((17,),)),
        ("one number", {}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("softplus", x, beta=self.beta)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.logaddexp(0.0, self.beta * x) / self.beta)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return f"β {self.beta:g}"

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        """Where the slope is below 0.01."""
        return np.asarray(self.beta * y < 0.01)

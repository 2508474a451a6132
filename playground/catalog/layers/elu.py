"""Exponential linear unit."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value


@register("elu", title="ELU", group="Activation", icon="elu", tail="smooth below 0")
class ELU(Layer):
    """Keeps what is positive and bends the rest towards a floor.

    Shapes: x (any) -> the same. Mean outputs lie nearer to zero than a ReLU's.
    """

    alpha: float = real(1.0, low=0.0, high=10.0, help="How far below zero the floor lies.")

    preview = "glyph"
    formula = "y = x where x > 0, else α·(eˣ - 1)"
    source = "Clevert, Unterthiner and Hochreiter: Fast and accurate deep network learning by exponential linear units (2016), equation 15"
    examples = (("features", {}, ((5,),)), ("flatter image", {"alpha": 0.4}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("elu", x, alpha=self.alpha)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0.0, x, self.alpha * np.expm1(np.minimum(x, 0.0)))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return f"α {self.alpha:g}"

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        """Within a hundredth of the floor."""
        return np.asarray(y <= -0.99 * self.alpha)

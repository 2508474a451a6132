"""Sigmoid."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value


@register("sigmoid", title="Sigmoid", group="Activation", icon="sig", tail="0 ... 1")
class Sigmoid(Layer):
    """Squeezes every number into 0 to 1.

    Shapes: x (any) -> the same. Far from zero it is flat and passes little gradient on.
    """

    preview = "glyph"
    gives = "probabilities"
    formula = "y = 1 / (1 + e⁻ˣ)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.3.2"
    examples = (("features", {}, ((5,),)), ("image", {}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("sigmoid", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0))))

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        """Within a hundredth of either end, where the slope is below 0.01."""
        return np.asarray((y < 0.01) | (y > 0.99))

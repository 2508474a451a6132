"""Tanh."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value


@register("tanh", title="Tanh", group="Activation", icon="tanh", tail="−1 ... 1")
class Tanh(Layer):
    """Squeezes every number into −1 to 1.

    Shapes: x (any) -> the same. Far from zero it is flat and passes little gradient on.
    """

    preview = "glyph"
    gives = "margin"
    formula = "y = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.3.2"
    examples = (("features", {}, ((5,),)), ("image", {}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("tanh", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.tanh(x))

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        """Within a hundredth of either end, where the slope is below 0.02."""
        return np.asarray(np.abs(y) > 0.99)

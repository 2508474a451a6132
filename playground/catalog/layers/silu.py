"""Sigmoid-weighted linear unit."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value


@register("silu", title="SiLU", group="Activation", icon="silu", tail="x·sigmoid(x)")
class SiLU(Layer):
    """Weighs each number by its own sigmoid; also called swish.

    Shapes: x (any) -> the same. Smooth, with its lowest point of -0.28 at x = -1.28.
    """

    preview = "glyph"
    formula = "y = x / (1 + e⁻ˣ)"
    source = (
        "Elfwing, Uchibe and Doya: Sigmoid-weighted linear units for neural network function approximation (2018), equation 5"
    )
    examples = (("features", {}, ((5,),)), ("image", {}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("silu", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        small = np.exp(-np.abs(x))
        return np.asarray(x * np.where(x >= 0, 1.0, small) / (1.0 + small))

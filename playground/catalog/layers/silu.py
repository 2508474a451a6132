"""Sigmoid-weighted linear unit."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value

#: Where the slope has fallen to 0.01 below zero: below, it only comes nearer to 0.
FLAT = -6.2614


@register("silu", title="SiLU", group="Activation", icon="silu", tail="x·sigmoid(x)")
class SiLU(Layer):
    """Weighs each number by its own sigmoid; also called swish.

    Shapes: x (any) -> the same. Smooth, with its lowest point of -0.28 at x = -1.28. An output counts as saturated where x lies so far
    below zero (under -6.26) that the slope is within 0.01 of zero.
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

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray | None:
        """By x: outputs between the lowest one and 0 come from two places, of which only the lower is flat."""
        return None if x is None else np.asarray(x < FLAT)

"""Rectified linear unit."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value


@register("relu", title="ReLU", group="Activation", icon="relu", tail="max(0, x)")
class ReLU(Layer):
    """Keeps what is positive and sets the rest to zero.

    Shapes: x (any) -> the same. The gradient at exactly 0 is 0. A unit that is never positive no longer learns.
    """

    preview = "glyph"
    gives = "positive"
    formula = "y = max(0, x)"
    source = (
        "Nair and Hinton: Rectified linear units improve restricted Boltzmann machines (2010); "
        "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.3.1"
    )
    examples = (("features", {}, ((5,),)), ("image", {}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("relu", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(x, 0.0))

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        return np.asarray(y == 0.0)

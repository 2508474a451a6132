"""Hard swish."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value


@register("hardswish", title="Hardswish", group="Activation", icon="hardswish", tail="x·hard sigmoid(x)")
class Hardswish(Layer):
    """Weighs each number by its own hard sigmoid: a SiLU without the exponential.

    Shapes: x (any) -> the same. 0 below -3, x above 3, a parabola between.
    """

    preview = "glyph"
    formula = "y = x·min(1, max(0, (x + 3) / 6))"
    source = "Howard et al.: Searching for MobileNetV3 (2019), section 5.2"
    examples = (("features", {}, ((5,),)), ("image", {}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("hardswish", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(x * np.clip((x + 3.0) / 6.0, 0.0, 1.0))

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        return np.asarray(y == 0.0)

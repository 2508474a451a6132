"""Hard sigmoid."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value


@register("hard_sigmoid", title="HardSigmoid", group="Activation", icon="hard_sigmoid", tail="0 to 1 in straight lines")
class HardSigmoid(Layer):
    """Maps to 0 … 1 by three straight lines: cheaper than a sigmoid.

    Shapes: x (any) -> the same. 0 below -3, 1 above 3; there it passes no gradient. As in PyTorch and Keras 3; the hard sigmoid of
    older versions of Keras was 0.2·x + 0.5.
    """

    preview = "glyph"
    gives = "probabilities"
    formula = "y = min(1, max(0, (x + 3) / 6))"
    source = "Howard et al.: Searching for MobileNetV3 (2019), section 5.2"
    examples = (("features", {}, ((5,),)), ("image", {}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("hard_sigmoid", x)

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.clip((x + 3.0) / 6.0, 0.0, 1.0)

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        return np.asarray((y <= 0.0) | (y >= 1.0))

"""Leaky rectified linear unit."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register("leaky_relu", title="LeakyReLU", group="Activation", icon="leaky", tail="small slope below 0")
class LeakyReLU(Layer):
    """Keeps what is positive and lets a little of the rest through.

    Shapes: x (any) -> the same. With a slope above 0 no unit can die.
    """

    slope: float = real(0.01, low=0.0, high=1.0, help="Slope for negative numbers.")

    preview = "glyph"
    formula = "y = x where x > 0, else slope·x"
    source = (
        "Maas, Hannun and Ng: Rectifier nonlinearities improve neural network acoustic models (2013); "
        "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.3.1"
    )
    examples = (("features", {}, ((5,),)), ("steep image", {"slope": 0.3}, ((3, 2, 7),)), ("one number", {}, ((1,),)))

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return g.op("leaky_relu", x, slope=self.slope)

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray | None:
        """Without a slope it is a ReLU."""
        return np.asarray(y == 0.0) if self.slope == 0.0 else None

    def curve(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0.0, x, self.slope * x)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("slope {slope}", slope=f"{self.slope:g}")

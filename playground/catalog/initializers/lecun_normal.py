"""LeCun normal."""

from __future__ import annotations

import math

import numpy as np

from playground.core.registry import register
from playground.core.spec import Initializer


@register("lecun_normal", title="LeCun normal", group="Scaled by the fan", icon="normal_fan_in", tail="for SELU")
class LecunNormal(Initializer):
    """Draws from a bell curve whose variance is one over a unit's inputs.

    Shapes: any. The spread of signals stays as it is through layers without an activation, and through SELU. Keras draws the
    same variance from a bell curve that is cut off at two deviations.
    """

    formula = "w ~ N(0, d²), d = 1 / √fan_in"
    source = "LeCun, Bottou, Orr and Müller: Efficient backprop (1998), equation 16; Klambauer et al.: Self-normalizing neural networks (2017)"
    examples = (("matrix", {}, ((40, 30),)), ("kernel", {}, ((3, 5, 7, 11),)), ("vector", {}, ((9,),)))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return rng.normal(0.0, 1.0 / math.sqrt(fan_in), shape).astype(np.float32)

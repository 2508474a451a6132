"""Xavier normal."""

from __future__ import annotations

import math

import numpy as np

from playground.core.fans import gain_field
from playground.core.registry import register
from playground.core.spec import Initializer


@register("xavier_normal", title="Xavier normal", group="Scaled by the fan", icon="normal_fans", tail="for tanh, sigmoid")
class XavierNormal(Initializer):
    """Draws from a bell curve, scaled by the inputs and outputs of a unit.

    Shapes: any. It keeps the spread of signals and of gradients about equal from layer to layer, for tanh and sigmoid.
    """

    gain: float = gain_field()

    formula = "w ~ N(0, d²), d = gain·√(2 / (fan_in + fan_out))"
    source = "Glorot and Bengio: Understanding the difficulty of training deep feedforward neural networks (2010), equation 12"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("gain", {"gain": 1.7}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return rng.normal(0.0, self.gain * math.sqrt(2.0 / (fan_in + fan_out)), shape).astype(np.float32)

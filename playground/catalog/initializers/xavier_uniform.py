"""Xavier uniform."""

from __future__ import annotations

import math

import numpy as np

from playground.core.fans import gain_field
from playground.core.registry import register
from playground.core.spec import Initializer


@register("xavier_uniform", title="Xavier uniform", group="Scaled by the fan", icon="uniform_fans", tail="for tanh, sigmoid")
class XavierUniform(Initializer):
    """Draws evenly, scaled by the inputs and outputs of a unit.

    Shapes: any. It keeps the spread of signals and of gradients about equal from layer to layer, for tanh and sigmoid.
    """

    gain: float = gain_field()

    formula = "w ~ U(-b, b), b = gain·√(6 / (fan_in + fan_out))"
    source = "Glorot and Bengio: Understanding the difficulty of training deep feedforward neural networks (2010), equation 16"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("gain", {"gain": 1.7}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        bound = self.gain * math.sqrt(6.0 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, shape).astype(np.float32)

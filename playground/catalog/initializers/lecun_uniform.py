"""LeCun uniform."""

from __future__ import annotations

import math

import numpy as np

from playground.core.registry import register
from playground.core.spec import Initializer


@register("lecun_uniform", title="LeCun uniform", group="Scaled by the fan", icon="uniform_fan_in", tail="for SELU")
class LecunUniform(Initializer):
    """Draws evenly, with a variance of one over a unit's inputs.

    Shapes: any. The spread of signals stays as it is through layers without an activation, and through SELU.
    """

    formula = "w ~ U(-b, b), b = √(3 / fan_in)"
    source = "LeCun, Bottou, Orr and Müller: Efficient backprop (1998), equation 16"
    examples = (("matrix", {}, ((40, 30),)), ("kernel", {}, ((3, 5, 7, 11),)), ("vector", {}, ((9,),)))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        bound = math.sqrt(3.0 / fan_in)
        return rng.uniform(-bound, bound, shape).astype(np.float32)

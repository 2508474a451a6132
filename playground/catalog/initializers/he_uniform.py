"""He uniform."""

from __future__ import annotations

import math

import numpy as np

from playground.core.fields import choice, real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("he_uniform", title="He uniform", group="Scaled by the fan", icon="uniform_half", tail="for ReLU")
class HeUniform(Initializer):
    """Draws evenly, scaled by the inputs of a unit.

    Shapes: any. It keeps the spread of signals equal from layer to layer, for ReLU and its kin.
    """

    slope: float = real(
        0.0, low=0.0, high=10.0, advanced=True, help="Slope below zero of the activation that follows; 0 for ReLU."
    )
    fan: str = choice(
        "in",
        {"in": "Keep the spread of signals on the way forward.", "out": "Keep the spread of gradients on the way back."},
        advanced=True,
        help="Which way the spread is kept.",
    )

    formula = "w ~ U(-b, b), b = √(6 / ((1 + slope²)·fan))"
    source = "He et al.: Delving deep into rectifiers (2015), equation 10"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("leaky, backward", {"slope": 0.2, "fan": "out"}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        n = fan_in if self.fan == "in" else fan_out
        bound = math.sqrt(6.0 / ((1.0 + self.slope**2) * n))
        return rng.uniform(-bound, bound, shape).astype(np.float32)

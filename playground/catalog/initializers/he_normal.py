"""He normal."""

from __future__ import annotations

import math

import numpy as np

from playground.core.fans import fan_field, slope_field
from playground.core.registry import register
from playground.core.spec import Initializer


@register("he_normal", title="He normal", group="Scaled by the fan", icon="normal_half", tail="for ReLU")
class HeNormal(Initializer):
    """Draws from a bell curve, scaled by the inputs of a unit.

    Shapes: any. It keeps the spread of signals equal from layer to layer, for ReLU and its kin.
    """

    slope: float = slope_field()
    fan: str = fan_field()

    formula = "w ~ N(0, d²), d = √(2 / ((1 + slope²)·fan))"
    source = "He et al.: Delving deep into rectifiers (2015), equation 10"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("leaky, backward", {"slope": 0.2, "fan": "out"}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        n = fan_in if self.fan == "in" else fan_out
        return rng.normal(0.0, math.sqrt(2.0 / ((1.0 + self.slope**2) * n)), shape).astype(np.float32)

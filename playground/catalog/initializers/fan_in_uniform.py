"""Fan-in uniform."""

from __future__ import annotations

import math

import numpy as np

from playground.core.registry import register
from playground.core.spec import Initializer


@register(
    "fan_in_uniform", title="Fan-in uniform", group="Scaled by the fan", icon="uniform_narrowing", tail="PyTorch's own start"
)
class FanInUniform(Initializer):
    """Draws evenly within one over the root of a unit's inputs.

    Shapes: any. What PyTorch's linear and convolution layers start from, weights and biases alike.
    """

    formula = "w ~ U(-b, b), b = 1 / √fan_in"
    source = "PyTorch: torch.nn.Linear, torch.nn.Conv2d; He et al.: Delving deep into rectifiers (2015), equation 15 with a = √5"
    examples = (("matrix", {}, ((40, 30),)), ("kernel", {}, ((3, 5, 7, 11),)), ("vector", {}, ((9,),)))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        bound = 1.0 / math.sqrt(fan_in)
        return rng.uniform(-bound, bound, shape).astype(np.float32)

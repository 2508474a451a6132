"""Uniform."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("uniform", title="Uniform", group="Random", icon="uniform", tail="between two numbers")
class Uniform(Initializer):
    """Draws evenly between two numbers.

    Shapes: any. The size does not depend on the layer.
    """

    low: float = real(-0.07, low=-1e3, high=1e3, help="Smallest number that can come.")
    high: float = real(0.07, low=-1e3, high=1e3, help="Largest number that can come.")

    formula = "w ~ U(low, high)"
    source = "PyTorch: torch.nn.init.uniform_"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("shifted", {"low": 0.5, "high": 2.0}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        low, high = sorted((self.low, self.high))
        return rng.uniform(low, high, shape).astype(np.float32)

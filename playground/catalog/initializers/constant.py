"""Constant."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("constant", title="Constant", group="Fixed", icon="constant_start", tail="all the same")
class Constant(Initializer):
    """Starts at one chosen number.

    Shapes: any. Weights that all start equal stay equal: a way to see why symmetry must be broken.
    """

    value: float = real(0.0, low=-1e6, high=1e6, help="The number.")

    formula = "w = value"
    source = "PyTorch: torch.nn.init.constant_"
    examples = (("one", {"value": 1.0}, ((5, 3),)), ("vector", {"value": -0.5}, ((9,),)))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return np.full(shape, self.value, np.float32)

"""Zeros."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Initializer


@register("zeros", title="Zeros", group="Fixed", icon="zeros", tail="all 0")
class Zeros(Initializer):
    """Starts at zero.

    Shapes: any. Right for biases; weights that all start equal stay equal and learn nothing apart.
    """

    formula = "w = 0"
    source = "PyTorch: torch.nn.init.zeros_"
    examples = (("matrix", {}, ((40, 30),)), ("kernel", {}, ((3, 5, 7, 11),)), ("vector", {}, ((9,),)))

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

"""Normal."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("normal", title="Normal", group="Random", icon="normal", tail="bell curve")
class Normal(Initializer):
    """Draws from a bell curve.

    Shapes: any. The size does not depend on the layer.
    """

    mean: float = real(0.0, low=-1e3, high=1e3, help="Middle of the curve.")
    deviation: float = real(0.01, low=0.0, high=1e3, log=True, help="Standard deviation of the curve.")

    formula = "w ~ N(mean, deviation²)"
    source = "PyTorch: torch.nn.init.normal_"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("shifted", {"mean": 1.0, "deviation": 0.3}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return rng.normal(self.mean, self.deviation, shape).astype(np.float32)

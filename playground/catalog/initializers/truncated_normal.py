"""Truncated normal."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Initializer


@register("truncated_normal", title="Truncated normal", group="Random", icon="truncated", tail="bell curve without tails")
class TruncatedNormal(Initializer):
    """Draws from a bell curve and draws again whatever lies too far out.

    Shapes: any. The cut is in deviations, as in Keras; PyTorch's a and b are numbers, so that its defaults of -2 and 2 cut nothing
    off a narrow curve. What is left has a smaller deviation: 0.88 of the curve's for a cut at 2.
    """

    mean: float = real(0.0, low=-1e3, high=1e3, help="Middle of the curve.")
    deviation: float = real(0.05, low=0.0, high=1e3, log=True, help="Standard deviation of the whole curve.")
    cut: float = real(2.0, low=0.1, high=10.0, unit="σ", help="How many deviations from the middle are allowed.")

    formula = "w ~ N(mean, deviation²) given |w - mean| ≤ cut·deviation"
    source = "PyTorch: torch.nn.init.trunc_normal_; Keras: TruncatedNormal"
    examples = (
        ("matrix", {}, ((40, 30),)),
        ("kernel", {}, ((3, 5, 7, 11),)),
        ("vector", {}, ((9,),)),
        ("narrow", {"mean": 1.0, "deviation": 0.3, "cut": 0.1}, ((40, 30),)),
    )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        z = rng.normal(size=shape)
        while (far := np.abs(z) > self.cut).any():
            z[far] = rng.normal(size=int(far.sum()))
        return (self.mean + self.deviation * z).astype(np.float32)

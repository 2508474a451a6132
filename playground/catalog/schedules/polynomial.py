"""Polynomial."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Schedule


@register("polynomial", title="Polynomial", icon="polynomial", tail="down along a power")
class Polynomial(Schedule):
    """Falls to the end along a power of what is left of the run.

    Shapes: step (n,) -> (n,). A power of 1 is a straight line, more falls early, less falls late. After the last step it stays
    where it ended.
    """

    power: float = real(1.0, low=0.01, high=20.0, log=True, help="How strongly the fall bends: above 1 early, below 1 late.")
    end: float = real(0.0, low=0.0, high=1.0, label="Ends at", help="Share of the base rate that is left at the end.")

    formula = "factor = end + (1 - end)·(1 - t / T)^power"
    source = "PyTorch: torch.optim.lr_scheduler.PolynomialLR"
    examples = (("plain", {}, ()), ("early", {"power": 2.5}, ()), ("late, to a tenth", {"power": 0.5, "end": 0.1}, ()))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        left = 1.0 - np.minimum(np.asarray(step, np.float64), total) / max(total, 1)
        return np.asarray(self.end + (1.0 - self.end) * left**self.power)

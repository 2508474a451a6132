"""Exponential."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("exponential", title="Exponential", icon="exponential", tail="same share at every step")
class Exponential(Schedule):
    """Multiplies the rate by the same share over and over: fast at first, then ever slower.

    Shapes: step (n,) -> (n,). With "Over" at 1 it is PyTorch's, one share for every step; more steps spread the same drop
    evenly, as Keras's ExponentialDecay without staircase does.
    """

    drop: float = real(0.99, low=0.0, high=1.0, label="Drops to", help="Share of the rate that is left after so many steps.")
    over: int = whole(1, low=1, high=100_000_000, log=True, unit="steps", help="Steps over which the rate drops to that share.")

    formula = "factor = drop^(t / over)"
    source = "PyTorch: torch.optim.lr_scheduler.ExponentialLR"
    examples = (("plain", {}, ()), ("spread", {"drop": 0.5, "over": 300}, ()), ("to nothing", {"drop": 0.0}, ()))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.asarray(self.drop ** (np.asarray(step, np.float64) / self.over))

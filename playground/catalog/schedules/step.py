"""Step."""

from __future__ import annotations

import numpy as np

from playground.core.fields import real, whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("step", title="Step", icon="sched", tail="drops in stairs")
class Step(Schedule):
    """Multiplies the rate by a share after every so many steps.

    Shapes: step (n,) -> (n,). The rate stays level in between.
    """

    every: int = whole(500, low=1, high=100_000_000, log=True, unit="steps", help="Steps from one drop to the next.")
    drop: float = real(0.5, low=0.0, high=1.0, label="Drops to", help="Share of the rate that a drop leaves.")

    formula = "factor = drop^floor(t / every)"
    source = "PyTorch: torch.optim.lr_scheduler.StepLR"
    examples = (("plain", {}, ()), ("often", {"every": 30, "drop": 0.7}, ()))

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.asarray(self.drop ** (np.asarray(step, np.int64) // self.every).astype(np.float64))

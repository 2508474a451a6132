"""Cyclic."""

from __future__ import annotations

import numpy as np

from playground.core.fields import choice, real, whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("cyclic", title="Cyclic", icon="cyclic", tail="up and down, again")
class Cyclic(Schedule):
    """Goes up and down between a low rate and the base rate in straight lines, over and over.

    Shapes: step (n,) -> (n,). The optimizer's rate is the highest one (max_lr in PyTorch); the lowest is a share of it. Only the
    rate is scheduled: PyTorch by default also moves SGD's momentum the other way (cycle_momentum).
    """

    low: float = real(0.1, low=0.0, high=1.0, label="Lowest", help="Share of the base rate at which a cycle begins and ends.")
    up: int = whole(
        2000, low=1, high=100_000_000, log=True, unit="steps", label="Way up", help="Steps from the lowest rate to the highest."
    )
    down: int = whole(
        0,
        low=0,
        high=100_000_000,
        log=True,
        off="same",
        unit="steps",
        label="Way down",
        help="Steps back to the lowest rate; 0 takes as many as up.",
    )
    mode: str = choice(
        "triangular",
        {
            "triangular": "Every cycle is as high as the first.",
            "triangular2": "Every cycle is half as high as the one before.",
            "exp_range": "The height shrinks by the same share at every step.",
        },
        help="How the height of the cycles changes.",
    )
    shrink: float = real(0.9994, low=0.0, high=1.0, when=("mode", "exp_range"), help="Share of the height that a step leaves.")

    formula = "factor = low + (1 - low)·x·height; x rises from 0 to 1 in `up` steps and falls back in `down`; height = 1, 2^-cycle or shrink^t"
    source = "Smith: Cyclical learning rates for training neural networks (2017), section 3.1; PyTorch: torch.optim.lr_scheduler.CyclicLR"
    examples = (
        ("plain", {}, ()),
        ("uneven", {"up": 30, "down": 71, "low": 0.25}, ()),
        ("halved", {"up": 50, "mode": "triangular2"}, ()),
        ("shrinking", {"up": 41, "mode": "exp_range", "shrink": 0.997}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        t = np.asarray(step, np.int64)
        down = self.down or self.up
        cycle, since = t // (self.up + down), t % (self.up + down)
        x = np.where(since <= self.up, since / self.up, 1.0 - (since - self.up) / down)
        if self.mode == "triangular2":
            x = x * 0.5 ** cycle.astype(np.float64)
        elif self.mode == "exp_range":
            x = x * self.shrink ** t.astype(np.float64)
        return np.asarray(self.low + (1.0 - self.low) * x)

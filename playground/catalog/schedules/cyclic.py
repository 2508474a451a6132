"""Cyclic."""

from __future__ import annotations

import numpy as np

from playground.core.cycles import cycle_momentum_field, momentum_low_field, unmoved
from playground.core.fields import choice, real, whole
from playground.core.registry import register
from playground.core.spec import Schedule


@register("cyclic", title="Cyclic", icon="cyclic", version=2, tail="up and down, again")
class Cyclic(Schedule):
    """Goes up and down between a low rate and the base rate in straight lines, over and over.

    Shapes: step (n,) -> (n,). The optimizer's rate is the highest one (max_lr in PyTorch); the lowest is a share of it. Its
    momentum, or Adam's beta 1, is the highest one too (max_momentum) and moves the other way.
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
    cycle_momentum: bool = cycle_momentum_field()
    momentum_low: float = momentum_low_field(0.8)

    migrations = {1: unmoved}
    formula = (
        "factor = low + (1 - low)·x·height; x rises from 0 to 1 in `up` steps and falls back in `down`; height = 1, 2^-cycle or shrink^t; "
        "momentum = own - (own - momentum_low)·x·height"
    )
    source = "Smith: Cyclical learning rates for training neural networks (2017), section 3.1; PyTorch: torch.optim.lr_scheduler.CyclicLR"
    examples = (
        ("plain", {}, ()),
        ("uneven", {"up": 30, "down": 71, "low": 0.25}, ()),
        ("rate alone", {"up": 30, "cycle_momentum": False}, ()),
        ("halved", {"up": 50, "momentum_low": 0.5, "mode": "triangular2"}, ()),
        ("shrinking", {"up": 41, "mode": "exp_range", "shrink": 0.997}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return self.low + (1.0 - self.low) * self._height(step)

    def dip(self, step: np.ndarray, total: int) -> np.ndarray | None:
        return self._height(step) if self.cycle_momentum else None

    def _height(self, step: np.ndarray) -> np.ndarray:
        """Where in the whole height of the first cycle each step is."""
        t = np.asarray(step, np.int64)
        down = self.down or self.up
        cycle, since = t // (self.up + down), t % (self.up + down)
        x = np.where(since <= self.up, since / self.up, 1.0 - (since - self.up) / down)
        if self.mode == "triangular2":
            x = x * 0.5 ** cycle.astype(np.float64)
        elif self.mode == "exp_range":
            x = x * self.shrink ** t.astype(np.float64)
        return np.asarray(x)

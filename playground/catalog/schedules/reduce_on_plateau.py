"""Reduce on plateau."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from playground.core.fields import choice, real, whole
from playground.core.registry import register
from playground.core.spec import Schedule

#: A change smaller than this share of the base rate is not made (eps in PyTorch, there in units of the rate).
_LEAST_CHANGE = 1e-8


@register("reduce_on_plateau", title="Plateau", icon="plateau", version=2, tail="drops when stuck")
class ReduceOnPlateau(Schedule):
    """Lowers the rate when the loss, or a metric, has not become better for some epochs ("reduce on plateau").

    Shapes: step (n,) -> (n,). It listens at the end of every epoch, to the validation part where there is one, else to the training
    part. Whether more or less of a figure is better (mode) is known from the figure. What it remembers is part of every checkpoint.
    The lowest rate is a share of the base rate, not a rate.
    """

    listens = True

    monitor: str = choice(
        "loss",
        {
            "loss": "The validation loss, or the training loss where there is no validation part.",
            "train_loss": "The training loss.",
            "accuracy": "The share of right answers, of a classification.",
            "perplexity": "The perplexity, of a classification.",
            "r2": "R², of a regression.",
            "rmse": "The root of the mean squared error, of a regression.",
            "mae": "The mean absolute error, of a regression.",
        },
        label="Listens to",
        help="What has to become better. Of several losses the first one's metric counts; the loss does where a task has no such metric.",
    )
    drop: float = real(0.1, low=0.0, high=1.0, label="Drops to", help="Share of the rate that a drop leaves (factor).")
    patience: int = whole(
        10, low=0, high=100_000, unit="epochs", help="Epochs without a better figure that are let pass before the rate drops."
    )
    threshold: float = real(
        1e-4, low=0.0, high=1.0, log=True, help="How much better a figure must be than the best so far to count."
    )
    measure: str = choice(
        "relative",
        {"relative": "The threshold is a share of the best figure.", "absolute": "The threshold is a difference of figures."},
        advanced=True,
        help="What the threshold is measured in.",
    )
    cooldown: int = whole(0, low=0, high=100_000, unit="epochs", help="Epochs after a drop in which no epoch counts as bad.")
    end: float = real(0.0, low=0.0, high=1.0, label="Lowest", help="Share of the base rate below which it never falls (min_lr).")

    formula = (
        "better: loss < best·(1 - threshold), or loss < best - threshold, where more is better with > and +; "
        "after more than `patience` others: factor ← max(drop·factor, end)"
    )
    source = "PyTorch: torch.optim.lr_scheduler.ReduceLROnPlateau"
    examples = (
        ("plain", {}, ()),
        ("at once", {"patience": 0, "drop": 0.5}, ()),
        ("absolute", {"patience": 2, "threshold": 0.01, "measure": "absolute", "cooldown": 3, "end": 0.05}, ()),
        ("of a metric", {"monitor": "accuracy", "patience": 1}, ()),
    )

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.ones(len(step), np.float64)

    def carried(self, memory: Mapping[str, float], other: Schedule) -> dict[str, float]:
        """The rate that it has come down to stays; what it had listened for begins anew where it listens to something else."""
        known = super().carried(memory, other)
        if known and other.monitor != self.monitor:
            return {"factor": known["factor"]}
        return known

    def follow(self, memory: Mapping[str, float], figure: float, higher: bool = False) -> dict[str, float]:
        factor, best = memory.get("factor", 1.0), memory.get("best")
        bad, cooling = memory.get("bad", 0) + 1, memory.get("cooling", 0)
        if math.isfinite(figure) and (best is None or self._better(figure, best, higher)):
            best, bad = figure, 0
        if cooling:
            cooling, bad = cooling - 1, 0
        if bad > self.patience:
            lower = max(factor * self.drop, self.end)
            factor = lower if factor - lower > _LEAST_CHANGE else factor
            cooling, bad = self.cooldown, 0
        known = {} if best is None else {"best": best}
        return {"factor": factor, "bad": bad, "cooling": cooling, **known}

    def _better(self, figure: float, best: float, higher: bool) -> bool:
        """Whether it is better than the best so far, by as much as is asked."""
        step = self.threshold if higher else -self.threshold
        mark = best * (1.0 + step) if self.measure == "relative" else best + step
        return figure > mark if higher else figure < mark

"""R²."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric


@register("r2", title="R²", icon="r2")
class R2(Metric):
    """Share of the target's spread that the model explains.

    Shapes: response (n, outputs), target (n, outputs) -> one number, 1 at best; 0 is as good as always answering the mean.
    Several outputs are averaged. A target (n,) stands for one output.
    A target without spread gives 1 when met exactly, else 0. Fewer than two samples give nan.
    """

    tasks = ("regression",)
    higher_is_better = True
    formula = "1 - Σ (t - p)² / Σ (t - mean)²"
    source = "Wright: Correlation and causation (1921); scikit-learn: r2_score"
    examples = (("one value", {}, ((9, 1), (9, 1))), ("three values", {}, ((8, 3), (8, 3))), ("one sample", {}, ((1, 2), (1, 2))))

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        truth = np.asarray(target, np.float64)
        if len(truth) < 2:
            return float("nan")
        miss = ((np.asarray(response, np.float64).reshape(truth.shape) - truth) ** 2).sum(axis=0)
        spread = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
        level = np.where(miss == 0.0, 1.0, 0.0)
        return float(np.where(spread > 0.0, 1.0 - miss / np.where(spread > 0.0, spread, 1.0), level).mean())

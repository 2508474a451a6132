"""MAE."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric


@register("mae", title="MAE", icon="mae")
class Mae(Metric):
    """Mean absolute error: how far off an answer is, in the unit of the target.

    Shapes: response (n, outputs), target (n, outputs) -> one number, in the unit of the target. A target (n,) stands for one
    output.
    """

    tasks = ("regression", "distribution")
    higher_is_better = False
    formula = "mean of |p - t|"
    source = "Willmott and Matsuura: Advantages of the mean absolute error over the root mean square error (2005); scikit-learn: mean_absolute_error"
    examples = (("one value", {}, ((9, 1), (9, 1))), ("three values", {}, ((8, 3), (8, 3))), ("one sample", {}, ((1, 2), (1, 2))))

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        truth = np.asarray(target, np.float64)
        miss = np.asarray(response, np.float64).reshape(truth.shape) - truth
        return float(np.abs(miss).mean()) if miss.size else float("nan")

"""Accuracy."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric


@register("accuracy", title="Accuracy", icon="check")
class Accuracy(Metric):
    """Share of the answers that are right.

    Shapes: response (n, classes) probabilities, target (n,) class indices -> 0 to 1. One column, or a target of the
    response's shape: yes from 0.5 on.
    """

    tasks = ("classification", "binary")
    higher_is_better = True
    share = True
    formula = "right answers / answers"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 5.1.2; scikit-learn: accuracy_score"
    examples = (
        ("classes", {}, ((9, 4), (9,))),
        ("yes or no", {}, ((8, 1), (8,))),
        ("several answers", {}, ((7, 3), (7, 3))),
        ("one sample", {}, ((1, 2), (1,))),
    )

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        answers, truth = np.asarray(response), np.asarray(target)
        if answers.ndim == 2 and truth.ndim == 1 and answers.shape[1] > 1:
            right = answers.argmax(axis=-1) == truth
        else:
            right = (answers >= 0.5).reshape(truth.shape) == (truth >= 0.5)
        return float(right.mean()) if right.size else float("nan")

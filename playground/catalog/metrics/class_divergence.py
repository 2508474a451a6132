"""Divergence between how often classes are there and how often they are expected."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric

#: What a mean probability of 0 counts as.
LEAST = 1e-12


@register("class_divergence", title="Divergence of class shares", icon="class_divergence")
class ClassDivergence(Metric):
    """How far the mean answer is from the true shares of the classes: KL(shares ‖ mean answer).

    Shapes: response (n, classes) probabilities, target (n,) class indices -> nats, 0 where every class is expected as often as it is
    there. A model that overlooks a rare class shows here before its accuracy does. A mean answer of 0 counts as 1e-12.
    """

    tasks = ("classification",)
    higher_is_better = False
    unit = "nats"
    formula = "Σ f[j]·ln( f[j] / mean p[j] )   (f: shares of the classes among the targets)"
    source = "S. Kullback and R. A. Leibler: On information and sufficiency, 1951"
    examples = (("classes", {}, ((9, 4), (9,))), ("two classes", {}, ((7, 2), (7,))), ("one sample", {}, ((1, 17), (1,))))

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        p = np.asarray(response)
        if not len(p):
            return float("nan")
        shares = np.bincount(np.asarray(target, np.int64), minlength=p.shape[-1]) / len(p)
        there, mean = shares > 0.0, np.ones(len(p)) @ p / len(p)
        return float(shares[there] @ np.log(shares[there] / np.maximum(mean[there], LEAST)))

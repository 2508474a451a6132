"""Entropy of the answers."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric


@register("entropy", title="Entropy of the answers", icon="entropy")
class Entropy(Metric):
    """How undecided the answers are on average, whether they are right or not.

    Shapes: response (n, classes) probabilities -> nats: 0 for sure answers, ln(classes) for even ones. It looks at the answers alone.
    Beside the perplexity it tells sure mistakes (low entropy, high perplexity) from honest doubt (both high).
    """

    tasks = ("classification", "distribution")
    readout = True
    higher_is_better = False
    unit = "nats"
    formula = "mean of -Σ p[j]·ln p[j]"
    source = "C. E. Shannon: A mathematical theory of communication, 1948, section 6"
    examples = (("classes", {}, ((9, 4), (9,))), ("two classes", {}, ((8, 2), (8,))), ("one sample", {}, ((1, 17), (1,))))

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        p = np.asarray(response)
        if not len(p):
            return float("nan")
        surprise = np.log(np.maximum(p, np.finfo(np.float32).tiny))  # times a share of 0 it is 0
        return abs(float(np.vdot(p, surprise))) / len(p)

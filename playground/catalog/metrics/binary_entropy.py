"""Entropy of answers of yes or no."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric


@register("binary_entropy", title="Binary entropy", icon="entropy")
class BinaryEntropy(Metric):
    """How undecided the answers of yes or no are on average, whether they are right or not.

    Shapes: response (n, answers) probabilities of yes -> nats: 0 for sure answers, ln 2 for even ones. It looks at the answers alone, each
    by itself; of a margin, which is no probability, there is none.
    """

    tasks = ("binary",)
    readout = True
    of_probabilities = True
    higher_is_better = False
    unit = "nats"
    formula = "mean of -p·ln p - (1 - p)·ln(1 - p)"
    source = "C. E. Shannon: A mathematical theory of communication, 1948, section 6 and figure 7"
    examples = (("yes or no", {}, ((8, 1), (8,))), ("several answers", {}, ((7, 3), (7, 3))), ("one sample", {}, ((1, 1), (1,))))

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        yes = np.asarray(response, np.float64)
        if not yes.size:
            return float("nan")
        least = np.finfo(np.float64).tiny  # whose logarithm, times a share of 0, is 0
        doubt = yes * np.log(np.maximum(yes, least)) + (1.0 - yes) * np.log(np.maximum(1.0 - yes, least))
        return abs(float(doubt.mean()))

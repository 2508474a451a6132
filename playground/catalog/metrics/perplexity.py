"""Perplexity."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Metric

#: What a probability of 0 counts as, so that one impossible answer does not make the number infinite.
LEAST = 1e-30


@register("perplexity", title="Perplexity", icon="perplexity")
class Perplexity(Metric):
    """Among how many equally likely classes the model still hesitates: e to the mean surprise at the true class.

    Shapes: response (n, classes) probabilities, target (n,) class indices -> 1 at best; guessing evenly gives the number of classes.
    A true class of probability 0 counts as 1e-30.
    """

    tasks = ("classification",)
    higher_is_better = False
    formula = "exp( mean of -ln p[target] )"
    source = "Jelinek, Mercer, Bahl and Baker: Perplexity, a measure of the difficulty of speech recognition tasks (1977)"
    examples = (("classes", {}, ((9, 4), (9,))), ("two classes", {}, ((8, 2), (8,))), ("one sample", {}, ((1, 17), (1,))))

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        if not len(response):
            return float("nan")
        p = np.asarray(response)[np.arange(len(target)), np.asarray(target, np.int64)].astype(np.float64)
        return float(np.exp(-np.log(np.maximum(p, LEAST)).mean()))

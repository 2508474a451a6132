"""Constant."""

from __future__ import annotations

import numpy as np

from playground.core.registry import register
from playground.core.spec import Schedule


@register("constant", title="Constant", icon="constant", tail="stays")
class Constant(Schedule):
    """Keeps the learning rate as it is.

    Shapes: step (n,) -> (n,). A good start: whether a rate is right is easiest to see when it does not move.
    """

    formula = "factor = 1"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 8.3.1"
    examples = (("plain", {}, ()),)

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.ones(len(step), np.float64)

"""Binary cross-entropy on logits."""

from __future__ import annotations

import numpy as np

from playground.engine.losses import ElementLoss
from playground.engine.vocabulary import sigmoid, softplus


class BinaryCrossEntropyLogits(ElementLoss):
    """q t softplus(-x) + (1 - t) softplus(x), which no logit of any size makes infinite; q is the weight of the positive answers.

    Attribute: smoothing p, which draws the target towards one half: t (1 - p) + p / 2.
    """

    id = "binary_cross_entropy_logits"
    title = "Binary cross-entropy on logits"
    parameter = "smoothing"
    flops = 30

    @staticmethod
    def value(x, t, p, q):
        s = softplus(x)
        t = t + (0.5 - t) * p
        return (1.0 - t) * s + q * t * (s - x)

    @staticmethod
    def slope(x, t, p, q):
        s = sigmoid(x)
        t = t + (0.5 - t) * p
        return (1.0 - t) * s - q * t * (1.0 - s)

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        t = t * (1 - p) + p / 2
        return (1 - t) * np.logaddexp(0, x) + q * t * np.logaddexp(0, -x)

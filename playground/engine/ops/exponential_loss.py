"""Exponential loss for answers of yes or no."""

from __future__ import annotations

import numpy as np

from playground.engine.losses import ElementLoss
from playground.engine.vocabulary import exp, where

#: Where `vocabulary.exp` stops growing, so that the number stays a float32.
STEEPEST = 88.0


class ExponentialLoss(ElementLoss):
    """exp(-y x), where y is 1 for a target above 0 and -1 for any other; it grows no further than e⁸⁸."""

    id = "exponential_loss"
    title = "Exponential loss"
    flops = 14

    @staticmethod
    def value(x, t, p, q):
        return exp(where(t > 0.0, 0.0 - x, x)) * q

    @staticmethod
    def slope(x, t, p, q):
        e = exp(where(t > 0.0, 0.0 - x, x)) * q
        return where(t > 0.0, 0.0 - e, e)

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        return np.exp(np.minimum(np.where(t > 0, -x, x), STEEPEST)) * q

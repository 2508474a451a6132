"""Hinge loss for answers of yes or no."""

from __future__ import annotations

import numpy as np

from playground.engine.losses import ElementLoss
from playground.engine.vocabulary import where


class Hinge(ElementLoss):
    """max(0, 1 - y x), where y is 1 for a target above 0 and -1 for any other; the derivative at the corner is 0."""

    id = "hinge"
    title = "Hinge"

    @staticmethod
    def value(x, t, p, q):
        m = 1.0 - where(t > 0.0, x, 0.0 - x)
        return where(m <= 0.0, 0.0, m) * q

    @staticmethod
    def slope(x, t, p, q):
        m = 1.0 - where(t > 0.0, x, 0.0 - x)
        return where(m <= 0.0, 0.0, where(t > 0.0, 0.0 - q, q))

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        return np.maximum(1 - np.where(t > 0, x, -x), 0) * q

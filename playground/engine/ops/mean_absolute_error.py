"""Mean absolute error."""

from __future__ import annotations

import numpy as np

from playground.engine.losses import ElementLoss
from playground.engine.vocabulary import vabs, where


class MeanAbsoluteError(ElementLoss):
    """|x - t|, times q; the derivative at equality is 0."""

    id = "mean_absolute_error"
    title = "Mean absolute error"

    @staticmethod
    def value(x, t, p, q):
        return vabs(x - t) * q

    @staticmethod
    def slope(x, t, p, q):
        e = x - t
        return where(e > 0.0, q, where(e < 0.0, 0.0 - q, e * 0.0))

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        return np.abs(x - t) * q

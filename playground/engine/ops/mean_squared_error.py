"""Mean squared error."""

from __future__ import annotations

import numpy as np

from playground.engine.losses import ElementLoss


class MeanSquaredError(ElementLoss):
    """(x - t)², times q."""

    id = "mean_squared_error"
    title = "Mean squared error"

    @staticmethod
    def value(x, t, p, q):
        return (x - t) * (x - t) * q

    @staticmethod
    def slope(x, t, p, q):
        return (x - t) * q * 2.0

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        return (x - t) ** 2 * q

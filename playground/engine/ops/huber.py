"""Huber's loss."""

from __future__ import annotations

import numpy as np

from playground.engine.losses import ElementLoss
from playground.engine.vocabulary import vabs, where


class Huber(ElementLoss):
    """(x - t)² / 2 up to a distance of `delta`, beyond it a straight line of slope delta; times q."""

    id = "huber"
    title = "Huber"
    parameter = "delta"
    flops = 6

    @staticmethod
    def value(x, t, p, q):
        e = vabs(x - t)
        return where(e > p, (e - p * 0.5) * p, e * e * 0.5) * q

    @staticmethod
    def slope(x, t, p, q):
        e = x - t
        return where(e > p, p, where(e < 0.0 - p, 0.0 - p, e)) * q

    def numbers(self, x: np.ndarray, t: np.ndarray, p: float, q: np.ndarray | float) -> np.ndarray:
        e = np.abs(x - t)
        return np.where(e > p, p * (e - p / 2), e * e / 2) * q

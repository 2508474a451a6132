"""Exponential moving averages for display: bias-corrected, with gaps where the data has them. No Qt.

value_t = Σ a^(t-i) y_i / Σ a^(t-i) over the finite y_i up to t, so that the first point is the first value, not a fraction of it.
"""

from __future__ import annotations

import numpy as np

_BLOCK = 64


def _decayed_sums(values: np.ndarray, a: float, carry: np.ndarray) -> np.ndarray:
    """s_t = a·s_{t-1} + v_t for every row. Shapes: values (rows, n), carry (rows,) -> (rows, n). Blocks by a matrix, carries by itself."""
    rows, n = values.shape
    if n <= _BLOCK:
        steps = np.arange(n)
        lag = steps[:, None] - steps[None, :]
        weights = np.where(lag >= 0, a ** np.maximum(lag, 0), 0.0)
        return np.asarray(values @ weights.T + carry[:, None] * a ** (steps + 1)[None, :])
    blocks = -(-n // _BLOCK)
    padded = np.zeros((rows, blocks * _BLOCK))
    padded[:, :n] = values
    local = _decayed_sums(padded.reshape(rows * blocks, _BLOCK), a, np.zeros(rows * blocks)).reshape(rows, blocks, _BLOCK)
    ends = _decayed_sums(local[:, :, -1], a**_BLOCK, carry)
    before = np.concatenate([carry[:, None], ends[:, :-1]], 1)
    local += before[:, :, None] * a ** np.arange(1, _BLOCK + 1)
    return local.reshape(rows, -1)[:, :n]


class Smoother:
    """Averages a growing series; only what is new is computed. Give it the whole series each time; one that was rewound begins anew."""

    def __init__(self, factor: float = 0.97) -> None:
        self.factor = factor
        self._reset()

    def _reset(self) -> None:
        self._done = 0
        self._first: float | None = None
        self._last = 0.0
        self._carry = np.zeros(2)
        self._values = np.zeros(0)

    def set_factor(self, factor: float) -> None:
        """Another weight for the past, 0 (none) to below 1."""
        if factor != self.factor:
            self.factor = factor
            self._reset()

    def of(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The average at every point of the series. Shapes: (n,), (n,) -> (n,) float64; NaN where y is not finite."""
        n = len(y)
        first = float(x[0]) if n else None
        if n < self._done or first != self._first or (self._done and not _same(float(y[self._done - 1]), self._last)):
            self._reset()
            self._first = first
        if n > self._done:
            new = np.asarray(y[self._done :], float)
            good = np.isfinite(new)
            pair = np.stack([np.where(good, new, 0.0), good.astype(float)])
            sums = _decayed_sums(pair, self.factor, self._carry)
            self._carry = sums[:, -1].copy()
            with np.errstate(invalid="ignore", divide="ignore"):
                fresh = np.where(good, sums[0] / sums[1], np.nan)
            self._values = self._grown(fresh, n)
            self._done = n
            self._last = float(y[-1])
        return self._values[:n]

    def _grown(self, fresh: np.ndarray, n: int) -> np.ndarray:
        """The store with the new values in place, doubled when it is full."""
        if len(self._values) < n:
            larger = np.empty(max(1024, 2 * n))
            larger[: self._done] = self._values[: self._done]
            self._values = larger
        self._values[self._done : n] = fresh
        return self._values


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)

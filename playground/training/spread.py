"""Histograms of tensors, in even bins and in bins that are narrow near zero. No Qt, nothing of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.areas.histograms import BINS

Array = npt.NDArray[Any]

#: The logarithmic bins reach from the greatest magnitude down by so many powers of ten; one bin on either side holds what is smaller.
DECADES = 6
_HALF = BINS // 2
#: Of a tensor with more numbers, every k-th is counted, so that about so many are.
MOST = 1 << 14
_MAGNITUDES = np.concatenate([[0.0], np.logspace(-DECADES, 0, _HALF)])


def even_edges(low: float, high: float) -> Array:
    """Ends of the even bins; as in NumPy, half a unit on either side where all values are the same. Shapes: (65,)."""
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BINS + 1)


def signed_edges(low: float, high: float) -> Array:
    """Ends of bins that are symmetric about 0 and of equal width in the logarithm of the magnitude. Shapes: (65,)."""
    most = max(abs(low), abs(high)) or 1.0
    positive = most * _MAGNITUDES
    positive[-1] = most
    return np.concatenate([-positive[:0:-1], positive])


def thinned(values: Array) -> Array:
    """At most 16,384 of the numbers, at equal distances. Shapes: any -> (n,)."""
    flat = values.reshape(-1)
    return flat[:: -(-flat.size // MOST)] if flat.size > MOST else flat


def fill(row: Any, values: Array) -> None:
    """Write the histograms of a tensor into its place in a row of the board."""
    flat = thinned(values).astype(np.float64)
    good = np.isfinite(flat)
    row["odd"] = flat.size - int(good.sum())
    if row["odd"]:
        flat = flat[good]
    flat.sort()
    low, high = (float(flat[0]), float(flat[-1])) if flat.size else (0.0, 0.0)
    row["low"], row["high"] = low, high
    row["even"], row["signed"] = counts(flat, even_edges(low, high)), counts(flat, signed_edges(low, high))


def counts(ordered: Array, edges: Array) -> Array:
    """How many values lie in each bin, its lower end included, of the last one both; as np.histogram has it, for values in order."""
    below = np.searchsorted(ordered, edges, side="left")
    below[-1] = np.searchsorted(ordered, edges[-1], side="right")
    found: Array = np.diff(below)
    return found

"""Max-norm: the weights into a unit may be no longer than a limit. Source: Srivastava et al.: Dropout (2014), section 5.1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.kernel import inline, kernel
from playground.engine.penalty import Penalty
from playground.engine.vocabulary import hsum, load, splat, store, vsqrt, where


@inline
def shrunk(total, limit):
    """What numbers are multiplied by whose squares sum up to this."""
    norm = vsqrt(total)
    return where(norm > limit, limit / where(norm > limit, norm, 1.0), 1.0)


@kernel
def max_norm_whole(F, R, w, k):
    """words: value rows columns first last | knobs: limit"""
    p, rows, columns, limit = w[0], w[1], w[2], k[w[5]]
    for j in range(w[3], w[4], 16):
        n = w[4] - j
        total = splat(0.0)
        for i in range(rows):
            x = load(F, p + i * columns + j, n)
            total = total + x * x
        scale = shrunk(total, limit)
        for i in range(rows):
            at = p + i * columns + j
            store(F, at, n, load(F, at, n) * scale)


@kernel
def max_norm_rows(F, R, w, k):
    """words: value outer rows columns parts first last | knobs: limit, or 0 for none"""
    if k[w[7]] <= 0.0:
        return
    step, limit, length = w[2] * w[3], k[w[7]], w[3] // w[4]
    for i in range(w[5], w[6]):
        for part in range(w[4]):
            p, total = w[0] + i * w[3] + part * length, splat(0.0)
            for a in range(w[1]):
                for j in range(0, length, 16):
                    x = load(F, p + a * step + j, length - j)
                    total = total + x * x
            scale = shrunk(splat(hsum(total)), limit)
            for a in range(w[1]):
                for j in range(0, length, 16):
                    at = p + a * step + j
                    store(F, at, length - j, load(F, at, length - j) * scale)


class MaxNormPenalty(Penalty):
    """The weights into a unit that are longer than the limit are scaled down to it."""

    id = "max_norm"
    knobs = ("limit",)
    places = ("whole",)

    def reference(
        self, value: np.ndarray, numbers: Mapping[str, float], rate: float, unit_axis: int = -1, unit_groups: int = 1
    ) -> None:
        """unit_axis, unit_groups: those of the parameter."""
        if value.ndim < 2:
            return
        parts = value.reshape(*value.shape[:-1], unit_groups, -1) if unit_axis == -2 else value[..., None, :]
        # (..., rows, parts, columns): over what lies in front, and over the columns or the rows of a part
        axes = tuple(range(value.ndim - 2)) + ((parts.ndim - 1,) if unit_axis == -2 else (value.ndim - 2,))
        norms = np.sqrt((parts * parts).sum(axis=axes, keepdims=True))
        parts *= np.where(norms > numbers["limit"], numbers["limit"] / np.maximum(norms, 1e-300), 1.0)

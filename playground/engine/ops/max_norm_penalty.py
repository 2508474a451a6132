"""Max-norm: the weights into a unit may be no longer than a limit. Source: Srivastava et al.: Dropout (2014), section 5.1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.penalty import Penalty
from playground.engine.vocabulary import load, splat, store, vsqrt, where


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
        norm = vsqrt(total)
        scale = where(norm > limit, limit / where(norm > limit, norm, 1.0), 1.0)
        for i in range(rows):
            at = p + i * columns + j
            store(F, at, n, load(F, at, n) * scale)


class MaxNormPenalty(Penalty):
    """Every column longer than the limit is scaled down to it."""

    id = "max_norm"
    knobs = ("limit",)
    places = ("whole",)

    def reference(self, value: np.ndarray, numbers: Mapping[str, float], rate: float) -> None:
        if value.ndim < 2:
            return
        columns = value.reshape(-1, value.shape[-1])
        norms = np.sqrt((columns * columns).sum(axis=0))
        columns *= np.where(norms > numbers["limit"], numbers["limit"] / np.maximum(norms, 1e-300), 1.0)

"""L1 (lasso) by its proximal step, so that weights become exactly zero.

Source: Parikh and Boyd: Proximal algorithms (2014), sections 4.2 (proximal gradient method) and 6.5.2 (soft thresholding).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.penalty import Penalty
from playground.engine.vocabulary import LANES, load, store, vmax, vmin


@kernel
def l1_after(F, R, w, k):
    """words: value gradient n | knobs: rate factor strength decay-factor"""
    p, n = w[0], w[2]
    t = k[w[3]] * k[w[4]] * (k[w[5]] * k[w[6]])
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        store(F, p + j, LANES, vmax(x - t, 0.0) + vmin(x + t, 0.0))


class L1Penalty(Penalty):
    """weight ← sign(weight)·max(|weight| - rate·strength, 0)."""

    id = "l1"
    knobs = ("strength",)
    places = ("after",)

    def reference(self, value: np.ndarray, numbers: Mapping[str, float], rate: float) -> None:
        value[...] = np.sign(value) * np.maximum(np.abs(value) - rate * numbers["strength"], 0)

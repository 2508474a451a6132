"""Elastic net: L1 and L2 together, by the proximal step of both.

Source: Zou and Hastie: Regularization and variable selection via the elastic net (2005), equation 3; Parikh and Boyd: Proximal
algorithms (2014), section 6.5.3.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.penalty import Penalty
from playground.engine.vocabulary import LANES, load, store, vmax, vmin


@kernel
def elastic_net_after(F, R, w, k):
    """words: value gradient n | knobs: rate factor l1 l2 decay-factor"""
    p, n = w[0], w[2]
    rate = k[w[3]] * k[w[4]] * k[w[7]]
    t, shrink = rate * k[w[5]], np.float32(1) / (np.float32(1) + rate * k[w[6]])
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        store(F, p + j, LANES, (vmax(x - t, 0.0) + vmin(x + t, 0.0)) * shrink)


class ElasticNetPenalty(Penalty):
    """weight ← sign(weight)·max(|weight| - rate·l1, 0) / (1 + rate·l2)."""

    id = "elastic_net"
    knobs = ("l1", "l2")
    places = ("after",)

    def reference(self, value: np.ndarray, numbers: Mapping[str, float], rate: float) -> None:
        soft = np.sign(value) * np.maximum(np.abs(value) - rate * numbers["l1"], 0)
        value[...] = soft / (1 + rate * numbers["l2"])

"""Lion. Source: Chen et al.: Symbolic discovery of optimization algorithms (2023), algorithm 2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE
from playground.engine.vocabulary import LANES, load, store, where


@kernel
def lion(F, R, w, k):
    """words: value gradient mean n | knobs: rate factor beta1 beta2 decay decay-factor penalty"""
    p, g, m, n = w[0], w[1], w[2], w[3]
    rate, b1, b2 = k[w[4]] * k[w[5]], k[w[6]], k[w[7]]
    l2, clip, most = k[w[10]] * k[w[9]], F[CLIP_SCALE], F[CLIP_MOST]
    one = np.float32(1)
    o1, o2, share, back = one - b1, one - b2, rate * (k[w[8]] * k[w[9]]), -rate
    for j in range(0, n, LANES):
        x, a = load(F, p + j, LANES), load(F, m + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip
        if l2 != 0.0:
            d = d + x * l2
        c = a * b1 + d * o1
        step = where(c > 0.0, rate, where(c < 0.0, back, 0.0))
        store(F, p + j, LANES, x - (x * share + step))
        store(F, m + j, LANES, a * b2 + d * o2)


class Lion(Update):
    """The sign of a mix of mean and gradient, times the rate; weights shrink by rate times decay beside it."""

    id = "lion"
    slots = ("mean",)
    knobs = ("beta1", "beta2", "decay")
    momentum = "beta1"
    decay = "decay"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        b1, b2, mean = numbers["beta1"], numbers["beta2"], slots["mean"]
        value *= 1 - numbers["rate"] * numbers["decay"]
        value -= numbers["rate"] * np.sign(b1 * mean + (1 - b1) * gradient)
        mean[...] = b2 * mean + (1 - b2) * gradient

"""AdaMax. Source: Kingma and Ba: Adam (2015), algorithm 2; epsilon as in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store, vabs, vmax


@kernel
def adamax(F, R, w, k):
    """words: value gradient mean largest n | knobs: rate factor beta1 beta2 epsilon l2 decay-factor penalty | begun"""
    p, g, m, v, n = w[0], w[1], w[2], w[3], w[4]
    rate, b1, b2, eps, l2 = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], k[w[9]], (k[w[10]] + k[w[12]]) * k[w[11]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    o1 = np.float32(1) - b1
    c1 = np.float32(rate / (1.0 - np.float64(b1) ** np.float64(R[STEP] - R[w[13]] + 1)))
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        a = load(F, m + j, LANES) * b1 + d * o1
        u = vmax(load(F, v + j, LANES) * b2, vabs(d) + eps)
        store(F, m + j, LANES, a)
        store(F, v + j, LANES, u)
        store(F, p + j, LANES, x - a * c1 / u)


class AdaMax(Update):
    """Rate times the bias-corrected mean over the largest gradient so far, which fades."""

    id = "adamax"
    slots = ("mean", "largest")
    knobs = ("beta1", "beta2", "epsilon", "l2")
    momentum = "beta1"
    ages = True
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        b1 = numbers["beta1"]
        d = gradient + numbers["l2"] * value
        mean, largest = slots["mean"], slots["largest"]
        mean[...] = b1 * mean + (1 - b1) * d
        largest[...] = np.maximum(numbers["beta2"] * largest, np.abs(d) + numbers["epsilon"])
        value -= numbers["rate"] / (1 - b1 ** (step + 1)) * mean / largest

"""RAdam. Source: Liu et al.: On the variance of the adaptive learning rate and beyond (2020), algorithm 2; the form of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store, vsqrt


@kernel
def radam(F, R, w, k):
    """words: value gradient mean square n | knobs: rate factor beta1 beta2 epsilon l2 decay-factor penalty | begun"""
    p, g, m, v, n = w[0], w[1], w[2], w[3], w[4]
    rate, b1, b2, eps, l2 = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], k[w[9]], (k[w[10]] + k[w[12]]) * k[w[11]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    # 1 - beta2 decides the length of the mean; single precision holds 0.999 only to 1e-5 of that, seven decimals hold it whole
    t, e2 = np.float64(R[STEP] - R[w[13]] + 1), np.rint(np.float64(b2) * 1e7) * 1e-7
    faded = e2**t
    longest = 2.0 / (1.0 - e2) - 1.0
    length = longest - 2.0 * t * faded / (1.0 - faded)
    c1 = rate / (1.0 - np.float64(b1) ** t)
    rectified = length > 5.0
    if rectified:
        bound = (longest - 4.0) * (longest - 2.0) * length
        c1 = c1 * np.sqrt((length - 4.0) * (length - 2.0) * longest / bound) * np.sqrt(1.0 - faded)
    c = np.float32(c1)
    o1, o2 = np.float32(1) - b1, np.float32(1.0 - e2)
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        a = load(F, m + j, LANES) * b1 + d * o1
        q = load(F, v + j, LANES) * b2 + d * d * o2
        store(F, m + j, LANES, a)
        store(F, v + j, LANES, q)
        if rectified:
            store(F, p + j, LANES, x - a * c / (vsqrt(q) + eps))
        else:
            store(F, p + j, LANES, x - a * c)


class RAdam(Update):
    """Plain momentum while the mean square is too uncertain, then Adam with a rectified rate."""

    id = "radam"
    slots = ("mean", "square")
    knobs = ("beta1", "beta2", "epsilon", "l2")
    momentum = "beta1"
    ages = True
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        b1, b2, t = numbers["beta1"], numbers["beta2"], step + 1
        d = gradient + numbers["l2"] * value
        mean, square = slots["mean"], slots["square"]
        mean[...] = b1 * mean + (1 - b1) * d
        square[...] = b2 * square + (1 - b2) * d * d
        longest = 2 / (1 - b2) - 1
        length = longest - 2 * t * b2**t / (1 - b2**t)
        change = mean / (1 - b1**t)
        if length > 5:
            share = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            change = change * np.sqrt(share) * np.sqrt(1 - b2**t) / (np.sqrt(square) + numbers["epsilon"])
        value -= numbers["rate"] * change

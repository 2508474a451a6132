"""AMSGrad. Source: Reddi, Kale and Kumar: On the convergence of Adam and beyond (2018), algorithm 2; the form of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store, vmax, vsqrt


@kernel
def amsgrad(F, R, w, k):
    """words: value gradient mean square largest n | knobs: rate factor beta1 beta2 epsilon l2 decay-factor penalty | begun"""
    p, g, m, v, h, n = w[0], w[1], w[2], w[3], w[4], w[5]
    rate, b1, b2, eps, l2 = k[w[6]] * k[w[7]], k[w[8]], k[w[9]], k[w[10]], (k[w[11]] + k[w[13]]) * k[w[12]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    one = np.float32(1)
    t = np.float64(R[STEP] - R[w[14]] + 1)
    c1 = np.float32(rate / (1.0 - np.float64(b1) ** t))
    c2 = np.float32(1.0 / np.sqrt(1.0 - np.float64(b2) ** t))
    o1, o2 = one - b1, one - b2
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        a = load(F, m + j, LANES) * b1 + d * o1
        q = load(F, v + j, LANES) * b2 + d * d * o2
        u = vmax(load(F, h + j, LANES), q)
        store(F, m + j, LANES, a)
        store(F, v + j, LANES, q)
        store(F, h + j, LANES, u)
        store(F, p + j, LANES, x - a * c1 / (vsqrt(u) * c2 + eps))


class AmsGrad(Update):
    """Adam with the largest mean square so far in the divisor."""

    id = "amsgrad"
    slots = ("mean", "square", "largest")
    knobs = ("beta1", "beta2", "epsilon", "l2")
    momentum = "beta1"
    ages = True
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        b1, b2, t = numbers["beta1"], numbers["beta2"], step + 1
        d = gradient + numbers["l2"] * value
        mean, square, largest = slots["mean"], slots["square"], slots["largest"]
        mean[...] = b1 * mean + (1 - b1) * d
        square[...] = b2 * square + (1 - b2) * d * d
        largest[...] = np.maximum(largest, square)
        value -= numbers["rate"] * (mean / (1 - b1**t)) / (np.sqrt(largest / (1 - b2**t)) + numbers["epsilon"])

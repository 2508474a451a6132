"""Adam. Source: Kingma and Ba: Adam (2015), algorithm 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store, vsqrt


@kernel
def adam(F, R, w, k):
    """words: value gradient mean square n | knobs: rate factor beta1 beta2 epsilon l2 decay-factor penalty | begun"""
    p, g, m, v, n = w[0], w[1], w[2], w[3], w[4]
    rate, b1, b2, eps, decay = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], k[w[9]], (k[w[10]] + k[w[12]]) * k[w[11]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    one = np.float32(1)
    # the powers in double precision: in single, 1 - beta2^t loses three digits in the first steps
    t = np.float64(R[STEP] - R[w[13]] + 1)
    c1 = np.float32(rate / (1.0 - np.float64(b1) ** t))
    c2 = np.float32(1.0 / np.sqrt(1.0 - np.float64(b2) ** t))
    o1, o2 = one - b1, one - b2
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * decay
        a = load(F, m + j, LANES) * b1 + d * o1
        q = load(F, v + j, LANES) * b2 + d * d * o2
        store(F, m + j, LANES, a)
        store(F, v + j, LANES, q)
        store(F, p + j, LANES, x - a * c1 / (vsqrt(q) * c2 + eps))


class Adam(Update):
    """Rate times the bias-corrected mean over the root of the bias-corrected square; l2 is added to the gradient."""

    id = "adam"
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
        m, v = slots["mean"], slots["square"]
        m[...] = b1 * m + (1 - b1) * d
        v[...] = b2 * v + (1 - b2) * d * d
        value -= numbers["rate"] * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + numbers["epsilon"])

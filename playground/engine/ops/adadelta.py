"""AdaDelta. Source: Zeiler: ADADELTA (2012), algorithm 1; the form of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE
from playground.engine.vocabulary import LANES, load, store, vsqrt


@kernel
def adadelta(F, R, w, k):
    """words: value gradient square change n | knobs: rate factor rho epsilon l2 decay-factor penalty"""
    p, g, q, c, n = w[0], w[1], w[2], w[3], w[4]
    rate, rho, eps, l2 = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], (k[w[9]] + k[w[11]]) * k[w[10]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    rest = np.float32(1) - rho
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        s, a = load(F, q + j, LANES) * rho + d * d * rest, load(F, c + j, LANES)
        u = vsqrt(a + eps) / vsqrt(s + eps) * d
        store(F, q + j, LANES, s)
        store(F, c + j, LANES, a * rho + u * u * rest)
        store(F, p + j, LANES, x - u * rate)


class AdaDelta(Update):
    """p -= rate·u with u = √(change + epsilon) / √(square + epsilon) · d; running means of d² and of u²."""

    id = "adadelta"
    slots = ("square", "change")
    knobs = ("rho", "epsilon", "l2")
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        d, rho, epsilon = gradient + numbers["l2"] * value, numbers["rho"], numbers["epsilon"]
        square, change = slots["square"], slots["change"]
        square[...] = rho * square + (1 - rho) * d * d
        u = np.sqrt(change + epsilon) / np.sqrt(square + epsilon) * d
        change[...] = rho * change + (1 - rho) * u * u
        value -= numbers["rate"] * u

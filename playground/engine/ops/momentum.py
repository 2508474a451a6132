"""SGD with momentum, in PyTorch's form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store


@kernel
def momentum(F, R, w, k):
    """words: value gradient velocity n | knobs: rate factor momentum dampening l2 decay-factor penalty | begun"""
    p, g, v, n = w[0], w[1], w[2], w[3]
    rate, m, l2 = k[w[4]] * k[w[5]], k[w[6]], (k[w[8]] + k[w[10]]) * k[w[9]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    share = np.float32(1) if R[STEP] == R[w[11]] else np.float32(1) - k[w[7]]
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        a = load(F, v + j, LANES) * m + d * share
        store(F, v + j, LANES, a)
        store(F, p + j, LANES, x - a * rate)


class Momentum(Update):
    """v = m·v + (1 - dampening)·d, p -= rate·v, with d = gradient + l2·p. The first step damps nothing, as in PyTorch."""

    id = "momentum"
    slots = ("velocity",)
    knobs = ("momentum", "dampening", "l2")
    momentum = "momentum"
    ages = True
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        d = gradient + numbers["l2"] * value
        v = slots["velocity"]
        v[...] = numbers["momentum"] * v + d * (1.0 - numbers["dampening"] if step else 1.0)
        value -= numbers["rate"] * v

"""SGD with Nesterov momentum, in PyTorch's form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE
from playground.engine.vocabulary import LANES, load, store


@kernel
def nesterov(F, R, w, k):
    """words: value gradient velocity n | knobs: rate factor momentum l2 decay-factor penalty"""
    p, g, v, n = w[0], w[1], w[2], w[3]
    rate, m, l2 = k[w[4]] * k[w[5]], k[w[6]], (k[w[7]] + k[w[9]]) * k[w[8]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        a = load(F, v + j, LANES) * m + d
        store(F, v + j, LANES, a)
        store(F, p + j, LANES, x - (d + a * m) * rate)


class Nesterov(Update):
    """v = m·v + d, p -= rate·(d + m·v), with d = gradient + l2·p."""

    id = "nesterov"
    slots = ("velocity",)
    knobs = ("momentum", "l2")
    momentum = "momentum"
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        d = gradient + numbers["l2"] * value
        v = slots["velocity"]
        v[...] = numbers["momentum"] * v + d
        value -= numbers["rate"] * (d + numbers["momentum"] * v)

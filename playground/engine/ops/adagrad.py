"""AdaGrad. Source: Duchi, Hazan and Singer: Adaptive subgradient methods (2011), section 1.1; the form of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store, vsqrt


@kernel
def adagrad(F, R, w, k):
    """words: value gradient sum n | knobs: rate factor slowing epsilon start l2 decay-factor penalty | begun"""
    p, g, q, n = w[0], w[1], w[2], w[3]
    slowing, eps, start, l2 = k[w[6]], k[w[7]], k[w[8]], (k[w[9]] + k[w[11]]) * k[w[10]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    rate = np.float32(np.float64(k[w[4]] * k[w[5]]) / (1.0 + np.float64(R[STEP] - R[w[12]]) * np.float64(slowing)))
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        s = load(F, q + j, LANES) + d * d
        store(F, q + j, LANES, s)
        store(F, p + j, LANES, x - d * rate / (vsqrt(s + start) + eps))


class AdaGrad(Update):
    """p -= rate / (1 + step·slowing) · d / (√(initial_accumulator + sum) + epsilon), sum of all d², with d = gradient + l2·p."""

    id = "adagrad"
    slots = ("sum",)
    knobs = ("slowing", "epsilon", "initial_accumulator", "l2")
    ages = True
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        d = gradient + numbers["l2"] * value
        slots["sum"] += d * d
        root = np.sqrt(numbers["initial_accumulator"] + slots["sum"]) + numbers["epsilon"]
        value -= numbers["rate"] / (1 + step * numbers["slowing"]) * d / root

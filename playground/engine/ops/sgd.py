"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE
from playground.engine.vocabulary import LANES, load, store


@kernel
def sgd(F, R, w, k):
    """words: value gradient n | knobs: rate factor l2 decay-factor penalty"""
    p, g, n = w[0], w[1], w[2]
    rate, l2 = k[w[3]] * k[w[4]], (k[w[5]] + k[w[7]]) * k[w[6]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        store(F, p + j, LANES, x - (limited(load(F, g + j, LANES), most) * clip + x * l2) * rate)


class Sgd(Update):
    """p -= rate·(gradient + l2·p)."""

    id = "sgd"
    knobs = ("l2",)
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        value -= numbers["rate"] * (gradient + numbers["l2"] * value)

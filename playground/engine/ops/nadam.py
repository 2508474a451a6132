"""NAdam. Source: Dozat: Incorporating Nesterov momentum into Adam (2016), algorithm 2; the momentum's schedule as in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from playground.engine.clipping import limited
from playground.engine.emit import Instruction
from playground.engine.kernel import inline, kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, load, store, vsqrt


@inline
def momentum_at(beta1, slope, t):
    """The momentum of step t, from 1 on."""
    return beta1 * (1.0 - 0.5 * 0.96 ** (t * slope))


@kernel
def nadam_begin(F, R, w, k):
    """1 minus the product of all momenta so far, kept so because it starts at 0.  words: its place | knobs: beta1 slope | begun"""
    mu = momentum_at(np.float64(k[w[1]]), np.float64(k[w[2]]), np.float64(R[STEP] - R[w[3]] + 1))
    F[w[0]] = np.float64(F[w[0]]) * mu + (1.0 - mu)


@kernel
def nadam(F, R, w, k):
    """words: value gradient mean square n | knobs: rate factor beta1 beta2 epsilon slope l2 decay-factor penalty | product | begun"""
    p, g, m, v, n = w[0], w[1], w[2], w[3], w[4]
    rate, b1, b2, eps, l2 = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], k[w[9]], (k[w[11]] + k[w[13]]) * k[w[12]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    t, slope, without = np.float64(R[STEP] - R[w[15]] + 1), np.float64(k[w[10]]), np.float64(F[w[14]])
    now, after = momentum_at(np.float64(b1), slope, t), momentum_at(np.float64(b1), slope, t + 1.0)
    cg = np.float32(rate * (1.0 - now) / without)
    cm = np.float32(rate * after / (1.0 - (1.0 - without) * after))
    c2 = np.float32(1.0 / np.sqrt(1.0 - np.float64(b2) ** t))
    o1, o2 = np.float32(1) - b1, np.float32(1) - b2
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        a = load(F, m + j, LANES) * b1 + d * o1
        q = load(F, v + j, LANES) * b2 + d * d * o2
        store(F, m + j, LANES, a)
        store(F, v + j, LANES, q)
        store(F, p + j, LANES, x - (d * cg + a * cm) / (vsqrt(q) * c2 + eps))


class NAdam(Update):
    """Adam whose mean looks one step ahead, with a momentum that grows towards beta1."""

    id = "nadam"
    slots = ("mean", "square")
    scalars = ("product",)
    knobs = ("beta1", "beta2", "epsilon", "slope", "l2")
    momentum = "beta1"
    ages = True
    decay = "l2"

    def begin(self, scalars: Sequence[int], knobs: Mapping[str, int], begun: int) -> Instruction:
        return ("nadam_begin", scalars[0], knobs["beta1"], knobs["slope"], begun)

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        b1, b2, slope, t = numbers["beta1"], numbers["beta2"], numbers["slope"], step + 1
        momenta = momentum_at(b1, slope, np.arange(1.0, t + 2))
        product, after = np.prod(momenta[:t]), momenta[t]
        d = gradient + numbers["l2"] * value
        mean, square = slots["mean"], slots["square"]
        mean[...] = b1 * mean + (1 - b1) * d
        square[...] = b2 * square + (1 - b2) * d * d
        root = np.sqrt(square / (1 - b2**t)) + numbers["epsilon"]
        value -= numbers["rate"] * (1 - momenta[step]) / (1 - product) * d / root
        value -= numbers["rate"] * after / (1 - product * after) * mean / root

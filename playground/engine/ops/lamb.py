"""LAMB. Source: You et al.: Large batch optimization for deep learning (2020), algorithm 2, with φ the identity.

The direction of a tensor needs the norms of the whole tensor. A first pass moves the means forward and leaves both sums of
squares of every piece; the second makes the same direction again from the means, adds the sums up in their order and steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from playground.engine.clipping import limited
from playground.engine.emit import Instruction
from playground.engine.kernel import inline, kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, STEP
from playground.engine.vocabulary import LANES, hsum, load, splat, store, vsqrt


@inline
def correction(beta, t):
    """What undoes the start at zero of a running mean after t steps."""
    return np.float32(1.0 / (1.0 - np.float64(beta) ** t))


@kernel
def lamb_measure(F, R, w, k):
    """words: value gradient mean square n | knobs: beta1 beta2 epsilon decay decay-factor penalty | sums begun"""
    p, g, m, v, n = w[0], w[1], w[2], w[3], w[4]
    b1, b2, eps, decay = k[w[5]], k[w[6]], k[w[7]], k[w[8]] * k[w[9]]
    l2, clip, most = k[w[10]] * k[w[9]], F[CLIP_SCALE], F[CLIP_MOST]
    t = np.float64(R[STEP] - R[w[12]] + 1)
    c1, c2 = correction(b1, t), correction(b2, t)
    o1, o2 = np.float32(1) - b1, np.float32(1) - b2
    weights, steps = splat(0.0), splat(0.0)
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip
        if l2 != 0.0:
            d = d + x * l2
        a = load(F, m + j, LANES) * b1 + d * o1
        q = load(F, v + j, LANES) * b2 + d * d * o2
        store(F, m + j, LANES, a)
        store(F, v + j, LANES, q)
        u = a * c1 / (vsqrt(q * c2) + eps) + x * decay
        weights = weights + x * x
        steps = steps + u * u
    F[w[11]] = hsum(weights)
    F[w[11] + 1] = hsum(steps)


@kernel
def lamb(F, R, w, k):
    """words: value gradient mean square n | knobs: rate factor beta1 beta2 epsilon decay decay-factor penalty | sums pieces | begun"""
    p, m, v, n = w[0], w[2], w[3], w[4]
    rate, b1, b2, eps, decay = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], k[w[9]], k[w[10]] * k[w[11]]
    t = np.float64(R[STEP] - R[w[15]] + 1)
    c1, c2 = correction(b1, t), correction(b2, t)
    weights, steps = 0.0, 0.0
    for i in range(w[14]):
        weights += np.float64(F[w[13] + 16 * i])
        steps += np.float64(F[w[13] + 16 * i + 1])
    if weights > 0.0 and steps > 0.0:
        rate = np.float32(rate * np.sqrt(weights / steps))
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        u = load(F, m + j, LANES) * c1 / (vsqrt(load(F, v + j, LANES) * c2) + eps) + x * decay
        store(F, p + j, LANES, x - u * rate)


class Lamb(Update):
    """Adam's direction with decay, as long as the tensor itself, times the rate."""

    id = "lamb"
    slots = ("mean", "square")
    knobs = ("beta1", "beta2", "epsilon", "decay")
    momentum = "beta1"
    ages = True
    decay = "decay"
    sums = 2

    def measure(
        self,
        value: int,
        gradient: int,
        slots: Sequence[int],
        n: int,
        knobs: Mapping[str, int],
        decay_factor: int,
        penalty: int,
        sums: int,
        begun: int,
    ) -> Instruction:
        numbers = [knobs[name] for name in self.knobs]
        return ("lamb_measure", value, gradient, *slots, n, *numbers, decay_factor, penalty, sums, begun)

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        b1, b2, t = numbers["beta1"], numbers["beta2"], step + 1
        mean, square = slots["mean"], slots["square"]
        mean[...] = b1 * mean + (1 - b1) * gradient
        square[...] = b2 * square + (1 - b2) * gradient * gradient
        u = (mean / (1 - b1**t)) / (np.sqrt(square / (1 - b2**t)) + numbers["epsilon"]) + numbers["decay"] * value
        weights, steps = np.sqrt((value * value).sum()), np.sqrt((u * u).sum())
        value -= numbers["rate"] * (weights / steps if weights > 0 and steps > 0 else 1.0) * u

"""RMSProp, plain and centred. Source: Tieleman and Hinton: Lecture 6.5 (2012); Graves (2013), equations 38 to 45, for the centred form.

The velocity is that of PyTorch: the rate multiplies it, not what enters it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine.clipping import limited
from playground.engine.kernel import kernel
from playground.engine.ops.base import Update
from playground.engine.registers import CLIP_MOST, CLIP_SCALE
from playground.engine.vocabulary import LANES, load, store, vmax, vsqrt


@kernel
def rmsprop(F, R, w, k):
    """words: value gradient square velocity n | knobs: rate factor alpha epsilon momentum l2 decay-factor penalty"""
    p, g, q, v, n = w[0], w[1], w[2], w[3], w[4]
    rate, alpha, eps, m = k[w[5]] * k[w[6]], k[w[7]], k[w[8]], k[w[9]]
    l2, rest = (k[w[10]] + k[w[12]]) * k[w[11]], np.float32(1) - k[w[7]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        s = load(F, q + j, LANES) * alpha + d * d * rest
        a = load(F, v + j, LANES) * m + d / (vsqrt(s) + eps)
        store(F, q + j, LANES, s)
        store(F, v + j, LANES, a)
        store(F, p + j, LANES, x - a * rate)


@kernel
def rmsprop_centred(F, R, w, k):
    """words: value gradient square velocity mean n | knobs: rate factor alpha epsilon momentum l2 decay-factor penalty

    The spread cannot be negative; rounding could make it so, and its root no number."""
    p, g, q, v, e, n = w[0], w[1], w[2], w[3], w[4], w[5]
    rate, alpha, eps, m = k[w[6]] * k[w[7]], k[w[8]], k[w[9]], k[w[10]]
    l2, rest = (k[w[11]] + k[w[13]]) * k[w[12]], np.float32(1) - k[w[8]]
    clip, most = F[CLIP_SCALE], F[CLIP_MOST]
    for j in range(0, n, LANES):
        x = load(F, p + j, LANES)
        d = limited(load(F, g + j, LANES), most) * clip + x * l2
        s = load(F, q + j, LANES) * alpha + d * d * rest
        c = load(F, e + j, LANES) * alpha + d * rest
        a = load(F, v + j, LANES) * m + d / (vsqrt(vmax(s - c * c, 0.0)) + eps)
        store(F, q + j, LANES, s)
        store(F, e + j, LANES, c)
        store(F, v + j, LANES, a)
        store(F, p + j, LANES, x - a * rate)


class RmsProp(Update):
    """v = momentum·v + d / (√square + epsilon), p -= rate·v, with a running mean of d²."""

    id = "rmsprop"
    slots: tuple[str, ...] = ("square", "velocity")
    knobs = ("alpha", "epsilon", "momentum", "l2")
    momentum = "momentum"
    decay = "l2"

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        d, alpha = gradient + numbers["l2"] * value, numbers["alpha"]
        square, velocity = slots["square"], slots["velocity"]
        square[...] = alpha * square + (1 - alpha) * d * d
        spread = square
        if "mean" in slots:
            slots["mean"][...] = alpha * slots["mean"] + (1 - alpha) * d
            spread = np.maximum(square - slots["mean"] ** 2, 0)
        velocity[...] = numbers["momentum"] * velocity + d / (np.sqrt(spread) + numbers["epsilon"])
        value -= numbers["rate"] * velocity


class RmsPropCentred(RmsProp):
    """The same with the spread of the gradient about its running mean in place of the mean square."""

    id = "rmsprop_centred"
    slots = ("square", "velocity", "mean")

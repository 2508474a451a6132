"""Softmax over the last axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.softmaxes import RowSoftmax, largest
from playground.engine.vocabulary import exp, first_lanes, hsum, load, splat, store, where


@kernel
def softmax_forward(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | classes"""
    c = w[9]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for at in range(0, w[2], c):
                top, total = largest(F, x + at, c), splat(0.0)
                for j in range(0, c, 16):
                    v = exp(load(F, x + at + j, c - j) - top)
                    total = total + where(first_lanes(c - j), v, 0.0)
                    store(F, y + at + j, c - j, v)
                share = np.float32(1) / hsum(total)
                for j in range(0, c, 16):
                    store(F, y + at + j, c - j, load(F, y + at + j, c - j) * share)


@kernel
def softmax_backward(F, R, w, k):
    """dx (+)= y * (dy - sum of y * dy).  words: samples lines length | y line sample | dy line sample | dx line sample | classes add"""
    c = w[12]
    for s in range(w[0]):
        for row in range(w[1]):
            y, d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for at in range(0, w[2], c):
                total = splat(0.0)
                for j in range(0, c, 16):
                    total = total + load(F, y + at + j, c - j) * load(F, d + at + j, c - j)
                mean = hsum(total)
                for j in range(0, c, 16):
                    n, p = c - j, at + j
                    v = load(F, y + p, n) * (load(F, d + p, n) - mean)
                    if w[13]:
                        v = v + load(F, x + p, n)
                    store(F, x + p, n, v)


class Softmax(RowSoftmax):
    """y = e^x / Σ e^x along the last axis of x, which may have any further axes; the largest is taken off first, so nothing overflows."""

    id = "softmax"
    onnx = "Softmax"
    logarithm = False

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        shifted = np.exp(inputs[0] - inputs[0].max(axis=-1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))

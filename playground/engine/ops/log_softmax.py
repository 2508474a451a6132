"""Logarithm of the softmax over the last axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.kernel import kernel
from playground.engine.softmaxes import RowSoftmax, largest
from playground.engine.vocabulary import exp, first_lanes, hsum, load, log, splat, store, where


@kernel
def log_softmax_forward(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | classes"""
    c = w[9]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for at in range(0, w[2], c):
                top, total = largest(F, x + at, c), splat(0.0)
                for j in range(0, c, 16):
                    total = total + where(first_lanes(c - j), exp(load(F, x + at + j, c - j) - top), 0.0)
                share = log(splat(hsum(total)))
                for j in range(0, c, 16):
                    store(F, y + at + j, c - j, load(F, x + at + j, c - j) - top - share)


@kernel
def log_softmax_backward(F, R, w, k):
    """dx (+)= dy - e^y · sum of dy.  words: samples lines length | y line sample | dy line sample | dx line sample | classes add"""
    c = w[12]
    for s in range(w[0]):
        for row in range(w[1]):
            y, d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for at in range(0, w[2], c):
                total = splat(0.0)
                for j in range(0, c, 16):
                    total = total + load(F, d + at + j, c - j)
                mass = hsum(total)
                for j in range(0, c, 16):
                    n, p = c - j, at + j
                    v = load(F, d + p, n) - exp(load(F, y + p, n)) * mass
                    if w[13]:
                        v = v + load(F, x + p, n)
                    store(F, x + p, n, v)


class LogSoftmax(RowSoftmax):
    """The largest number is taken off first. Source: Goodfellow, Bengio and Courville, "Deep learning", 2016, section 6.2.2.3."""

    id = "log_softmax"
    onnx = "LogSoftmax"
    logarithm = True

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        shifted = inputs[0] - inputs[0].max(axis=-1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))

"""Softmax and log-softmax over few classes: sixteen rows side by side in lanes, so that no lane lies idle or waits for a sum."""

from __future__ import annotations

from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import exp, load, log, splat, store, transpose_block, vmax

#: Up to so many classes that is faster than row by row.
NARROW = 64
#: Numbers of scratch.
SCRATCH = 16 * NARROW


@inline
def narrow_softmax(F, at, c, log_form):
    """In place: F[at + 16·class + row]."""
    top = load(F, at, 16)
    for i in range(1, c):
        top = vmax(top, load(F, at + 16 * i, 16))
    total = splat(0.0)
    for i in range(c):
        v = load(F, at + 16 * i, 16) - top
        p = exp(v)
        total = total + p
        store(F, at + 16 * i, 16, v if log_form else p)
    share = log(total) if log_form else 1.0 / total
    for i in range(c):
        v = load(F, at + 16 * i, 16)
        store(F, at + 16 * i, 16, v - share if log_form else v * share)


@kernel
def softmax_narrow(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | classes, scratch, logarithm"""
    c, at = w[9], w[10]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16 * c):
                n = min(16, (w[2] - j) // c)
                for i in range(0, c, 16):
                    transpose_block(F, x + j + i, c, at + 16 * i, 16, n, min(16, c - i))
                narrow_softmax(F, at, c, w[11])
                for i in range(0, c, 16):
                    transpose_block(F, at + 16 * i, 16, y + j + i, c, min(16, c - i), n)

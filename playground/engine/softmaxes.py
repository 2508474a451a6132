"""Softmax and log-softmax over few classes: sixteen rows side by side in lanes, so that no lane lies idle and nothing is reduced."""

from __future__ import annotations

from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import exp, load, log, splat, store, transpose_block, vmax

#: Up to so many classes a row is too short to fill lanes by itself.
NARROW = 16
#: Numbers of scratch for the two kernels.
SCRATCH = 3 * 16 * NARROW


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


@inline
def narrow_gradient(F, y, d, c, log_form):
    """d = d - e^y · sum of d, or y · (d - sum of y · d); both as F[at + 16·class + row]."""
    total = splat(0.0)
    for i in range(0, 16 * c, 16):
        g = load(F, d + i, 16)
        total = total + (g if log_form else g * load(F, y + i, 16))
    for i in range(0, 16 * c, 16):
        g, p = load(F, d + i, 16), load(F, y + i, 16)
        store(F, d + i, 16, g - exp(p) * total if log_form else p * (g - total))


@kernel
def softmax_narrow(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | classes, scratch, logarithm"""
    c, at = w[9], w[10]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16 * c):
                n = min(16, (w[2] - j) // c)
                transpose_block(F, x + j, c, at, 16, n, c)
                narrow_softmax(F, at, c, w[11])
                transpose_block(F, at, 16, y + j, c, c, n)


@kernel
def softmax_narrow_backward(F, R, w, k):
    """dx (+)=.  words: samples lines length | y line sample | dy line sample | dx line sample | classes, scratch, logarithm | add"""
    c, ys = w[12], w[13]
    ds, turned = ys + 16 * c, ys + 32 * c
    for s in range(w[0]):
        for row in range(w[1]):
            y, d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for j in range(0, w[2], 16 * c):
                n = min(16, (w[2] - j) // c)
                transpose_block(F, y + j, c, ys, 16, n, c)
                transpose_block(F, d + j, c, ds, 16, n, c)
                narrow_gradient(F, ys, ds, c, w[14])
                if w[15]:
                    transpose_block(F, ds, 16, turned, c, c, n)
                    for i in range(0, n * c, 16):
                        store(F, x + j + i, n * c - i, load(F, x + j + i, n * c - i) + load(F, turned + i, 16))
                else:
                    transpose_block(F, ds, 16, x + j, c, c, n)

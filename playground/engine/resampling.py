"""Kernels of interpolation beyond the plain bilinear: between corners instead of rims, and bicubic.

An output pixel i of an axis lies at v = i·(n - 1) / (n·scale - 1) between the n centres of the input where the corners are aligned, else at
(i + ½) / scale - ½. Bicubic: the four pixels around it count W(v - t), Keys' kernel with a = -0.75 as in PyTorch, and pixels beyond the
rim are those at the rim. Source: Keys, "Cubic convolution interpolation for digital image processing", 1981, equation 4.
"""

from __future__ import annotations

import numpy as np

from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import load, splat, store, where


@inline
def position(i, scale, size, aligned):
    """Where output pixel i lies between the centres of the input's."""
    return i * (size - 1.0) / max(size * scale - 1.0, 1.0) if aligned else (i + 0.5) / scale - 0.5


@inline
def first_tap(v, cubic):
    """The first of the pixels that count at v > -1: two, or four."""
    return int(v + 1.0) - 1 - cubic


@inline
def tap_share(v, at, cubic):
    """What the pixel `at`, which need not exist, counts at v."""
    t = abs(v - at)
    if cubic == 0:
        return np.float32(max(1.0 - t, 0.0))
    if t <= 1.0:
        return np.float32((1.25 * t - 2.25) * t * t + 1.0)
    return np.float32(((3.75 - 0.75 * t) * t - 6.0) * t + 3.0 if t < 2.0 else 0.0)


@inline
def inside(at, size):
    """The pixel that stands for `at`."""
    return min(max(at, 0), size - 1)


@kernel
def resample(F, R, w, k):
    """Down first, into a line of scratch, then across.

    words: samples height width channels | scale down, across | x y: at row sample | line | cubic aligned
    """
    height, width, channels, line, cubic, taps = w[1], w[2], w[3], w[12], w[13], 2 + 2 * w[13]
    for s in range(w[0]):
        for i in range(height * w[4]):
            v = position(i, w[4], height, w[14])
            top, y = first_tap(v, cubic), w[9] + s * w[11] + i * w[10]
            for a in range(top, top + taps):
                x, share = w[6] + s * w[8] + inside(a, height) * w[7], tap_share(v, a, cubic)
                for j in range(0, width * channels, 16):
                    n = width * channels - j
                    part = load(F, x + j, n) * share
                    store(F, line + j, n, load(F, line + j, n) + part if a > top else part)
            for j in range(width * w[5]):
                u = position(j, w[5], width, w[14])
                left = first_tap(u, cubic)
                for c in range(0, channels, 16):
                    n, total = channels - c, splat(0.0)
                    for b in range(left, left + taps):
                        total = total + load(F, line + inside(b, width) * channels + c, n) * tap_share(u, b, cubic)
                    store(F, y + c, n, total)
                y += channels


@inline
def read_by(at, scale, size, aligned):
    """Output pixels that may count input pixel `at`, along one axis: (first, last)."""
    each, shift = np.float64(scale), 0.5
    if aligned:
        each, shift = (size * scale - 1.0) / max(size - 1.0, 1.0), 0.0
    end = size * scale
    first = max(int((at - 2 + shift) * each - shift) - 1, 0)
    return (0, end) if size == 1 else (first, min(int((at + 2 + shift) * each - shift) + 2, end))


@inline
def counted(i, at, scale, size, cubic, aligned):
    """What input pixel `at` counts for in output pixel i, also in place of pixels beyond the rim."""
    v = position(i, scale, size, aligned)
    first, total = first_tap(v, cubic), np.float32(0)
    for t in range(first, first + 2 + 2 * cubic):
        if inside(t, size) == at:
            total += tap_share(v, t, cubic)
    return total


@kernel
def resample_backward(F, R, w, k):
    """The transpose, down first as well.

    words: samples height width channels | scale down, across | x dy dx: at row sample | masked by x, add | line | cubic aligned
    """
    height, width, channels, line, cubic, aligned = w[1], w[2], w[3], w[17], w[18], w[19]
    length = width * w[5] * channels
    for s in range(w[0]):
        for i in range(height):
            x, to = w[6] + s * w[8] + i * w[7], w[12] + s * w[14] + i * w[13]
            first, last = read_by(i, w[4], height, aligned)
            for row in range(first, last):
                d, share = w[9] + s * w[11] + row * w[10], counted(row, i, w[4], height, cubic, aligned)
                for j in range(0, length, 16):
                    part = load(F, d + j, length - j) * share
                    store(F, line + j, length - j, load(F, line + j, length - j) + part if row > first else part)
            for j in range(width):
                left, right = read_by(j, w[5], width, aligned)
                for c in range(0, channels, 16):
                    n = channels - c
                    total = load(F, to + c, n) if w[16] else splat(0.0)
                    for column in range(left, right):
                        share = counted(column, j, w[5], width, cubic, aligned)
                        total = total + load(F, line + column * channels + c, n) * share
                    if w[15]:
                        total = where(load(F, x + c, n) == 0.0, 0.0, total)
                    store(F, to + c, n, total)
                x += channels
                to += channels


def interpolation(size: int, scale: int, *, cubic: bool = False, aligned: bool = False) -> np.ndarray:
    """The weights of an axis: (size · scale, size)."""
    i = np.arange(size * scale)
    v = i * (size - 1) / max(size * scale - 1, 1) if aligned else (i + 0.5) / scale - 0.5
    if not cubic:
        return np.asarray(np.maximum(1 - np.abs(np.clip(v, 0, size - 1)[:, None] - np.arange(size)), 0))
    table = np.zeros((size * scale, size))
    for tap in (-1, 0, 1, 2):
        at = np.floor(v) + tap
        t = np.abs(v - at)
        near, far = (1.25 * t - 2.25) * t**2 + 1, -0.75 * t**3 + 3.75 * t**2 - 6 * t + 3
        table[i, np.clip(at, 0, size - 1).astype(int)] += np.where(t <= 1, near, far)
    return table

"""Kernels and extents of pooling: windows are cut off at the image's edge, so no halo is read and padding never counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.core.window import blind
from playground.engine.emit import Frame, Instruction, Ref, Word
from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import ahead, load, splat, store, vmax, where
from playground.errors import ShapeError


@dataclasses.dataclass(frozen=True)
class Windows:
    """size: of the input; padding: top, left, bottom, right."""

    size: tuple[int, int]
    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    dilation: tuple[int, int] = (1, 1)

    @classmethod
    def of(cls, x: TensorType, attributes: Mapping[str, Any]) -> Windows:
        """Raises ShapeError for what is no image, and for windows that would lie outside it."""
        if x.rank != 3:
            raise ShapeError(f"needs an image: height×width×channels; the input is {x}.", "image")
        kernel = tuple(attributes["kernel"])
        found = cls(
            (x.shape[0], x.shape[1]),
            x.shape[2],
            kernel,
            tuple(attributes.get("stride", kernel)),
            tuple(attributes.get("padding", (0, 0, 0, 0))),
            tuple(attributes.get("dilation", (1, 1))),
        )
        height, width = found.reach
        if min(found.output) < 1:
            raise ShapeError(f"needs at least {height}×{width} pixels, padding included; the input is {x}.")
        if any(p >= found.reach[axis % 2] for axis, p in enumerate(found.padding)):
            raise ShapeError(f"needs padding smaller than its window of {height}×{width}.")
        top, left, bottom, right = found.padding
        axes = zip(found.size, kernel, found.stride, ((top, bottom), (left, right)), found.dilation, strict=True)
        if any(blind(*axis) for axis in axes):
            raise ShapeError(f"needs a pixel in every window; the input is {x}.")
        return found

    @classmethod
    def of_steps(cls, x: TensorType, attributes: Mapping[str, Any]) -> Windows:
        """A sequence (time, channels) as an image of one row; the attributes are numbers, padding is (before, after)."""
        if x.rank != 2:
            raise ShapeError(f"needs a sequence: time×channels; the input is {x}.")
        kernel = int(attributes["kernel"])
        before, after = attributes.get("padding", (0, 0))
        as_image = {
            "kernel": (1, kernel),
            "stride": (1, int(attributes.get("stride", kernel))),
            "padding": (0, before, 0, after),
            "dilation": (1, int(attributes.get("dilation", 1))),
        }
        return cls.of(TensorType((1, *x.shape)), as_image)

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns from the first that a window sees to the last, both counted."""
        return self.dilation[0] * (self.kernel[0] - 1) + 1, self.dilation[1] * (self.kernel[1] - 1) + 1

    @property
    def dilated(self) -> bool:
        return self.dilation != (1, 1)

    @property
    def output(self) -> tuple[int, int]:
        height, width = (
            (self.size[a] + self.padding[a] + self.padding[a + 2] - self.reach[a]) // self.stride[a] + 1 for a in (0, 1)
        )
        return height, width

    def views(self, x: np.ndarray) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
        """(output pixel, what its window sees) of images (n, height, width, channels), for references."""
        for i in range(self.output[0]):
            for j in range(self.output[1]):
                top, left = i * self.stride[0] - self.padding[0], j * self.stride[1] - self.padding[1]
                yield (i, j), x[:, max(top, 0) : top + self.kernel[0], max(left, 0) : left + self.kernel[1]]

    def words(self) -> tuple[int, ...]:
        """height width channels | output height width | kernel | stride | padding: top left.  11 words"""
        return (*self.size, self.channels, *self.output, *self.kernel, *self.stride, *self.padding[:2])


def lies(f: Frame, *refs: Ref) -> list[Word]:
    """For each image: at, row step, sample step."""
    words: list[Word] = []
    for ref in refs:
        place = f.place(ref)
        words += [f.at(ref), place.pitch, place.step]
    return words


@inline
def clipped(start, extent, size):
    """A window on one axis, cut to 0 .. size: (first, last)."""
    return max(start, 0), min(start + extent, size)


@inline
def two_by_two(w):
    """Windows of 2×2 that no edge cuts off, the usual ones: for them the kernels have a path without loops."""
    inside = (w[4] - 1) * w[8] + 2 <= w[1] and (w[5] - 1) * w[9] + 2 <= w[2]
    return w[6] == 2 and w[7] == 2 and w[10] == 0 and w[11] == 0 and inside


@inline
def max_of_four(F, x, row, pixel, y, n):
    store(F, y, n, vmax(vmax(load(F, x, n), load(F, x + pixel, n)), vmax(load(F, x + row, n), load(F, x + row + pixel, n))))


@kernel
def max_pool(F, R, w, k):
    """The largest of each window; a NaN stays one.  words: images | 11 of `Windows` | x y: at row image"""
    channels = w[3]
    if two_by_two(w):
        for g in range(w[0]):
            for i in range(w[4]):
                x, y = w[12] + g * w[14] + i * w[8] * w[13], w[15] + g * w[17] + i * w[16]
                for _ in range(w[5]):
                    for c in range(0, channels, 16):
                        max_of_four(F, x + c, w[13], channels, y + c, channels - c)
                    x += w[9] * channels
                    y += channels
        return
    for g in range(w[0]):
        for i in range(w[4]):
            top, bottom = clipped(i * w[8] - w[10], w[6], w[1])
            for j in range(w[5]):
                left, right = clipped(j * w[9] - w[11], w[7], w[2])
                x = w[12] + g * w[14] + top * w[13] + left * channels
                y = w[15] + g * w[17] + i * w[16] + j * channels
                for c in range(0, channels, 16):
                    n = channels - c
                    best = load(F, x + c, n)
                    for a in range(bottom - top):
                        p = x + a * w[13] + c
                        for _ in range(right - left):
                            best = vmax(best, load(F, p, n))
                            p += channels
                    store(F, y + c, n, best)


@kernel
def max_pool_backward(F, R, w, k):
    """Adds each gradient to the first number of its window that equals the maximum.

    words: images | 11 of `Windows` | x y dy dx: at row image | masked: x is the output of a ReLU, so where it is 0 nothing passes
    """
    channels = w[3]
    for g in range(w[0]):
        for i in range(w[4]):
            top, bottom = clipped(i * w[8] - w[10], w[6], w[1])
            for j in range(w[5]):
                left, right = clipped(j * w[9] - w[11], w[7], w[2])
                x = w[12] + g * w[14] + top * w[13] + left * channels
                y = w[15] + g * w[17] + i * w[16] + j * channels
                d = w[18] + g * w[20] + i * w[19] + j * channels
                to = w[21] + g * w[23] + top * w[22] + left * channels
                for c in range(0, channels, 16):
                    n = channels - c
                    best, rest = load(F, y + c, n), load(F, d + c, n)
                    if w[24]:
                        rest = where(best == 0.0, 0.0, rest)
                    for a in range(bottom - top):
                        p, q = x + a * w[13] + c, to + a * w[22] + c
                        for _ in range(right - left):
                            hit = load(F, p, n) == best
                            store(F, q, n, load(F, q, n) + where(hit, rest, 0.0))
                            rest = where(hit, 0.0, rest)
                            p += channels
                            q += channels


@inline
def to_first_of_four(F, x, row, pixel, y, d, to, to_row, n, masked):
    """The gradient to the first of four numbers that is the largest, zero to the others."""
    best, rest = load(F, y, n), load(F, d, n)
    if masked:
        rest = where(best == 0.0, 0.0, rest)
    hit = load(F, x, n) == best
    store(F, to, n, where(hit, rest, 0.0))
    rest = where(hit, 0.0, rest)
    hit = load(F, x + pixel, n) == best
    store(F, to + pixel, n, where(hit, rest, 0.0))
    rest = where(hit, 0.0, rest)
    hit = load(F, x + row, n) == best
    store(F, to + to_row, n, where(hit, rest, 0.0))
    rest = where(hit, 0.0, rest)
    store(F, to + to_row + pixel, n, where(load(F, x + row + pixel, n) == best, rest, 0.0))


@kernel
def max_pool_backward_apart(F, R, w, k):
    """The same where windows neither overlap nor touch the padding: their pixels are written, not added to. Words as before."""
    channels = w[3]
    if two_by_two(w):
        for g in range(w[0]):
            for i in range(w[4]):
                x, y = w[12] + g * w[14] + i * w[8] * w[13], w[15] + g * w[17] + i * w[16]
                d, to = w[18] + g * w[20] + i * w[19], w[21] + g * w[23] + i * w[8] * w[22]
                for _ in range(w[5]):
                    for c in range(0, channels, 16):
                        # two rows of windows further on: a large batch has left the cache
                        ahead(F, x + c + 4 * w[13])
                        ahead(F, x + c + 5 * w[13])
                        ahead(F, to + c + 4 * w[22])
                        ahead(F, to + c + 5 * w[22])
                        to_first_of_four(F, x + c, w[13], channels, y + c, d + c, to + c, w[22], channels - c, w[24])
                    x += w[9] * channels
                    to += w[9] * channels
                    y += channels
                    d += channels
        return
    for g in range(w[0]):
        for i in range(w[4]):
            for j in range(w[5]):
                x = w[12] + g * w[14] + i * w[8] * w[13] + j * w[9] * channels
                y = w[15] + g * w[17] + i * w[16] + j * channels
                d = w[18] + g * w[20] + i * w[19] + j * channels
                to = w[21] + g * w[23] + i * w[8] * w[22] + j * w[9] * channels
                for c in range(0, channels, 16):
                    n = channels - c
                    best, rest = load(F, y + c, n), load(F, d + c, n)
                    if w[24]:
                        rest = where(best == 0.0, 0.0, rest)
                    for a in range(w[6]):
                        p, q = x + a * w[13] + c, to + a * w[22] + c
                        for _ in range(w[7]):
                            hit = load(F, p, n) == best
                            store(F, q, n, where(hit, rest, 0.0))
                            rest = where(hit, 0.0, rest)
                            p += channels
                            q += channels


@kernel
def average_pool(F, R, w, k):
    """The mean of what each window sees of the image.  words: images | 11 of `Windows` | x y: at row image"""
    channels = w[3]
    for g in range(w[0]):
        for i in range(w[4]):
            top, bottom = clipped(i * w[8] - w[10], w[6], w[1])
            for j in range(w[5]):
                left, right = clipped(j * w[9] - w[11], w[7], w[2])
                share = np.float32(1) / np.float32((bottom - top) * (right - left))
                x = w[12] + g * w[14] + top * w[13] + left * channels
                y = w[15] + g * w[17] + i * w[16] + j * channels
                for c in range(0, channels, 16):
                    n = channels - c
                    total = splat(0.0)
                    for a in range(bottom - top):
                        p = x + a * w[13] + c
                        for _ in range(right - left):
                            total = total + load(F, p, n)
                            p += channels
                    store(F, y + c, n, total * share)


@kernel
def average_pool_backward(F, R, w, k):
    """Adds each gradient's share to what its window saw.  words: images | 11 of `Windows` | dy dx: at row image"""
    channels = w[3]
    for g in range(w[0]):
        for i in range(w[4]):
            top, bottom = clipped(i * w[8] - w[10], w[6], w[1])
            for j in range(w[5]):
                left, right = clipped(j * w[9] - w[11], w[7], w[2])
                share = np.float32(1) / np.float32((bottom - top) * (right - left))
                d = w[12] + g * w[14] + i * w[13] + j * channels
                to = w[15] + g * w[17] + top * w[16] + left * channels
                for c in range(0, channels, 16):
                    n = channels - c
                    part = load(F, d + c, n) * share
                    for a in range(bottom - top):
                        q = to + a * w[16] + c
                        for _ in range(right - left):
                            store(F, q, n, load(F, q, n) + part)
                            q += channels


@kernel
def max_pool_present(F, R, w, k):
    """The largest of each window's present steps; 0 where there is none.  words: samples | 11 of `Windows` | x y mask: at row sample"""
    channels = w[3]
    for g in range(w[0]):
        for j in range(w[5]):
            left, right = clipped(j * w[9] - w[11], w[7], w[2])
            x, y, m = w[12] + g * w[14] + left * channels, w[15] + g * w[17] + j * channels, w[18] + g * w[20] + left
            for c in range(0, channels, 16):
                n, best, seen = channels - c, splat(0.0), 0
                for t in range(right - left):
                    if F[m + t] != 0.0:
                        v = load(F, x + t * channels + c, n)
                        best = vmax(best, v) if seen else v
                        seen = 1
                store(F, y + c, n, best)


@kernel
def max_pool_present_backward(F, R, w, k):
    """Adds each gradient to the first present step that equals the maximum.

    words: samples | 11 of `Windows` | x y dy dx mask: at row sample | masked: x is the output of a ReLU
    """
    channels = w[3]
    for g in range(w[0]):
        for j in range(w[5]):
            left, right = clipped(j * w[9] - w[11], w[7], w[2])
            x, y, m = w[12] + g * w[14] + left * channels, w[15] + g * w[17] + j * channels, w[24] + g * w[26] + left
            d, to = w[18] + g * w[20] + j * channels, w[21] + g * w[23] + left * channels
            for c in range(0, channels, 16):
                n = channels - c
                best, rest = load(F, y + c, n), load(F, d + c, n)
                if w[27]:
                    rest = where(best == 0.0, 0.0, rest)
                for t in range(right - left):
                    if F[m + t] != 0.0:
                        q = to + t * channels + c
                        hit = load(F, x + t * channels + c, n) == best
                        store(F, q, n, load(F, q, n) + where(hit, rest, 0.0))
                        rest = where(hit, 0.0, rest)


@inline
def taps(start, count, apart, size):
    """Which of `count` places, `apart` from each other from start on, lie within 0 .. size: (first, last)."""
    return max(-(start // apart), 0), min(-((start - size) // apart), count)


@kernel
def max_pool_dilated(F, R, w, k):
    """The largest of each window with gaps; of its present steps where they are marked, 0 where there is none.

    words: images | 11 of `Windows` | x y marks: at row image | dilation: down across | marked
    """
    channels = w[3]
    for g in range(w[0]):
        for i in range(w[4]):
            up = i * w[8] - w[10]
            top, bottom = taps(up, w[6], w[21], w[1])
            for j in range(w[5]):
                before = j * w[9] - w[11]
                left, right = taps(before, w[7], w[22], w[2])
                x, y, m = w[12] + g * w[14], w[15] + g * w[17] + i * w[16] + j * channels, w[18] + g * w[20]
                for c in range(0, channels, 16):
                    n, best, seen = channels - c, splat(0.0), 0
                    for a in range(top, bottom):
                        for b in range(left, right):
                            column = before + b * w[22]
                            if w[23] == 0 or F[m + column] != 0.0:
                                v = load(F, x + (up + a * w[21]) * w[13] + column * channels + c, n)
                                best = vmax(best, v) if seen else v
                                seen = 1
                    store(F, y + c, n, best)


@kernel
def max_pool_dilated_backward(F, R, w, k):
    """Adds each gradient to the first number that its window sees and that equals the maximum.

    words: images | 11 of `Windows` | x y dy dx marks: at row image | dilation: down across | marked, masked: x is the output of a ReLU
    """
    channels = w[3]
    for g in range(w[0]):
        for i in range(w[4]):
            up = i * w[8] - w[10]
            top, bottom = taps(up, w[6], w[27], w[1])
            for j in range(w[5]):
                before = j * w[9] - w[11]
                left, right = taps(before, w[7], w[28], w[2])
                x, y, m = w[12] + g * w[14], w[15] + g * w[17] + i * w[16] + j * channels, w[24] + g * w[26]
                d, to = w[18] + g * w[20] + i * w[19] + j * channels, w[21] + g * w[23]
                for c in range(0, channels, 16):
                    n = channels - c
                    best, rest = load(F, y + c, n), load(F, d + c, n)
                    if w[30]:
                        rest = where(best == 0.0, 0.0, rest)
                    for a in range(top, bottom):
                        row = up + a * w[27]
                        for b in range(left, right):
                            column = before + b * w[28]
                            if w[29] == 0 or F[m + column] != 0.0:
                                q = to + row * w[22] + column * channels + c
                                hit = load(F, x + row * w[13] + column * channels + c, n) == best
                                store(F, q, n, load(F, q, n) + where(hit, rest, 0.0))
                                rest = where(hit, 0.0, rest)


@inline
def share_of_present(F, m, n):
    """One over how many of n marks are set; 0 where none is."""
    count = 0
    for t in range(n):
        if F[m + t] != 0.0:
            count += 1
    return np.float32(1) / np.float32(count) if count else np.float32(0)


@kernel
def average_pool_present(F, R, w, k):
    """The mean of each window's present steps; 0 where there is none.  words: samples | 11 of `Windows` | x y mask: at row sample"""
    channels = w[3]
    for g in range(w[0]):
        for j in range(w[5]):
            left, right = clipped(j * w[9] - w[11], w[7], w[2])
            x, y, m = w[12] + g * w[14] + left * channels, w[15] + g * w[17] + j * channels, w[18] + g * w[20] + left
            share = share_of_present(F, m, right - left)
            for c in range(0, channels, 16):
                n, total = channels - c, splat(0.0)
                for t in range(right - left):
                    if F[m + t] != 0.0:
                        total = total + load(F, x + t * channels + c, n)
                store(F, y + c, n, total * share)


@kernel
def average_pool_present_backward(F, R, w, k):
    """Adds each gradient's share to the present steps of its window.  words: samples | 11 of `Windows` | dy dx mask: at row sample"""
    channels = w[3]
    for g in range(w[0]):
        for j in range(w[5]):
            left, right = clipped(j * w[9] - w[11], w[7], w[2])
            d, to, m = w[12] + g * w[14] + j * channels, w[15] + g * w[17] + left * channels, w[18] + g * w[20] + left
            share = share_of_present(F, m, right - left)
            for c in range(0, channels, 16):
                n = channels - c
                part = load(F, d + c, n) * share
                for t in range(right - left):
                    if F[m + t] != 0.0:
                        q = to + t * channels + c
                        store(F, q, n, load(F, q, n) + part)


def zeros(f: Frame, ref: Ref) -> Instruction:
    """Fill a frame's images with zeros; their halo is zero already."""
    place = f.place(ref)
    return ("fill", f.rows, place.lines, place.length, f.at(ref), place.pitch, place.step)

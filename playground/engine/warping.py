"""Images read between their pixels: four pixels around a place, and kernels for places beyond the rim and for aligned corners.

The inline functions serve the plain kernels too, which see zeros outside and whose rims lie on each other. Here a place beyond the rim
may be brought back to it ("border") or mirrored at it ("reflection"), as PyTorch's grid_sample does.
"""

from __future__ import annotations

import numpy as np

from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import hsum, load, splat, store

#: How a place beyond the rim is read: as zeros, at the rim, or mirrored at it.
PADDINGS = ("zeros", "border", "reflection")


@inline
def near(across, down, height, width):
    """Does the place have a pixel of the image among its four?  False for what is not a number."""
    return -1.0 <= across < width and -1.0 <= down < height


@inline
def below(t):
    """The whole number at or below t >= -1."""
    return int(t + 1.0) - 1


@inline
def poison(F, theta):
    """0, or NaN where one of theta's numbers is not finite: it must not look like a place outside the image."""
    return np.float32((F[theta] + F[theta + 1] + F[theta + 2] + F[theta + 3] + F[theta + 4] + F[theta + 5]) * np.float32(0))


@inline
def pixel(F, base, row, column, pitch, channels, height, width, c):
    """Channels c .. c + 15 of a pixel; zeros outside the image."""
    v = splat(0.0)
    if 0 <= row < height and 0 <= column < width:
        v = load(F, base + row * pitch + column * channels + c, channels - c)
    return v


@inline
def corners(F, base, top, left, pitch, channels, height, width, c):
    """The four pixels around a place: upper left, upper right, lower left, lower right."""
    if 0 <= top < height - 1 and 0 <= left < width - 1:
        at, n = base + top * pitch + left * channels + c, channels - c
        return load(F, at, n), load(F, at + channels, n), load(F, at + pitch, n), load(F, at + pitch + channels, n)
    return (
        pixel(F, base, top, left, pitch, channels, height, width, c),
        pixel(F, base, top, left + 1, pitch, channels, height, width, c),
        pixel(F, base, top + 1, left, pitch, channels, height, width, c),
        pixel(F, base, top + 1, left + 1, pitch, channels, height, width, c),
    )


@inline
def give(F, base, row, column, pitch, channels, height, width, c, value):
    """Adds to a pixel, where there is one."""
    if 0 <= row < height and 0 <= column < width:
        at = base + row * pitch + column * channels + c
        store(F, at, channels - c, load(F, at, channels - c) + value)


@inline
def read_between(F, x, across, down, pitch, channels, height, width, y, wrong):
    """Writes what an image shows at a place to y; zeros outside it. wrong: added to it, from `poison`."""
    if near(across, down, height, width):
        left, top = below(across), below(down)
        far, low = np.float32(across - left), np.float32(down - top)
        for c in range(0, channels, 16):
            p, q, r, t = corners(F, x, top, left, pitch, channels, height, width, c)
            p = p + (q - p) * far
            r = r + (t - r) * far
            store(F, y + c, channels - c, p + (r - p) * low + wrong)
    else:
        for c in range(0, channels, 16):
            store(F, y + c, channels - c, wrong)


@inline
def give_between(F, to, across, down, pitch, channels, height, width, d):
    """Adds the gradient at d to the four pixels that the place was read from."""
    if near(across, down, height, width):
        left, top = below(across), below(down)
        far, low = np.float32(across - left), np.float32(down - top)
        for c in range(0, channels, 16):
            g = load(F, d + c, channels - c)
            lower = g * low
            upper, right = g - lower, lower * far
            give(F, to, top + 1, left + 1, pitch, channels, height, width, c, right)
            give(F, to, top + 1, left, pitch, channels, height, width, c, lower - right)
            right = upper * far
            give(F, to, top, left + 1, pitch, channels, height, width, c, right)
            give(F, to, top, left, pitch, channels, height, width, c, upper - right)


@inline
def centre_of(i, n, aligned):
    """The centre of pixel i of n, in -1 .. 1, where lie the rims or, aligned, the outermost centres."""
    if aligned:
        return 2.0 * i / (n - 1.0) - 1.0 if n > 1 else 0.0
    return (2.0 * i + 1.0) / n - 1.0


@inline
def place_of(F, theta, u, v, size, aligned):
    """Where a row of theta sends (u, v), in pixels of an axis of this size."""
    c = np.float64(F[theta]) * u + np.float64(F[theta + 1]) * v + np.float64(F[theta + 2]) + 1.0
    return c * (size - 1.0) * 0.5 if aligned else c * size * 0.5 - 0.5


@inline
def folded(t, size, padding, aligned):
    """A place brought back to 0 .. size - 1 (padding 1 or 2), and what it moves by where t moves by 1."""
    slope = 1.0
    if padding == 2:
        low, span = (0.0, size - 1.0) if aligned else (-0.5, np.float64(size))
        if t < low:
            t, slope = 2.0 * low - t, -1.0
        t = (t - low) % (2.0 * span) if span > 0.0 else 0.0 * t
        if t >= span:
            t, slope = 2.0 * span - t, -slope
        t += low
    if padding and t <= 0.0:
        t, slope = 0.0, 0.0
    if padding and t >= size - 1.0:
        t, slope = size - 1.0, 0.0
    return t, slope


@kernel
def warp_padded(F, R, w, k):
    """words: samples height width channels | output height width | x y: at row sample | theta, its sample step | padding aligned"""
    height, width, channels, pitch = w[1], w[2], w[3], w[7]
    for s in range(w[0]):
        x, theta = w[6] + s * w[8], w[12] + s * w[13]
        wrong = splat(poison(F, theta))
        for i in range(w[4]):
            y, v = w[9] + s * w[11] + i * w[10], centre_of(i, w[4], w[15])
            for j in range(w[5]):
                u = centre_of(j, w[5], w[15])
                across, _ = folded(place_of(F, theta, u, v, width, w[15]), width, w[14], w[15])
                down, _ = folded(place_of(F, theta + 3, u, v, height, w[15]), height, w[14], w[15])
                read_between(F, x, across, down, pitch, channels, height, width, y, wrong)
                y += channels


@kernel
def warp_padded_to_image(F, R, w, k):
    """Adds every gradient to the pixels that it was read from.

    words: samples height width channels | output height width | dx dy: at row sample | theta, its sample step | padding aligned
    """
    height, width, channels, pitch = w[1], w[2], w[3], w[7]
    for s in range(w[0]):
        to, theta = w[6] + s * w[8], w[12] + s * w[13]
        for i in range(w[4]):
            d, v = w[9] + s * w[11] + i * w[10], centre_of(i, w[4], w[15])
            for j in range(w[5]):
                u = centre_of(j, w[5], w[15])
                across, _ = folded(place_of(F, theta, u, v, width, w[15]), width, w[14], w[15])
                down, _ = folded(place_of(F, theta + 3, u, v, height, w[15]), height, w[14], w[15])
                give_between(F, to, across, down, pitch, channels, height, width, d)
                d += channels


@kernel
def warp_padded_to_theta(F, R, w, k):
    """Six sums over the output's pixels.

    words: samples height width channels | output height width | x dy: at row sample | theta, its sample step | dtheta, its step | add
           | padding aligned
    """
    height, width, channels, pitch, padding, aligned = w[1], w[2], w[3], w[7], w[17], w[18]
    x_scale, y_scale = np.float32(0.5 * (width - aligned)), np.float32(0.5 * (height - aligned))
    for s in range(w[0]):
        x, theta, to = w[6] + s * w[8], w[12] + s * w[13], w[14] + s * w[15]
        a0, a1, a2, b0, b1, b2 = splat(0.0), splat(0.0), splat(0.0), splat(0.0), splat(0.0), splat(0.0)
        for i in range(w[4]):
            d, v = w[9] + s * w[11] + i * w[10], centre_of(i, w[4], aligned)
            for j in range(w[5]):
                u = centre_of(j, w[5], aligned)
                across, x_slope = folded(place_of(F, theta, u, v, width, aligned), width, padding, aligned)
                down, y_slope = folded(place_of(F, theta + 3, u, v, height, aligned), height, padding, aligned)
                if near(across, down, height, width):
                    left, top = below(across), below(down)
                    far, low = np.float32(across - left), np.float32(down - top)
                    for c in range(0, channels, 16):
                        g = load(F, d + c, channels - c)
                        p, q, r, t = corners(F, x, top, left, pitch, channels, height, width, c)
                        along = g * (q - p + (t - r - q + p) * low) * np.float32(x_slope)
                        along_column = g * (r - p + (t - q - r + p) * far) * np.float32(y_slope)
                        a0, a1, a2 = a0 + along * np.float32(u), a1 + along * np.float32(v), a2 + along
                        b0, b1, b2 = b0 + along_column * np.float32(u), b1 + along_column * np.float32(v), b2 + along_column
                d += channels
        for n, total in enumerate((a0, a1, a2, b0, b1, b2)):
            value = hsum(total) * (x_scale if n < 3 else y_scale)
            F[to + n] = F[to + n] + value if w[16] else value


def folded_places(t: np.ndarray, size: int, padding: str, aligned: bool) -> np.ndarray:
    """The same as `folded`, for references."""
    if padding == "reflection":
        low, span = (0.0, size - 1.0) if aligned else (-0.5, float(size))
        t = np.abs(t - low) % (2 * span) if span else np.zeros_like(t)
        t = np.where(t >= span, 2 * span - t, t) + low
    return t if padding == "zeros" else np.clip(t, 0, size - 1)

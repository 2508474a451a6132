"""Kernels for convolutions in which every channel has its own small kernel: lanes run over channels."""

from __future__ import annotations

from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import load, splat, store, where


@inline
def ended(F, epilogue, mask, n, value):
    """The epilogues of a product: 0 none, 1 ReLU, 2 zero where the mask is zero."""
    if epilogue == 1:
        value = where(value < 0.0, 0.0, value)
    elif epilogue == 2:
        value = where(load(F, mask, n) == 0.0, 0.0, value)
    return value


@kernel
def depthwise(F, R, w, k):
    """y[p, c] = epilogue(start + sum over taps of x[p + tap, c] * weight[tap, c]), also backwards with the taps reversed.

    words: x, line pixel image | taps down, across; their steps in x down, across | weight, steps down, across | start bias
           | y, line pixel image | height width channels images | epilogue mask
    """
    x_pixel, across, down = w[2], w[5], w[4]
    x_across, w_across, y_pixel = w[7], w[10], w[15]
    channels, epilogue, to_mask = w[19], w[21], w[22] - w[13]
    for g in range(w[20]):
        for i in range(w[17]):
            x_row, y_row = w[0] + g * w[3] + i * w[1], w[13] + g * w[16] + i * w[14]
            j = 0
            while j < w[18]:
                four = j + 4 <= w[18] and w[11] != 2  # four pixels share each weight
                for c in range(0, channels, 16):
                    n, x, y = channels - c, x_row + c, y_row + c
                    t0 = load(F, w[12] + c, n) if w[11] == 1 else splat(0.0)
                    if w[11] == 2:
                        t0 = load(F, y, n)
                    if four:
                        t1, t2, t3 = t0, t0, t0
                        for a in range(down):
                            p, q = x + a * w[6], w[8] + a * w[9] + c
                            for _ in range(across):
                                v = load(F, q, n)
                                t0 = t0 + load(F, p, n) * v
                                t1 = t1 + load(F, p + x_pixel, n) * v
                                t2 = t2 + load(F, p + 2 * x_pixel, n) * v
                                t3 = t3 + load(F, p + 3 * x_pixel, n) * v
                                p += x_across
                                q += w_across
                        for turn, t in enumerate((t1, t2, t3)):
                            at = y + (turn + 1) * y_pixel
                            store(F, at, n, ended(F, epilogue, at + to_mask, n, t))
                    else:
                        for a in range(down):
                            p, q = x + a * w[6], w[8] + a * w[9] + c
                            for _ in range(across):
                                t0 = t0 + load(F, p, n) * load(F, q, n)
                                p += x_across
                                q += w_across
                    store(F, y, n, ended(F, epilogue, y + to_mask, n, t0))
                pixels = 4 if four else 1
                x_row += pixels * x_pixel
                y_row += pixels * y_pixel
                j += pixels


@kernel
def depthwise_weights(F, R, w, k):
    """dw[tap, c] (+)= the sum of x[p + tap, c] * dy[p, c] over all pixels and images, image by image.

    words: x, line pixel image | taps down, across; their steps in x | dw | dy, line pixel image | height width channels images | add
    """
    down, across, channels, images = w[4], w[5], w[15], w[16]
    if images == 0 and w[17] == 0:
        for j in range(0, down * across * channels, 16):
            store(F, w[8] + j, down * across * channels - j, 0.0)
    for g in range(images):
        for tap in range(down * across):
            x0 = w[0] + g * w[3] + tap // across * w[6] + tap % across * w[7]
            for c in range(0, channels, 16):
                n, at = channels - c, w[8] + tap * channels + c
                s0, s1, s2, s3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
                for i in range(w[13]):
                    x, d = x0 + i * w[1] + c, w[9] + g * w[12] + i * w[10] + c
                    for _ in range(w[14] // 4):
                        s0 = s0 + load(F, x, n) * load(F, d, n)
                        s1 = s1 + load(F, x + w[2], n) * load(F, d + w[11], n)
                        s2 = s2 + load(F, x + 2 * w[2], n) * load(F, d + 2 * w[11], n)
                        s3 = s3 + load(F, x + 3 * w[2], n) * load(F, d + 3 * w[11], n)
                        x += 4 * w[2]
                        d += 4 * w[11]
                    for _ in range(w[14] % 4):
                        s0 = s0 + load(F, x, n) * load(F, d, n)
                        x += w[2]
                        d += w[11]
                total = (s0 + s1) + (s2 + s3)
                store(F, at, n, total + load(F, at, n) if w[17] != 0 or g > 0 else total)

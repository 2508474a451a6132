"""Convolutions of 3×3 and stride 1 with fewer multiplications: F(2×2, 3×3), forwards and both gradients.

Four outputs of a 2×2 tile need 16 multiplications for each pair of channels, where the direct form needs 36: tiles of 4×4 pixels,
weights and results are transformed by additions, and between lie 16 matrix products of tiles × channels by channels × outputs.
Lanes run over channels. A run of tiles is taken through all of it at a time, so that it stays in the second-level cache.

With d a tile of x, g the weights and e a tile of dy:  y = Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A;  dg = Gᵀ[Σ (A e Aᵀ) ∘ (Bᵀ d B)]G.

Source: S. Winograd, "Arithmetic complexity of computations", 1980; A. Lavin and S. Gray, "Fast algorithms for convolutional neural
networks", 2016, arXiv:1509.09308, section 4.1. The second formula is the derivative of the first.
"""

from __future__ import annotations

import dataclasses

from playground.engine.convolutions import Convolution, Image
from playground.engine.emit import Instruction, Word
from playground.engine.kernel import inline, kernel
from playground.engine.products import ADD, BIAS, FAR, MASK, NONE, RELU, ZERO
from playground.engine.vocabulary import (
    NARROW_ROWS,
    TALL_ROWS,
    TALL_VECTORS,
    VECTOR,
    load,
    splat,
    store,
    tile,
    transpose_block,
    where,
)

#: From so many channels and outputs, and so many tiles in a batch, it is faster than the direct form.
FEWEST_CHANNELS, FEWEST_TILES = 16, 64
#: Tiles of a run: whole tiles of the product, of 8 rows or 6; twice as many where the weights have to come from far memory each time.
RUN, NEAR_WEIGHTS = 48, 1 << 17
#: Planes of transformed tiles lie so many numbers further apart than needed, or all 16 would fall into the same lines of the cache.
GAP = 16


@inline
def by_b(a, b, c, d):
    """Bᵀ of four lines."""
    return a - c, b + c, c - b, b - d


@inline
def by_g(a, b, c):
    """G of three lines."""
    half, middle = (a + c) * 0.5, b * 0.5
    return a, half + middle, half - middle, c


@inline
def by_a_transposed(a, b, c, d):
    """Aᵀ of four lines."""
    return a + b + c, b - c - d


@inline
def by_a(a, b):
    """A of two lines."""
    return a, a + b, a - b, 0.0 - b


@inline
def by_g_transposed(a, b, c, d):
    """Gᵀ of four lines."""
    half, other = (b + c) * 0.5, (b - c) * 0.5
    return a + half, other, half + d


@inline
def store_four(F, at, apart, n, a, b, c, d):
    """A line of four planes."""
    store(F, at, n, a)
    store(F, at + apart, n, b)
    store(F, at + 2 * apart, n, c)
    store(F, at + 3 * apart, n, d)


@inline
def tile_of_x(F, x, pitch, channels, rows, columns, to, apart):
    """Bᵀ d B of one tile, all channels; of its rows and columns only so many are there, at least three."""
    for c in range(0, channels, 16):
        n, at = channels - c, x + c
        right, below = n if columns > 3 else 0, n if rows > 3 else 0
        corner = right if rows > 3 else 0
        far, last = at + 3 * channels, at + 3 * pitch
        a0, b0, c0, d0 = by_b(load(F, at, n), load(F, at + pitch, n), load(F, at + 2 * pitch, n), load(F, last, below))
        at += channels
        a1, b1, c1, d1 = by_b(load(F, at, n), load(F, at + pitch, n), load(F, at + 2 * pitch, n), load(F, last + channels, below))
        at += channels
        a2, b2, c2, d2 = by_b(
            load(F, at, n), load(F, at + pitch, n), load(F, at + 2 * pitch, n), load(F, last + 2 * channels, below)
        )
        a3, b3, c3, d3 = by_b(
            load(F, far, right), load(F, far + pitch, right), load(F, far + 2 * pitch, right), load(F, far + 3 * pitch, corner)
        )
        e0, e1, e2, e3 = by_b(a0, a1, a2, a3)
        store_four(F, to + c, apart, n, e0, e1, e2, e3)
        e0, e1, e2, e3 = by_b(b0, b1, b2, b3)
        store_four(F, to + c + 4 * apart, apart, n, e0, e1, e2, e3)
        e0, e1, e2, e3 = by_b(c0, c1, c2, c3)
        store_four(F, to + c + 8 * apart, apart, n, e0, e1, e2, e3)
        e0, e1, e2, e3 = by_b(d0, d1, d2, d3)
        store_four(F, to + c + 12 * apart, apart, n, e0, e1, e2, e3)


@inline
def tile_of_weights(F, w, tap, n, to, apart):
    """G g Gᵀ of the nine taps at w, w + tap, ..."""
    a0, b0, c0, d0 = by_g(load(F, w, n), load(F, w + 3 * tap, n), load(F, w + 6 * tap, n))
    a1, b1, c1, d1 = by_g(load(F, w + tap, n), load(F, w + 4 * tap, n), load(F, w + 7 * tap, n))
    a2, b2, c2, d2 = by_g(load(F, w + 2 * tap, n), load(F, w + 5 * tap, n), load(F, w + 8 * tap, n))
    e0, e1, e2, e3 = by_g(a0, a1, a2)
    store_four(F, to, apart, n, e0, e1, e2, e3)
    e0, e1, e2, e3 = by_g(b0, b1, b2)
    store_four(F, to + 4 * apart, apart, n, e0, e1, e2, e3)
    e0, e1, e2, e3 = by_g(c0, c1, c2)
    store_four(F, to + 8 * apart, apart, n, e0, e1, e2, e3)
    e0, e1, e2, e3 = by_g(d0, d1, d2)
    store_four(F, to + 12 * apart, apart, n, e0, e1, e2, e3)


@inline
def tile_of_dy(F, y, pitch, channels, rows, columns, to, apart):
    """A e Aᵀ of one tile, all channels; of its rows and columns only so many are there, at least one."""
    for c in range(0, channels, 16):
        n, at = channels - c, y + c
        right, below = n if columns > 1 else 0, n if rows > 1 else 0
        corner = right if rows > 1 else 0
        a0, b0, c0, d0 = by_a(load(F, at, n), load(F, at + pitch, below))
        a1, b1, c1, d1 = by_a(load(F, at + channels, right), load(F, at + pitch + channels, corner))
        e0, e1, e2, e3 = by_a(a0, a1)
        store_four(F, to + c, apart, n, e0, e1, e2, e3)
        e0, e1, e2, e3 = by_a(b0, b1)
        store_four(F, to + c + 4 * apart, apart, n, e0, e1, e2, e3)
        e0, e1, e2, e3 = by_a(c0, c1)
        store_four(F, to + c + 8 * apart, apart, n, e0, e1, e2, e3)
        e0, e1, e2, e3 = by_a(d0, d1)
        store_four(F, to + c + 12 * apart, apart, n, e0, e1, e2, e3)


@inline
def line_of_y(F, z, apart, n):
    """A row of four transformed results, times A."""
    return by_a_transposed(load(F, z, n), load(F, z + apart, n), load(F, z + 2 * apart, n), load(F, z + 3 * apart, n))


@inline
def ended(F, y, n, value, add, epilogue, to_mask):
    """The last of a result: what was there, and the epilogues of a product."""
    if add:
        value = value + load(F, y, n)
    if epilogue == 1:
        value = where(value < 0.0, 0.0, value)
    elif epilogue == 2:
        value = where(load(F, y + to_mask, n) == 0.0, 0.0, value)
    store(F, y, n, value)


@inline
def tile_of_y(F, z, apart, y, pitch, channels, rows, columns, start, bias, epilogue, to_mask):
    """Aᵀ m A of one tile, all channels; of its rows and columns only so many are stored, at least one."""
    add = start == 2
    for c in range(0, channels, 16):
        n, at = channels - c, y + c
        right, below = n if columns > 1 else 0, n if rows > 1 else 0
        corner = right if rows > 1 else 0
        a0, a1 = line_of_y(F, z + c, apart, n)
        b0, b1 = line_of_y(F, z + c + 4 * apart, apart, n)
        c0, c1 = line_of_y(F, z + c + 8 * apart, apart, n)
        d0, d1 = line_of_y(F, z + c + 12 * apart, apart, n)
        p0, q0 = by_a_transposed(a0, b0, c0, d0)
        p1, q1 = by_a_transposed(a1, b1, c1, d1)
        if start == 1:
            b = load(F, bias + c, n)
            p0, p1, q0, q1 = p0 + b, p1 + b, q0 + b, q1 + b
        ended(F, at, n, p0, add, epilogue, to_mask)
        ended(F, at + channels, right, p1, add, epilogue, to_mask)
        ended(F, at + pitch, below, q0, add, epilogue, to_mask)
        ended(F, at + pitch + channels, corner, q1, add, epilogue, to_mask)


@inline
def multiplied(F, M, N, K, a, a_step, a_ks, b, c, add):
    """C (+)= A @ B. Rows of A lie a_step apart and its columns a_ks; rows of B and of C lie N apart."""
    for q in range(0, K, 256):
        kn, follows = min(256, K - q), 1 if add or q > 0 else 0
        for o in range(0, N, TALL_VECTORS * VECTOR):
            cols, bo = min(TALL_VECTORS * VECTOR, N - o), b + q * N + o
            if cols > VECTOR:
                for i in range(0, M, TALL_ROWS):
                    to = c + i * N + o
                    tile(F, TALL_ROWS, TALL_VECTORS, VECTOR, M - i, cols, kn, 1, a + i * a_step + q * a_ks, a_step, FAR, 0, 0, a_ks, 0,
                         bo, N, 0, to, N, FAR, 0, 0, to if follows else 0, follows, 0, 0)  # fmt: skip
            else:
                for i in range(0, M, NARROW_ROWS):
                    to = c + i * N + o
                    tile(F, NARROW_ROWS, 1, VECTOR, M - i, cols, kn, 1, a + i * a_step + q * a_ks, a_step, FAR, 0, 0, a_ks, 0,
                         bo, N, 0, to, N, FAR, 0, 0, to if follows else 0, follows, 0, 0)  # fmt: skip


@kernel
def winograd(F, R, w, k):
    """y (+)= x * weights + b.

    words: x (of the first output's first tap) line image channels | y line image channels | height width of y, images
           | transformed weights | start bias | epilogue mask | scratch, tiles of a run
    """
    channels, outputs, height, width, run = w[3], w[7], w[8], w[9], w[17]
    down, across = (height + 1) // 2, (width + 1) // 2
    total, v_apart, z_apart = w[10] * down * across, run * channels + GAP, run * outputs + GAP
    z = w[16] + 16 * v_apart
    for first in range(0, total, run):
        count = min(run, total - first)
        for t in range(count):
            g = (first + t) // (down * across)
            i = (first + t) // across - g * down
            j = (first + t) % across
            x = w[0] + g * w[2] + 2 * i * w[1] + 2 * j * channels
            tile_of_x(F, x, w[1], channels, height + 2 - 2 * i, width + 2 - 2 * j, w[16] + t * channels, v_apart)
        for q in range(16):
            u = w[11] + q * channels * outputs
            multiplied(F, count, outputs, channels, w[16] + q * v_apart, channels, 1, u, z + q * z_apart, False)
        for t in range(count):
            g = (first + t) // (down * across)
            i = (first + t) // across - g * down
            j = (first + t) % across
            y = w[4] + g * w[6] + 2 * i * w[5] + 2 * j * outputs
            tile_of_y(
                F, z + t * outputs, z_apart, y, w[5], outputs, height - 2 * i, width - 2 * j, w[12], w[13], w[14], w[15] - w[4]
            )


@kernel
def winograd_gradient(F, R, w, k):
    """The 16 matrices (channels, outputs) (+)= Σ (Bᵀ x B)ᵀ (A dy Aᵀ) over the tiles, in order.

    words: x line image channels | dy line image channels | height width of dy, images | matrices, add | scratch, tiles of a run
    """
    channels, outputs, height, width, run = w[3], w[7], w[8], w[9], w[14]
    down, across = (height + 1) // 2, (width + 1) // 2
    total, v_apart, z_apart = w[10] * down * across, run * channels + GAP, run * outputs + GAP
    z, size = w[13] + 16 * v_apart, channels * outputs
    if total == 0 and w[12] == 0:
        for j in range(0, 16 * size, 16):
            store(F, w[11] + j, 16 * size - j, 0.0)
    for first in range(0, total, run):
        count = min(run, total - first)
        for t in range(count):
            g = (first + t) // (down * across)
            i = (first + t) // across - g * down
            j = (first + t) % across
            x, dy = w[0] + g * w[2] + 2 * i * w[1] + 2 * j * channels, w[4] + g * w[6] + 2 * i * w[5] + 2 * j * outputs
            tile_of_x(F, x, w[1], channels, height + 2 - 2 * i, width + 2 - 2 * j, w[13] + t * channels, v_apart)
            tile_of_dy(F, dy, w[5], outputs, height - 2 * i, width - 2 * j, z + t * outputs, z_apart)
        for q in range(16):
            add = w[12] != 0 or first > 0
            multiplied(F, channels, outputs, count, w[13] + q * v_apart, 1, channels, z + q * z_apart, w[11] + q * size, add)


@kernel
def winograd_weights(F, R, w, k):
    """G g Gᵀ of weights (3, 3, channels, outputs): 16 matrices (channels, outputs); or (outputs, channels) of the taps turned round.

    words: weights channels outputs | matrices | turned, scratch (if turned)
    """
    channels, outputs, scratch = w[1], w[2], w[5]
    size = channels * outputs
    for c in range(0, channels, 16):
        lines = min(16, channels - c)
        for o in range(0, outputs, 16):
            source, n = w[0] + c * outputs + o, outputs - o
            if w[4]:
                for t in range(9):
                    transpose_block(F, source + t * size, outputs, scratch + 256 * t, 16, lines, min(16, n))
                for i in range(min(16, n)):
                    tile_of_weights(F, scratch + 2048 + 16 * i, -256, lines, w[3] + (o + i) * channels + c, size)
            else:
                for i in range(lines):
                    tile_of_weights(F, source + i * outputs, size, n, w[3] + (c + i) * outputs + o, size)


@inline
def column_of_sums(F, at, line, copies, apart, n):
    """Gᵀ of four matrices, each the sum of its copies in order."""
    a, b, c, d = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    for i in range(copies):
        x = at + i * apart
        a = a + load(F, x, n)
        b = b + load(F, x + line, n)
        c = c + load(F, x + 2 * line, n)
        d = d + load(F, x + 3 * line, n)
    return by_g_transposed(a, b, c, d)


@inline
def put(F, at, n, value, add):
    """Store, or add to what is there."""
    store(F, at, n, value + load(F, at, n) if add else value)


@kernel
def winograd_gradient_sum(F, R, w, k):
    """dw (+)= Gᵀ S G, S the sum of the copies of 16 matrices.  words: S copies apart | channels outputs | dw add | channels from, to"""
    outputs, size, copies, apart, add = w[4], w[3] * w[4], w[1], w[2], w[6]
    for j in range(w[7] * outputs, w[8] * outputs, 16):
        n, at, to = w[8] * outputs - j, w[0] + j, w[5] + j
        a0, b0, c0 = column_of_sums(F, at, 4 * size, copies, apart, n)
        a1, b1, c1 = column_of_sums(F, at + size, 4 * size, copies, apart, n)
        a2, b2, c2 = column_of_sums(F, at + 2 * size, 4 * size, copies, apart, n)
        a3, b3, c3 = column_of_sums(F, at + 3 * size, 4 * size, copies, apart, n)
        e0, e1, e2 = by_g_transposed(a0, a1, a2, a3)
        put(F, to, n, e0, add)
        put(F, to + size, n, e1, add)
        put(F, to + 2 * size, n, e2, add)
        e0, e1, e2 = by_g_transposed(b0, b1, b2, b3)
        put(F, to + 3 * size, n, e0, add)
        put(F, to + 4 * size, n, e1, add)
        put(F, to + 5 * size, n, e2, add)
        e0, e1, e2 = by_g_transposed(c0, c1, c2, c3)
        put(F, to + 6 * size, n, e0, add)
        put(F, to + 7 * size, n, e1, add)
        put(F, to + 8 * size, n, e2, add)


def fits(g: Convolution) -> bool:
    """Is there such a form of this convolution?"""
    return g.kernel == (3, 3) and g.stride == (1, 1) and g.dilation == (1, 1) and g.groups == 1


def pays(g: Convolution, batch: int) -> bool:
    """Is it faster than the direct form?

    Measured: from 16 channels and outputs the additions are fewer than the multiplications saved (0.6 to 0.9 of the direct
    form's time at 16 to 16, 0.55 from 32 on, also where images are as small as 1×1); fewer than 64 tiles do not make up for
    the transformed weights.
    """
    tiles = batch * ((g.output[0] + 1) // 2) * ((g.output[1] + 1) // 2)
    return fits(g) and min(g.channels, g.outputs) >= FEWEST_CHANNELS and tiles >= FEWEST_TILES


def turned(g: Convolution) -> Convolution:
    """The convolution that takes dy to dx: the taps turned round, channels and outputs exchanged."""
    top, left, bottom, right = (2 - p for p in g.padding)
    return dataclasses.replace(g, size=g.output, channels=g.outputs, outputs=g.channels, padding=(top, left, bottom, right))


def numbers(g: Convolution) -> int:
    """Transformed weights, and what a chain's share of their gradient needs."""
    return 16 * g.channels * g.outputs


def run_length(g: Convolution) -> int:
    """Tiles that are taken through the three stages together."""
    return RUN if g.channels * g.outputs <= NEAR_WEIGHTS else 2 * RUN


def scratch(g: Convolution) -> int:
    """Numbers of scratch that every task here needs."""
    return max(16 * (run_length(g) * (g.channels + g.outputs) + 2 * GAP), 9 * 256)


def transformed(g: Convolution, w: int, out: int, *, turned: bool = False, scratch: int = 0) -> Instruction:
    """Lay the weights as `forward` needs them: `numbers(g)` numbers at out. turned: for the convolution `turned(g)`."""
    return ("winograd_weights", w, g.channels, g.outputs, out, int(turned), scratch)


def _first_tap(g: Convolution, x: Image) -> int:
    """Where the first output's first tap lies."""
    return x.at - g.padding[0] * x.pitch - g.padding[1] * g.channels


def forward(
    g: Convolution,
    x: Image,
    weights: int,
    b: int | None,
    y: Image,
    images: Word,
    scratch: int,
    *,
    relu: bool = False,
    mask: int | None = None,
    add: bool = False,
) -> Instruction:
    """y (+)= x * w + b, as `convolutions.forward`. weights: what `transformed` laid out."""
    start, end = ADD if add else ZERO if b is None else BIAS, RELU if relu else NONE if mask is None else MASK
    return (
        "winograd", _first_tap(g, x), x.pitch, x.step, g.channels, y.at, y.pitch, y.step, g.outputs, *g.output, images,
        weights, start, b or 0, end, mask or 0, scratch, run_length(g),
    )  # fmt: skip


def weight_gradient(
    g: Convolution, x: Image, dy: Image, share: int, images: Word, scratch: int, *, add: bool = False
) -> Instruction:
    """A chain's share of dw, transformed: `numbers(g)` numbers that `weight_sum` adds up."""
    return (
        "winograd_gradient", _first_tap(g, x), x.pitch, x.step, g.channels, dy.at, dy.pitch, dy.step, g.outputs, *g.output, images,
        share, int(add), scratch, run_length(g),
    )  # fmt: skip


def weight_sum(
    g: Convolution, shares: tuple[int, int, int], dw: int, channels: tuple[int, int], *, add: bool = False
) -> Instruction:
    """dw (+)= the sum of the chains' shares, in order, for channels first .. last. shares: at, copies, apart."""
    return ("winograd_gradient_sum", *shares, g.channels, g.outputs, dw, int(add), *channels)

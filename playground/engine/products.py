"""The matrix product that every dense layer and convolution stands on, and the words of its simple uses.

C (+)= A @ B for every image of a range, with run-time extents and strides, so that two kernels serve any size: `product` any walk, and
`plain_product` the rows of dense layers. Rows of A may overlap, so a convolution needs no copy of its windows (implicit im2col); the
reduction has two levels, S segments of K numbers each. Convolutions compose their words in `engine.convolutions`.
"""

from __future__ import annotations

import dataclasses
import math

from playground.engine.emit import Instruction, Word, full
from playground.engine.kernel import inline, kernel
from playground.engine.moves import column_sum
from playground.engine.vocabulary import (
    FLAT_ROWS,
    FLAT_VECTORS,
    HALF,
    LANES,
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

#: How an accumulator starts: from zeros, from a bias (one row), from what C holds.
ZERO, BIAS, ADD = 0, 1, 2
#: What happens to the result: nothing, ReLU, zero where the mask is zero; or nothing, but what lies where the mask would is claimed: one
#: number of each cache line is written back as it is. Numbers that other cores have read lie in their caches too, and a store waits
#: until those have given them up: 8 ns for 16 numbers, where cores share no cache 60. Beside a product's sums that time costs nothing.
NONE, RELU, MASK, CLAIM = 0, 1, 2, 3
#: Or nothing, and the squares of the result are added up in the 16 numbers where the mask would be: that costs nothing beside the sums,
#: while another pass over a large gradient is a fiftieth of a step. Only in plain products.
SQUARES = 4
#: Length of a walk that never wraps.
FAR = 1 << 40
#: Numbers of scratch that a product needs at most where it copies B: one block of it.
BLOCK_SCRATCH = 256 * 32
#: Numbers after which a line of memory falls into the same set of a first-level cache again: 4 KiB, on processors of all makes.
PERIOD = 1024
#: Rows that begin at so few places within a period are in each other's way.
FEW_PLACES = 4


@inline
def walked(step, length, wrap, row):
    """Offset of a row in a walk of two levels."""
    line = row // length
    return line * ((length - 1) * step + wrap) + (row - line * length) * step


@inline
def start_only(F, w):
    """What a product without terms leaves in C: its start value."""
    for g in range(w[21], w[22] if w[25] else w[21] + 1):
        for i in range(w[0]):
            row = g * w[25] + walked(w[14], w[15], w[16], i)
            for j in range(0, w[1], 16):
                n, at = w[1] - j, row + j
                value = splat(0.0)
                if w[17] == 1:
                    value = load(F, w[18] + j, n)
                elif w[17] == 2:
                    value = load(F, w[13] + at, n)
                if w[19] == 1:
                    value = where(value < 0.0, 0.0, value)
                elif w[19] == 2:
                    value = where(load(F, w[20] + at, n) == 0.0, 0.0, value)
                store(F, w[13] + at, n, value)


@kernel
def product(F, R, w, k):
    """C (+)= A @ B.

    words  M N K S | A: at step len wrap k-step s-step | B: at k-step s-step | C: at step len wrap | start bias | epilogue mask
           | first last (images) A-image B-image C-image
    Blocks of at most 256 numbers of the reduction keep 32 columns of B in the first-level cache.
    """
    M, N, K, S = w[0], w[1], w[2], w[3]
    a_step, a_len, a_wrap, a_ks, a_ss = w[5], w[6], w[7], w[8], w[9]
    c_step, c_len, c_wrap = w[14], w[15], w[16]
    b_ks, b_ss, start, bias = w[11], w[12], w[17], w[18]
    a_line, c_line = (a_len - 1) * a_step + a_wrap, (c_len - 1) * c_step + c_wrap
    if K * S == 0 or (w[21] >= w[22] and w[25] == 0):
        start_only(F, w)
        return
    kb, sb = min(K, 256), max(1, min(S, 256 // K))
    for g in range(w[21], w[22]):
        A, B, C, X = w[4] + g * w[23], w[10] + g * w[24], w[13] + g * w[25], w[20] + g * w[25]
        first = start if (start != 2 and (g == w[21] or w[25] != 0)) else 2
        for s in range(0, S, sb):
            for q in range(0, K, kb):
                begin = first if s == 0 and q == 0 else 2
                end = w[19] if s + sb >= S and q + kb >= K else 0
                kn, sn = min(kb, K - q), min(sb, S - s)
                follows = 1 if begin == 2 else 0
                o = 0
                while o < N:
                    flat = M <= FLAT_ROWS and 2 * (N - o) > 3 * TALL_VECTORS * VECTOR
                    cols = min(FLAT_VECTORS * VECTOR if flat else TALL_VECTORS * VECTOR, N - o)
                    bo = B + o + s * b_ss + q * b_ks
                    ao, ax, co, cx = A + s * a_ss + q * a_ks, 0, C + o, 0
                    tall = NARROW_ROWS if cols <= VECTOR else (FLAT_ROWS if flat else TALL_ROWS)
                    for i in range(0, M, tall):
                        io = co if begin == 2 else (bias + o if begin == 1 else 0)
                        a, c = ao + ax * a_step, co + cx * c_step
                        io += follows * cx * c_step
                        if flat:
                            tile(F, FLAT_ROWS, FLAT_VECTORS, VECTOR, M - i, cols, kn, sn, a, a_step, a_len, a_wrap, ax, a_ks, a_ss,
                                 bo, b_ks, b_ss, c, c_step, c_len, c_wrap, cx, io, follows, end, X + c - C)  # fmt: skip
                        elif cols > VECTOR:
                            tile(F, TALL_ROWS, TALL_VECTORS, VECTOR, M - i, cols, kn, sn, a, a_step, a_len, a_wrap, ax, a_ks, a_ss,
                                 bo, b_ks, b_ss, c, c_step, c_len, c_wrap, cx, io, follows, end, X + c - C)  # fmt: skip
                        elif cols > HALF:
                            tile(F, NARROW_ROWS, 1, VECTOR, M - i, cols, kn, sn, a, a_step, a_len, a_wrap, ax, a_ks, a_ss,
                                 bo, b_ks, b_ss, c, c_step, c_len, c_wrap, cx, io, follows, end, X + c - C)  # fmt: skip
                        else:
                            tile(F, NARROW_ROWS, 1, HALF, M - i, cols, kn, sn, a, a_step, a_len, a_wrap, ax, a_ks, a_ss,
                                 bo, b_ks, b_ss, c, c_step, c_len, c_wrap, cx, io, follows, end, X + c - C)  # fmt: skip
                        ax += tall
                        cx += tall
                        while ax >= a_len:
                            ax -= a_len
                            ao += a_line
                        while cx >= c_len:
                            cx -= c_len
                            co += c_line
                    o += cols


@inline
def copy_block(F, B, b_step, columns, terms, block, b_row):
    """Columns of so many rows of B into a block of scratch, whose rows lie b_row apart; up to 15 numbers after the last come along."""
    for r in range(terms):
        for c in range(0, columns, LANES):
            store(F, block + r * b_row + c, LANES, load(F, B + r * b_step + c, LANES))


@inline
def turn_block(F, B, b_step, columns, terms, block, b_row):
    """The same from a B that lies transposed, b_step from one of its columns to the next; of any width."""
    for r in range(0, columns, 16):
        for c in range(0, terms, 16):
            source, target = B + r * b_step + c, block + c * b_row + r
            transpose_block(F, source, b_step, target, b_row, min(16, columns - r), min(16, terms - c))


@kernel
def plain_product(F, R, w, k):
    """`product` of one image and one segment, with rows of A and C at even distances: what dense layers need.

    words: those of `product` | scratch (0: B is read as it lies; else copied there block by block), 1: it is transposed.
    A kernel of its own, because fewer numbers to follow from tile to tile make small products a twentieth faster.
    """
    M, N, K, scratch, turned = w[0], w[1], w[2], w[26], w[27]
    a_step, a_ks, b_ks, c_step, bias = w[5], w[8], w[11], w[14], w[18]
    if w[19] == SQUARES:
        store(F, w[20], LANES, 0.0)
    if K == 0:
        start_only(F, w)
    for q in range(0, K, 256):
        kn, begin, end = min(256, K - q), w[17] if q == 0 else 2, w[19] if q + 256 >= K else 0
        follows = 1 if begin == 2 else 0
        o = 0
        while o < N:
            flat = M <= FLAT_ROWS and 2 * (N - o) > 3 * TALL_VECTORS * VECTOR and scratch == 0
            cols = min(FLAT_VECTORS * VECTOR if flat else TALL_VECTORS * VECTOR, N - o)
            bo, bk = w[10] + q * b_ks + o, b_ks
            if scratch:
                bk = TALL_VECTORS * VECTOR
                if turned:
                    turn_block(F, w[10] + o * b_ks + q, b_ks, cols, kn, scratch, bk)
                else:
                    copy_block(F, bo, b_ks, cols, kn, scratch, bk)
                bo = scratch
            tall = NARROW_ROWS if cols <= VECTOR else (FLAT_ROWS if flat else TALL_ROWS)
            for i in range(0, M, tall):
                a, c = w[4] + q * a_ks + i * a_step, w[13] + o + i * c_step
                io = c if begin == 2 else (bias + o if begin == 1 else 0)
                x = w[20] if end == SQUARES else w[20] + c - w[13]
                if flat:
                    tile(F, FLAT_ROWS, FLAT_VECTORS, VECTOR, M - i, cols, kn, 1, a, a_step, FAR, 0, 0, a_ks, 0,
                         bo, bk, 0, c, c_step, FAR, 0, 0, io, follows, end, x)  # fmt: skip
                elif cols > VECTOR:
                    tile(F, TALL_ROWS, TALL_VECTORS, VECTOR, M - i, cols, kn, 1, a, a_step, FAR, 0, 0, a_ks, 0,
                         bo, bk, 0, c, c_step, FAR, 0, 0, io, follows, end, x)  # fmt: skip
                elif cols > HALF:
                    tile(F, NARROW_ROWS, 1, VECTOR, M - i, cols, kn, 1, a, a_step, FAR, 0, 0, a_ks, 0,
                         bo, bk, 0, c, c_step, FAR, 0, 0, io, follows, end, x)  # fmt: skip
                else:
                    tile(F, NARROW_ROWS, 1, HALF, M - i, cols, kn, 1, a, a_step, FAR, 0, 0, a_ks, 0,
                         bo, bk, 0, c, c_step, FAR, 0, 0, io, follows, end, x)  # fmt: skip
            o += cols


@dataclasses.dataclass(frozen=True)
class Walk:
    """Rows of a matrix: the first at `at`, each `step` numbers after the one before, or `wrap` after every `length`-th."""

    at: int
    step: int
    length: int = FAR
    wrap: int = 0

    @classmethod
    def lines(cls, at: int, step: int, length: int, line: int) -> Walk:
        """Rows of lines: `length` rows `step` apart, then the same again `line` numbers further on."""
        if line == length * step:
            return cls(at, step)
        return cls(at, step, length, line - (length - 1) * step)


@dataclasses.dataclass(frozen=True)
class Images:
    """A product is done for images first .. last; how far apart they lie in A, B and C. C at 0 apart: their sum."""

    first: Word = 0
    last: Word = 1
    a: int = 0
    b: int = 0
    c: int = 0


def transpose_scratch(terms: int) -> int:
    """Numbers of scratch that a product with B given transposed needs. terms: length of its sums."""
    return BLOCK_SCRATCH * min(terms, 256) // 256


def _places(step: int) -> int:
    """Places within a period at which the rows of B begin."""
    return PERIOD // math.gcd(PERIOD, step)


def copy_scratch(b_step: int) -> int:
    """Numbers of scratch that a product may want to copy B, whose rows lie b_step apart."""
    return BLOCK_SCRATCH if _places(b_step) <= FEW_PLACES else 0


def copies(rows: Word, terms: Word, b_step: int) -> bool:
    """Whether a product is faster if it copies B, block by block, than if it reads B as it lies.

    rows: of A.  terms: length of the sums.  Where rows of B begin at few places they fall into a few sets of the first-level cache and
    drive one another out, and C, which has as many columns, does too. To copy a block takes the time of a tile.
    Measured on one core, rows of B 4 KiB apart: 0.75 to 0.97 of the time for 64 rows of A, 0.5 to 0.87 for 400; 1 to 2 KiB apart 0.96
    for 400 rows and sums of 64, and nothing to gain for long sums, whose tiles have time to wait for the second-level cache.
    """
    m, k, places = full(rows), full(terms), _places(b_step)
    return m >= 64 if places == 1 else m >= 192 and 48 <= k < 128 and places <= FEW_PLACES


def multiply(
    extents: tuple[Word, Word, Word, Word],
    a: Walk,
    a_steps: tuple[int, int],
    b: tuple[int, int, int],
    c: Walk,
    *,
    start: int = ZERO,
    bias: int = 0,
    relu: bool = False,
    mask: int | None = None,
    claim: int | None = None,
    squares: int | None = None,
    images: Images = Images(),
    scratch: int = 0,
    turned: bool = False,
) -> Instruction:
    """Words of `product`, or of `plain_product` where that will do.

    extents: M, N, K, S.  a_steps: of k and of s.  b: at, k-step, s-step.
    mask: where numbers lie as in C; the result is 0 where they are 0.  claim: where numbers lie as in C that are
    written in a later stage; none may change in this one.  squares: where 16 numbers lie, whose sum becomes that of all squares
    of C, for a start of zeros.  scratch: where B may be copied, block by block, if it pays (see `copies`); 0: nowhere.
    turned: B is transposed, which needs scratch. The last three are for plain products only.
    """
    epilogue = (
        RELU if relu else MASK if mask is not None else CLAIM if claim is not None else NONE if squares is None else SQUARES
    )
    plain = (extents[3], a.length, c.length, images) == (1, FAR, FAR, Images())
    assert plain or (squares is None and not scratch)
    room = scratch if turned or copies(extents[0], extents[2], b[1]) else 0
    return (
        "plain_product" if plain else "product", *extents, a.at, a.step, a.length, a.wrap, *a_steps,
        *b, c.at, c.step, c.length, c.wrap, start, bias, epilogue, mask or claim or squares or 0,
        images.first, images.last, images.a, images.b, images.c, *((room, int(turned)) if plain else ()),
    )  # fmt: skip


def dense_forward(
    x: int,
    w: int,
    b: int | None,
    y: int,
    rows: Word,
    i: int,
    o: int,
    *,
    relu: bool = False,
    mask: int | None = None,
    add: bool = False,
    scratch: int = 0,
) -> Instruction:
    """y = x·w + b, or y += x·w. scratch: `copy_scratch(o)` numbers, or 0 for none."""
    start = ADD if add else ZERO if b is None else BIAS
    a, c = Walk(x, i), Walk(y, o)
    if mask is not None:
        return multiply((rows, o, i, 1), a, (1, 0), (w, o, 0), c, start=start, mask=mask, scratch=scratch)
    return multiply((rows, o, i, 1), a, (1, 0), (w, o, 0), c, start=start, bias=b or 0, relu=relu, scratch=scratch)


def dense_part(x: int, w: int, y: int, rows: Word, i: int, o: int, n: int, *, scratch: int = 0) -> Instruction:
    """y = x·w for n of i features. x, w: where the first of them lie.  scratch: as for `dense_forward`."""
    return multiply((rows, o, n, 1), Walk(x, i), (1, 0), (w, o, 0), Walk(y, o), scratch=scratch)


def dense_dw(
    x: int,
    dy: int,
    dw: int,
    rows: Word,
    i: int,
    o: int,
    first: int = 0,
    last: int | None = None,
    *,
    add: bool = False,
    weights: int | None = None,
    squares: int | None = None,
    scratch: int = 0,
) -> Instruction:
    """Rows first .. last of dw (+)= xᵀ·dy. weights: where those lie that this chain is going to update.  squares: see `multiply`.
    scratch: as for `dense_forward`."""
    m, claim = (i if last is None else last) - first, None if weights is None else weights + first * o
    start = ADD if add else ZERO
    a, b, c = Walk(x + first, 1), (dy, o, 0), Walk(dw + first * o, o)
    return multiply((m, o, rows, 1), a, (i, 0), b, c, start=start, claim=claim, squares=squares, scratch=scratch)


def dense_dx(
    dy: int,
    w: int,
    dx: int,
    rows: Word,
    i: int,
    o: int,
    scratch: int,
    *,
    bias: int | None = None,
    relu: bool = False,
    mask: int | None = None,
    add: bool = False,
) -> Instruction:
    """dx (+)= dy·wᵀ (+ bias); w is transposed block by block into `transpose_scratch(o)` numbers of scratch."""
    start = ADD if add else ZERO if bias is None else BIAS
    return multiply(
        (rows, i, o, 1), Walk(dy, o), (1, 0), (w, o, 0), Walk(dx, i),
        start=start, bias=bias or 0, relu=relu, mask=mask, scratch=scratch, turned=True,
    )  # fmt: skip


__all__ = [
    "ADD", "BIAS", "BLOCK_SCRATCH", "FAR", "MASK", "NONE", "RELU", "ZERO", "Images", "Walk",
    "column_sum", "copy_scratch", "dense_dw", "dense_dx", "dense_forward", "dense_part", "multiply", "transpose_scratch",
]  # fmt: skip

"""Kernels of the recurrent ops: weights packed into panels, a product on them, and the small moves around a step.

Weights are packed once for a pass into panels of as many columns as the product's tile is wide, so that every step reads them
in order.
"""

from __future__ import annotations

from playground.engine.kernel import inline, kernel
from playground.engine.products import FAR
from playground.engine.vocabulary import (
    NARROW_ROWS,
    TALL_ROWS,
    TALL_VECTORS,
    VECTOR,
    ahead,
    load,
    store,
    tile,
    transpose_block,
)

#: The widest panel on any processor: a matrix of n columns takes the next multiple of it.
PANEL = 32
#: Steps of the reduction between two visits of the sums: so much of a panel stays in the first-level cache.
DEEP = 256


@kernel
def pack_panels(F, R, w, k):
    """Panels of x's columns, one after the other, row by row.  words: x rows columns row-step | out"""
    rows, columns, wide = w[1], w[2], TALL_VECTORS * VECTOR
    for o in range(0, columns, wide):
        n = min(wide, columns - o)
        for r in range(rows):
            x, y = w[0] + r * w[3] + o, w[4] + o * rows + r * wide
            for j in range(0, n, 16):
                store(F, y + j, n - j, load(F, x + j, n - j))


@kernel
def pack_panels_transposed(F, R, w, k):
    """The same of x transposed: panels of its rows.  words: x rows columns row-step | out"""
    rows, columns, wide = w[1], w[2], TALL_VECTORS * VECTOR
    for o in range(0, rows, wide):
        n = min(wide, rows - o)
        for r in range(0, n, 16):
            for c in range(0, columns, 16):
                x, y = w[0] + (o + r) * w[3] + c, w[4] + o * columns + c * wide + r
                transpose_block(F, x, w[3], y, wide, min(16, n - r), min(16, columns - c))


@kernel
def add_vectors(F, R, w, k):
    """words: x y out | n: of y's numbers so many count, m: numbers of x and out"""
    for j in range(0, w[4], 16):
        store(F, w[2] + j, w[4] - j, load(F, w[0] + j, w[4] - j) + load(F, w[1] + j, w[3] - j))


@kernel
def copy_rows(F, R, w, k):
    """y (+)= x, or y = 0 where there is no x.  words: rows columns | x row-step (x 0: zeros) | y row-step | add"""
    for r in range(w[0]):
        x, y = w[2] + r * w[3], w[4] + r * w[5]
        for j in range(0, w[1], 16):
            n = w[1] - j
            if w[2] == 0:
                store(F, y + j, n, 0.0)
            elif w[6]:
                store(F, y + j, n, load(F, y + j, n) + load(F, x + j, n))
            else:
                store(F, y + j, n, load(F, x + j, n))


@inline
def ask_blocks(F, at, blocks, units):
    """Ask for 16 numbers of each block of the step that comes next; `at` may lie outside of what there is.

    What a step needs of a long sequence has left the caches, and it lies too far from the step before for the processor to foresee it:
    asked for among the gates of that one, it arrives while the recurrent product is made. For 128 letters that is an eighth of the time.
    """
    for block in range(blocks):
        ahead(F, at + block * units)


@inline
def panel_product(F, rows, columns, depth, a, a_step, panels, c, c_step, start, follows):
    """c = start + a·b for `rows` rows of c, which lie c_step apart; b is packed.

    start: F index of the row that the sums begin with (0: zeros); follows: 1 where it moves on with the rows of c (start = c: added
    to it).
    """
    wide = TALL_VECTORS * VECTOR
    for o in range(0, columns, wide):
        n = min(wide, columns - o)
        for q in range(0, depth, DEEP):
            long, b = min(DEEP, depth - q), panels + o * depth + q * wide
            first, moves = (start + o if start else 0, follows) if q == 0 else (c + o, 1)
            if n > VECTOR:
                for i in range(0, rows, TALL_ROWS):
                    tile(F, TALL_ROWS, TALL_VECTORS, VECTOR, rows - i, n, long, 1, a + q + i * a_step, a_step, FAR, 0, 0, 1, 0,
                         b, wide, 0, c + o + i * c_step, c_step, FAR, 0, 0, first + moves * i * c_step, moves, 0, 0)  # fmt: skip
            else:
                for i in range(0, rows, NARROW_ROWS):
                    tile(F, NARROW_ROWS, 1, VECTOR, rows - i, n, long, 1, a + q + i * a_step, a_step, FAR, 0, 0, 1, 0,
                         b, wide, 0, c + o + i * c_step, c_step, FAR, 0, 0, first + moves * i * c_step, moves, 0, 0)  # fmt: skip


def packed_size(rows: int, columns: int) -> int:
    """Numbers of scratch that the panels of a matrix take."""
    return -(-columns // PANEL) * PANEL * rows

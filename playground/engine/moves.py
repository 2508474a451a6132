"""Kernels that move, fill and add up numbers, for the emissions of several ops."""

from __future__ import annotations

from playground.engine.emit import Frame, Instruction, Ref, Word
from playground.engine.kernel import inline, kernel
from playground.engine.vocabulary import load, splat, store, transpose_block, where


@kernel
def transpose_taps(F, R, w, k):
    """Matrices of a grid, transposed and laid one after the other: target[t][c, r] = source[t][r, c].

    words: source target rows cols | grid rows, grid columns | source steps of a grid row, of a grid column (may be negative)
    """
    rows, cols = w[2], w[3]
    for i in range(w[4]):
        for j in range(w[5]):
            source, target = w[0] + i * w[6] + j * w[7], w[1] + (i * w[5] + j) * rows * cols
            for r in range(0, rows, 16):
                for c in range(0, cols, 16):
                    block = source + r * cols + c
                    transpose_block(F, block, cols, target + c * rows + r, rows, min(16, rows - r), min(16, cols - c))


@kernel
def fill(F, R, w, k):
    """Zeros.  words: samples lines length | x line sample"""
    for s in range(w[0]):
        for row in range(w[1]):
            x = w[3] + row * w[4] + s * w[5]
            for j in range(0, w[2], 16):
                store(F, x + j, w[2] - j, 0.0)


@kernel
def sum_partials(F, R, w, k):
    """y (+)= the copies of x, added in order.  words: x copies apart y n | add"""
    for j in range(0, w[4], 16):
        n = w[4] - j
        total = load(F, w[3] + j, n) if w[5] else splat(0.0)
        for i in range(w[1]):
            total = total + load(F, w[0] + i * w[2] + j, n)
        store(F, w[3] + j, n, total)


@kernel
def sum_rows(F, R, w, k):
    """y = bias + the copies of x, added in order, perhaps with a ReLU.  words: rows columns | x copies apart | y | bias (0: none) | relu"""
    columns = w[1]
    for i in range(w[0]):
        for j in range(0, columns, 16):
            n, at = columns - j, i * columns + j
            total = load(F, w[6] + j, n) if w[6] else splat(0.0)
            for c in range(w[3]):
                total = total + load(F, w[2] + c * w[4] + at, n)
            store(F, w[5] + at, n, where(total < 0.0, 0.0, total) if w[7] else total)


@kernel
def column_sums(F, R, w, k):
    """y[c] (+)= the sum of all rows.  words: x y cols | rows, rows of a line, row step, line step | samples, sample step | add"""
    cols, step = w[2], w[5]
    for j in range(0, cols, 16):
        n = cols - j
        total = load(F, w[1] + j, n) if w[9] else splat(0.0)
        for g in range(w[7]):
            s0, s1, s2, s3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
            done = 0
            line = w[0] + g * w[8] + j
            while done < w[3]:
                count = min(w[4], w[3] - done)
                x = line
                for _ in range(count // 4):
                    s0 = s0 + load(F, x, n)
                    s1 = s1 + load(F, x + step, n)
                    s2 = s2 + load(F, x + 2 * step, n)
                    s3 = s3 + load(F, x + 3 * step, n)
                    x += 4 * step
                for _ in range(count % 4):
                    s0 = s0 + load(F, x, n)
                    x += step
                done += count
                line += w[6]
            total = total + ((s0 + s1) + (s2 + s3))
        store(F, w[1] + j, n, total)


@kernel
def copy_columns(F, R, w, k):
    """y (+)= x, some columns of each.  words: samples lines positions columns | x, line sample position | y likewise | add"""
    columns = w[3]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[4] + row * w[5] + s * w[6], w[8] + row * w[9] + s * w[10]
            for _ in range(w[2]):
                for j in range(0, columns, 16):
                    n = columns - j
                    v = load(F, x + j, n)
                    store(F, y + j, n, v + load(F, y + j, n) if w[12] else v)
                x += w[7]
                y += w[11]


@inline
def whole_periods(n):
    """The smallest multiple of a period that lanes advance through with at most one step back: at least 16."""
    return n if n >= 16 else n * ((15 + n) // n)


@inline
def repeat(F, x, n, to):
    """Lay n numbers out again and again, so that lanes can be loaded at any phase: 16 more than `whole_periods`."""
    for j in range(0, n, 16):
        store(F, to + j, n - j, load(F, x + j, n - j))
    for j in range(n, whole_periods(n) + 16):
        F[to + j] = F[to + j - n]


@inline
def fold(F, x, n, to, add):
    """The inverse: sums that were collected in repeated lanes, phase by phase."""
    for j in range(n, whole_periods(n) + 16):
        F[x + j % n] += F[x + j]
    for j in range(0, n, 16):
        v = load(F, x + j, n - j)
        store(F, to + j, n - j, v + load(F, to + j, n - j) if add else v)


def periodic_scratch(n: int) -> int:
    """Numbers that `repeat` and `fold` need."""
    return max(n, 31) + 16


def each_sample(frame: Frame, *refs: Ref) -> list[Word]:
    """Words with which a kernel walks operands of equal shape, sample by sample.

    samples lines length, then for each operand: at line-step sample-step. Samples without gaps have one line.
    """
    places = [frame.place(ref) for ref in refs]
    whole = all(p.count == p.lines * p.pitch for p in places)
    lines, length = (1, places[0].count) if whole else (places[0].lines, places[0].length)
    words: list[Word] = [frame.rows, lines, length]
    for ref, p in zip(refs, places, strict=True):
        words += [frame.at(ref), p.pitch, p.step]
    return words


def column_sum(dy: int, db: int, cols: int, rows: Word, *, add: bool = False) -> Instruction:
    """db (+)= the sum of `rows` rows that lie one after the other."""
    return ("column_sums", dy, db, cols, rows, 1 << 40, cols, 0, 1, 0, int(add))


def image_sum(
    dy: int, db: int, channels: int, size: tuple[int, int], pitch: int, samples: Word, step: int, *, add: bool = False
) -> Instruction:
    """db (+)= the sum over the pixels of all samples. size: height, width; pitch: from one image row to the next."""
    height, width = size
    return ("column_sums", dy, db, channels, height * width, width, channels, pitch, samples, step, int(add))


def sum_copies(x: int, copies: int, apart: int, y: int, n: int, *, add: bool = False) -> Instruction:
    """y (+)= the copies of a partial result, in order."""
    return ("sum_partials", x, copies, apart, y, n, int(add))

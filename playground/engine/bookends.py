"""What every program does besides the network: take samples, give outputs, judge the gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.engine.clipping import limited_squares
from playground.engine.emit import Emit, Frame, Instruction, Whole
from playground.engine.graph import Graph, OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.registers import (
    CLIP,
    CLIP_MOST,
    CLIP_SCALE,
    CLIP_VALUE,
    CURSOR,
    LOSS,
    NORM,
    ORDER,
    OUTPUTS,
    SHUFFLE,
    VERDICT,
    WINDOW_X,
    WINDOW_Y,
)
from playground.engine.vocabulary import INFINITY, LANES, ahead, hmax, hsum, load, splat, store, vabs, vmax


@kernel
def take_samples(F, R, w, k):
    """Rows of the data window into the batch.  words: rows r0 | x sample lines length pitch"""
    width = w[4] * w[5]
    for i in range(w[0]):
        row = R[CURSOR] + w[1] + i
        if R[SHUFFLE] == 1:
            row = R[R[ORDER] + row]
        source, x = R[WINDOW_X] + row * width, w[2] + i * w[3]
        for line in range(w[4]):
            for j in range(0, w[5], 16):
                store(F, x + line * w[6] + j, w[5] - j, load(F, source + line * w[5] + j, w[5] - j))


@kernel
def take_features(F, R, w, k):
    """Some features of rows of the data window into the batch.  words: rows r0 | x sample | first, end

    A row is asked for while the second before it is copied: the processor does not foresee where the next one lies, and they have long
    left its caches."""
    for i in range(w[0]):
        row, later = R[CURSOR] + w[1] + i, R[CURSOR] + w[1] + min(i + 2, w[0] - 1)
        if R[SHUFFLE] == 1:
            row, later = R[R[ORDER] + row], R[R[ORDER] + later]
        source, x, onward = R[WINDOW_X] + row * w[3], w[2] + i * w[3], (later - row) * w[3]
        j = w[4]
        while j + LANES <= w[5]:
            ahead(F, source + onward + j)
            store(F, x + j, LANES, load(F, source + j, LANES))
            j += LANES
        if j < w[5]:
            store(F, x + j, w[5] - j, load(F, source + j, w[5] - j))


@kernel
def take_column(F, R, w, k):
    """What else comes with the samples.  words: rows r0 | t numbers | first number and numbers of all columns in the window"""
    n = w[3]
    for i in range(w[0]):
        row = R[CURSOR] + w[1] + i
        if R[SHUFFLE] == 1:
            row = R[R[ORDER] + row]
        source, t = R[WINDOW_Y] + row * w[5] + w[4], w[2] + i * n
        for j in range(0, n, 16):
            store(F, t + j, n - j, load(F, source + j, n - j))


@kernel
def give_outputs(F, R, w, k):
    """Rows of the batch into the output window.

    words: rows r0 | y sample lines length pitch | first number and numbers of all outputs in the window
    """
    if R[OUTPUTS] != 0:
        for i in range(w[0]):
            y, to = w[2] + i * w[3], R[OUTPUTS] + (R[CURSOR] + w[1] + i) * w[8] + w[7]
            for line in range(w[4]):
                for j in range(0, w[5], 16):
                    store(F, to + line * w[5] + j, w[5] - j, load(F, y + line * w[6] + j, w[5] - j))


@inline
def scaled_norm(F, g, n):
    """The norm where squares of finite numbers are too large: of the numbers over the largest. Not finite where one of them is not."""
    largest, nothing = splat(0.0), splat(0.0)
    for j in range(0, n, 16):
        x = load(F, g + j, n - j)
        largest = vmax(largest, vabs(x))
        nothing = nothing + x * 0.0
    most = hmax(largest)
    if hsum(nothing) != 0.0 or not np.isfinite(most):  # a NaN is not 0 either
        return np.float32(np.inf), False
    total = splat(0.0)
    for j in range(0, n, 16):
        x = load(F, g + j, n - j) / most
        total = total + x * x
    return most * np.sqrt(hsum(total)), True


@inline
def squares_of(F, g, n):
    """Sums of squares in lanes."""
    s0, s1, s2, s3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    j = 0
    while j + 64 <= n:
        a, b, c, d = load(F, g + j, 16), load(F, g + j + 16, 16), load(F, g + j + 32, 16), load(F, g + j + 48, 16)
        s0 = s0 + a * a
        s1 = s1 + b * b
        s2 = s2 + c * c
        s3 = s3 + d * d
        j += 64
    while j < n:
        a = load(F, g + j, n - j)
        s0 = s0 + a * a
        j += 16
    return (s0 + s1) + (s2 + s3)


@kernel
def add_squares(F, R, w, k):
    """Sums of squares of a piece of the gradient, for `judge`.  words: gradient n | 16 sums | add"""
    total = squares_of(F, w[0], w[1])
    store(F, w[2], 16, total + load(F, w[2], 16) if w[3] else total)


@kernel
def add_sums(F, R, w, k):
    """The same where they were added up as the gradient was made.  words: 16 numbers | 16 sums | add"""
    total = load(F, w[0], LANES)
    store(F, w[1], LANES, total + load(F, w[1], LANES) if w[2] else total)


@kernel
def judge(F, R, w, k):
    """Norm of the gradient, the clipping factor and the verdict.  words: gradient n | sums of squares, of how many chains (0: none)

    The norm that is told is that of the gradient as it came, which stays where it is: the update clips what it reads. Where single
    numbers are limited, that comes before the limit on the norm. Source of the factor: PyTorch's clip_grad_norm_, limit / (norm + 1e-6),
    at most 1."""
    g, n = w[0], w[1]
    total = splat(0.0)
    if w[3] == 0:
        total = squares_of(F, g, n)
    for chain in range(w[3]):
        total = total + load(F, w[2] + 16 * chain, 16)
    q = hsum(total)
    norm, finite = np.sqrt(q), np.isfinite(q)
    if not finite:
        norm, finite = scaled_norm(F, g, n)
    F[NORM] = norm
    F[VERDICT] = 1.0 if finite and np.isfinite(F[LOSS]) else 0.0
    most = k[CLIP_VALUE]
    F[CLIP_MOST] = INFINITY
    if most > 0.0:
        F[CLIP_MOST] = most
        norm = np.sqrt(limited_squares(F, g, n, most))
    F[CLIP_SCALE] = k[CLIP] / (norm + 1e-6) if k[CLIP] > 0.0 and norm + 1e-6 > k[CLIP] else 1.0


@kernel
def judge_loss(F, R, w, k):
    """The verdict where there is no gradient.  No words."""
    F[NORM] = 0.0
    F[VERDICT] = 1.0 if np.isfinite(F[LOSS]) else 0.0


def emit_samples(e: Emit, graph: Graph) -> None:
    """The row task that fills the input and the columns; two where the first node takes the input by features."""
    e.at_node(OpNode(-1, "samples", (), graph.input, {}, ""), "forward")
    x = e.value(graph.input)
    used = {i for node in graph.nodes for i in node.inputs} | set(graph.outputs)
    columns = [
        (e.value(c), start, n) for c, (start, n) in zip(graph.columns, spans(graph, graph.columns), strict=True) if c in used
    ]
    wide = width(graph, graph.columns)

    def make(f: Frame) -> list[Instruction]:
        p = f.place(x)
        return [("take_samples", f.rows, f.r0, f.at(x), p.step, p.lines, p.length, p.pitch), *make_columns(f)]

    def make_columns(f: Frame) -> list[Instruction]:
        return [("take_column", f.rows, f.r0, f.at(c), n, start, wide) for c, start, n in columns]

    def make_features(f: Whole) -> list[list[Instruction]]:
        n = f.place(x).step
        return [[("take_features", f.rows, 0, f.at(x), n, first, end)] for first, end in f.split(n)]

    if e.by_features is None:
        e.rows(make, reads=[], writes=[x, *(c for c, _, _ in columns)])
        return
    e.features(make_features, reads=[], writes=[x])
    if columns:
        e.rows(make_columns, reads=[], writes=[c for c, _, _ in columns])


def emit_outputs(e: Emit, graph: Graph) -> None:
    """The row task that hands out what the network gives."""
    e.at_node(OpNode(-1, "outputs", graph.outputs, -1, {}, ""), "forward")
    ys, wide = [e.value(y) for y in graph.outputs], width(graph, graph.outputs)
    starts = [start for start, _ in spans(graph, graph.outputs)]

    def make(f: Frame) -> list[Instruction]:
        found: list[Instruction] = []
        for y, start in zip(ys, starts, strict=True):
            p = f.place(y)
            found.append(("give_outputs", f.rows, f.r0, f.at(y), p.step, p.lines, p.length, p.pitch, start, wide))
        return found

    e.rows(make, reads=ys, writes=[])


def width(graph: Graph, values: Sequence[int]) -> int:
    """Numbers that a sample has in a window of several values."""
    return sum(graph.values[i].type.count for i in values)


def spans(graph: Graph, values: Sequence[int]) -> list[tuple[int, int]]:
    """(first number, numbers) of each value in a sample's row of a window."""
    found, at = [], 0
    for i in values:
        count = graph.values[i].type.count
        found.append((at, count))
        at += count
    return found

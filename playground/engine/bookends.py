"""What every program does besides the network: take samples, give outputs, judge the gradient."""

from __future__ import annotations

import numpy as np

from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import Graph, OpNode
from playground.engine.kernel import kernel
from playground.engine.registers import CLIP, CLIP_SCALE, CURSOR, LOSS, NORM, ORDER, OUTPUTS, SHUFFLE, VERDICT, WINDOW_X, WINDOW_Y
from playground.engine.vocabulary import hsum, load, splat, store


@kernel
def take_samples(F, R, w, k):
    """Rows of the data window into the batch.  words: rows r0 | x sample lines length pitch | t target-numbers (0: no target)"""
    width = w[4] * w[5]
    for i in range(w[0]):
        row = R[CURSOR] + w[1] + i
        if R[SHUFFLE] == 1:
            row = R[R[ORDER] + row]
        source, x = R[WINDOW_X] + row * width, w[2] + i * w[3]
        for line in range(w[4]):
            for j in range(0, w[5], 16):
                store(F, x + line * w[6] + j, w[5] - j, load(F, source + line * w[5] + j, w[5] - j))
        source, t = R[WINDOW_Y] + row * w[8], w[7] + i * w[8]
        for j in range(0, w[8], 16):
            store(F, t + j, w[8] - j, load(F, source + j, w[8] - j))


@kernel
def give_outputs(F, R, w, k):
    """Rows of the batch into the output window.  words: rows r0 | y sample lines length pitch"""
    if R[OUTPUTS] != 0:
        width = w[4] * w[5]
        for i in range(w[0]):
            y, to = w[2] + i * w[3], R[OUTPUTS] + (R[CURSOR] + w[1] + i) * width
            for line in range(w[4]):
                for j in range(0, w[5], 16):
                    store(F, to + line * w[5] + j, w[5] - j, load(F, y + line * w[6] + j, w[5] - j))


@kernel
def judge(F, R, w, k):
    """Norm of the gradient, the clipping factor and the verdict.  words: gradient n

    Source of the factor: PyTorch's clip_grad_norm_, limit / (norm + 1e-6), at most 1."""
    s0, s1, s2, s3 = splat(0.0), splat(0.0), splat(0.0), splat(0.0)
    g, n = w[0], w[1]
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
    q = hsum((s0 + s1) + (s2 + s3))
    norm = np.sqrt(q)
    F[NORM] = norm
    F[VERDICT] = 1.0 if np.isfinite(q) and np.isfinite(F[LOSS]) else 0.0
    F[CLIP_SCALE] = k[CLIP] / (norm + 1e-6) if k[CLIP] > 0.0 and norm + 1e-6 > k[CLIP] else 1.0


@kernel
def judge_loss(F, R, w, k):
    """The verdict where there is no gradient.  No words."""
    F[NORM] = 0.0
    F[VERDICT] = 1.0 if np.isfinite(F[LOSS]) else 0.0


def emit_samples(e: Emit, graph: Graph) -> None:
    """The row task that fills the input and the target."""
    e.at_node(OpNode(-1, "samples", (), graph.input, {}, ""), "forward")
    x = e.value(graph.input)
    t = None if graph.target is None else e.value(graph.target)

    def make(f: Frame) -> list[Instruction]:
        p = f.place(x)
        target = (0, 0) if t is None else (f.at(t), f.place(t).count)
        return [("take_samples", f.rows, f.r0, f.at(x), p.step, p.lines, p.length, p.pitch, *target)]

    e.rows(make, reads=[], writes=[x] if t is None else [x, t])


def emit_outputs(e: Emit, graph: Graph) -> None:
    """The row task that hands out what the network gives."""
    e.at_node(OpNode(-1, "outputs", (graph.output,), -1, {}, ""), "forward")
    y = e.value(graph.output)

    def make(f: Frame) -> list[Instruction]:
        p = f.place(y)
        return [("give_outputs", f.rows, f.r0, f.at(y), p.step, p.lines, p.length, p.pitch)]

    e.rows(make, reads=[y], writes=[])

"""The axes of a sample in another order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store, transpose_block
from playground.errors import ShapeError

#: Most axes of a sample: what the kernels have loops for.
MOST_AXES = 6


@kernel
def permute_rows(F, R, w, k):
    """y (+)= x where the last axis stays the last.  words: samples length | x sample | y sample | add | five loops: extent, x step, y step"""
    for s in range(w[0]):
        for a in range(w[7]):
            for b in range(w[10]):
                for c in range(w[13]):
                    for d in range(w[16]):
                        x = w[2] + s * w[3] + a * w[8] + b * w[11] + c * w[14] + d * w[17]
                        y = w[4] + s * w[5] + a * w[9] + b * w[12] + c * w[15] + d * w[18]
                        for _ in range(w[19]):
                            for j in range(0, w[1], 16):
                                v = load(F, x + j, w[1] - j)
                                if w[6]:
                                    v = v + load(F, y + j, w[1] - j)
                                store(F, y + j, w[1] - j, v)
                            x += w[20]
                            y += w[21]


@kernel
def permute_blocks(F, R, w, k):
    """y (+)= x transposed in blocks of 16×16: rows become the last axis of y, columns are the last axis of x.

    words: samples | x sample | y sample | add scratch | rows cols, from row to row of x, from column to column in y |
    four loops: extent, x step, y step
    """
    rows, cols = w[7], w[8]
    for s in range(w[0]):
        for a in range(w[11]):
            for b in range(w[14]):
                for c in range(w[17]):
                    for d in range(w[20]):
                        x = w[1] + s * w[2] + a * w[12] + b * w[15] + c * w[18] + d * w[21]
                        y = w[3] + s * w[4] + a * w[13] + b * w[16] + c * w[19] + d * w[22]
                        for i in range(0, rows, 16):
                            for j in range(0, cols, 16):
                                m, n = min(16, rows - i), min(16, cols - j)
                                to = y + j * w[10] + i
                                if w[5]:
                                    transpose_block(F, x + i * w[9] + j, w[9], w[6], 16, m, n)
                                    for q in range(n):
                                        at = to + q * w[10]
                                        store(F, at, m, load(F, at, m) + load(F, w[6] + 16 * q, m))
                                else:
                                    transpose_block(F, x + i * w[9] + j, w[9], to, w[10], m, n)


class Permute(Op):
    """Attribute: order, the axes of the input (from 0, without the batch) in the order in which they become the output's."""

    id = "permute"
    onnx = "Transpose"
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, order = inputs[0], attributes["order"]
        if sorted(order) != list(range(x.rank)) or x.rank > MOST_AXES:
            raise ShapeError(f"needs each of the {x.rank} axes once, counted from 0, and at most {MOST_AXES} of them.")
        return TensorType(tuple(x.shape[i] for i in order))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.ascontiguousarray(inputs[0].transpose(0, *(1 + i for i in attributes["order"])))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        shape, order = e.graph.types(node)[0].shape, tuple(node.attributes["order"])
        _emit(e, shape, order, e.value(node.inputs[0]), e.value(node.output), add=False)

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is not None:
            order = node.attributes["order"]
            inverse = tuple(sorted(range(len(order)), key=lambda i: order[i]))
            _emit(e, e.graph.values[node.output].type.shape, inverse, e.upstream(node), dx, add=not e.begin(dx))

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """An order that leaves everything in place writes nothing: onnxruntime 1.23 exchanges the axes of a batch of vectors there."""
        perm = [0, *(1 + i for i in node.attributes["order"])]
        if perm == sorted(perm):
            held = w.held(node.inputs[0])
            w.hold(node.output, held.name, first=held.first)
            return
        w.hold(node.output, w.node("Transpose", [w.last(node.inputs[0])], label(node), perm=perm))


def _emit(e: Emit, shape: tuple[int, ...], order: tuple[int, ...], source: Ref, target: Ref, *, add: bool) -> None:
    extents, order = merged(shape, order)
    e.scratch(256)

    def make(f: Frame) -> list[Instruction]:
        lies: list[Word] = [f.at(source), f.place(source).step, f.at(target), f.place(target).step, int(add)]
        return [_instruction(f, extents, order, lies)]

    e.rows(make, reads=[source], writes=[target])


def _instruction(f: Frame, extents: tuple[int, ...], order: tuple[int, ...], lies: list[Word]) -> Instruction:
    last = len(extents) - 1
    steps = [math.prod(extents[i + 1 :]) for i in range(len(extents))]
    out = [extents[i] for i in order]
    out_steps = {axis: math.prod(out[at + 1 :]) for at, axis in enumerate(order)}
    if order[-1] == last:
        return (
            "permute_rows",
            f.rows,
            extents[last],
            *lies,
            *_loops(5, [(extents[i], steps[i], out_steps[i]) for i in order[:-1]]),
        )
    row = order[-1]
    loops = [(extents[i], steps[i], out_steps[i]) for i in order if i not in (row, last)]
    return (
        "permute_blocks",
        f.rows,
        *lies,
        f.scratch(),
        extents[row],
        extents[last],
        steps[row],
        out_steps[last],
        *_loops(4, loops),
    )


def _loops(count: int, loops: list[tuple[int, int, int]]) -> list[int]:
    filled = [(1, 0, 0)] * (count - len(loops)) + loops
    return [number for loop in filled for number in loop]


def merged(shape: tuple[int, ...], order: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The same move with fewer axes: those of one number are gone, those that stay neighbours are one."""
    kept = [i for i in order if shape[i] > 1] or [order[-1]]
    groups: list[list[int]] = []
    real = sorted(kept)
    for i in kept:
        if groups and real.index(i) == real.index(groups[-1][-1]) + 1:
            groups[-1].append(i)
        else:
            groups.append([i])
    ranked = sorted(range(len(groups)), key=lambda g: groups[g][0])
    extents = tuple(math.prod(shape[i] for i in groups[g]) for g in ranked)
    return extents, tuple(ranked.index(g) for g in range(len(groups)))

"""What softmax and its logarithm have in common, over many classes and over few: those go sixteen rows side by side in lanes, so that
no lane lies idle or waits for a sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import exp, first_lanes, hmax, load, log, splat, store, transpose_block, vmax, where
from playground.errors import ShapeError

#: Up to so many classes that is faster than row by row.
NARROW = 64
#: Numbers of scratch.
SCRATCH = 16 * NARROW


@inline
def narrow_softmax(F, at, c, log_form):
    """In place: F[at + 16·class + row]."""
    top = load(F, at, 16)
    for i in range(1, c):
        top = vmax(top, load(F, at + 16 * i, 16))
    total = splat(0.0)
    for i in range(c):
        v = load(F, at + 16 * i, 16) - top
        p = exp(v)
        total = total + p
        store(F, at + 16 * i, 16, v if log_form else p)
    share = log(total) if log_form else 1.0 / total
    for i in range(c):
        v = load(F, at + 16 * i, 16)
        store(F, at + 16 * i, 16, v - share if log_form else v * share)


@kernel
def softmax_narrow(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | classes, scratch, logarithm"""
    c, at = w[9], w[10]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16 * c):
                n = min(16, (w[2] - j) // c)
                for i in range(0, c, 16):
                    transpose_block(F, x + j + i, c, at + 16 * i, 16, n, min(16, c - i))
                narrow_softmax(F, at, c, w[11])
                for i in range(0, c, 16):
                    transpose_block(F, at + 16 * i, 16, y + j + i, c, min(16, c - i), n)


@inline
def largest(F, at, c):
    """Of F[at : at + c]."""
    best = splat(-3.4e38)
    for j in range(0, c, 16):
        best = vmax(best, where(first_lanes(c - j), load(F, at + j, c - j), -3.4e38))
    return hmax(best)


class RowSoftmax(Op):
    """Along the last axis of x, which may have any further axes; the largest is taken off first, so nothing overflows.

    A subclass has kernels `<id>_forward` (words: samples lines length | x line sample | y line sample | classes) and `<id>_backward`
    (words: samples lines length | y line sample | dy line sample | dx line sample | classes add).  logarithm: of the softmax.
    """

    logarithm: ClassVar[bool]

    def keeps_steps_of(self, inputs: Sequence[TensorType]) -> bool:
        return inputs[0].rank > 1

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].rank == 0:
            raise ShapeError("needs at least one axis of numbers.")
        return inputs[0]

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 5 * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, classes = e.value(node.inputs[0]), e.value(node.output), e.graph.values[node.output].type.shape[-1]
        e.scratch(SCRATCH)

        def make(f: Frame) -> list[Instruction]:
            if classes <= NARROW:
                return [("softmax_narrow", *sweep(f, x, y), classes, f.scratch(), int(self.logarithm))]
            return [(f"{self.id}_forward", *sweep(f, x, y), classes)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, y, dy, add = dx, e.value(node.output), e.upstream(node), int(not e.begin(dx))
        classes = e.graph.values[node.output].type.shape[-1]

        def make(f: Frame) -> list[Instruction]:
            return [(f"{self.id}_backward", *sweep(f, y, dy, to), classes, add)]

        e.rows(make, reads=[y, dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        axis = 1 if held.first else held.type.rank
        w.hold(node.output, w.node(self.onnx, [held.name], label(node), axis=axis), first=held.first)

"""A tensor added to every sample, such as the codes of positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.norms import add_up_gradients
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store, where
from playground.errors import ShapeError


@kernel
def add_tensor_forward(F, R, w, k):
    """y = x + p.  words: samples numbers | x p y"""
    for s in range(w[0]):
        x, y = w[2] + s * w[1], w[4] + s * w[1]
        for j in range(0, w[1], 16):
            n = w[1] - j
            store(F, y + j, n, load(F, x + j, n) + load(F, w[3] + j, n))


@kernel
def add_tensor_backward(F, R, w, k):
    """dx (+)= dy, and the sum of dy over the samples.

    words: samples numbers | dy x dx (0: not wanted) | sum (0: not wanted), start anew | mask by x, add
    """
    if w[5] and w[6]:
        for j in range(0, w[1], 16):
            store(F, w[5] + j, w[1] - j, 0.0)
    for s in range(w[0]):
        d, x, to = w[2] + s * w[1], w[3] + s * w[1], w[4] + s * w[1]
        for j in range(0, w[1], 16):
            n = w[1] - j
            v = load(F, d + j, n)
            if w[5]:
                store(F, w[5] + j, n, load(F, w[5] + j, n) + v)
            if w[4]:
                if w[8]:
                    v = v + load(F, to + j, n)
                if w[7]:
                    v = where(load(F, x + j, n) == 0.0, 0.0, v)
                store(F, to + j, n, v)


class AddTensor(Op):
    """Inputs x and a tensor of x's shape, a parameter or a constant."""

    id = "add_tensor"
    masks = True
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, p = inputs
        if x.shape != p.shape:
            raise ShapeError(f"adds {p} numbers to every sample; the input is {x}.")
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.asarray(inputs[0] + inputs[1])

    def hands_on(self, node: OpNode) -> tuple[int, ...]:
        return node.inputs[:1]

    def forward(self, e: Emit, node: OpNode) -> None:
        x, p, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        n = e.graph.values[node.output].type.count

        def make(f: Frame) -> list[Instruction]:
            return [("add_tensor_forward", f.rows, n, f.at(x), f.at(p), f.at(y))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, dy, n = e.value(node.inputs[0]), e.upstream(node), e.graph.values[node.output].type.count
        dx, dp, by = e.gradient(node.inputs[0]), e.gradient(node.inputs[1]), e.mask(node.inputs[0])
        if dx is not None and e.hands_on(node, node.inputs[0]):
            dx = None
        sums = None if dp is None else e.partial(n)
        if dx is None and sums is None:
            return
        tail = [int(by is not None), int(dx is not None and not e.begin(dx))]

        def make(f: Frame) -> list[Instruction]:
            kept = [0 if sums is None else f.partial(sums), int(f.first)]
            return [("add_tensor_backward", f.rows, n, f.at(dy), f.at(x), 0 if dx is None else f.at(dx), *kept, *tail)]

        reads = [dy] if by is None else [dy, x]
        e.rows(make, reads=reads, writes=[ref for ref in (dx, sums) if ref is not None])
        if sums is not None:
            add_up_gradients(e, sums, [dp], n)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        p = w.constant(*w.tensor(node.inputs[1]))
        w.hold(node.output, w.node("Add", [w.last(node.inputs[0]), p], label(node)))

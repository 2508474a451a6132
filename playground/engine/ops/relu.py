"""ReLU: max(0, x)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store, where


@kernel
def relu_forward(F, R, w, k):
    """words: samples lines length | x line sample | y line sample.  A NaN stays a NaN."""
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16):
                v = load(F, x + j, w[2] - j)
                store(F, y + j, w[2] - j, where(v < 0.0, 0.0, v))


@kernel
def relu_mask(F, R, w, k):
    """The gradient in place: zero where y is zero.  words: samples lines length | y line sample | dy line sample"""
    for s in range(w[0]):
        for row in range(w[1]):
            y, d = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16):
                store(F, d + j, w[2] - j, where(load(F, y + j, w[2] - j) == 0.0, 0.0, load(F, d + j, w[2] - j)))


@kernel
def relu_backward(F, R, w, k):
    """words: samples lines length | y line sample | dy line sample | dx line sample | add"""
    for s in range(w[0]):
        for row in range(w[1]):
            y, d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for j in range(0, w[2], 16):
                n = w[2] - j
                v = where(load(F, y + j, n) == 0.0, 0.0, load(F, d + j, n))
                if w[12]:
                    v = v + load(F, x + j, n)
                store(F, x + j, n, v)


class Relu(Op):
    """y = max(0, x) for x of any shape; a NaN stays a NaN. At 0 the gradient is 0, as in PyTorch: it is read off y."""

    id = "relu"
    onnx = "Relu"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.maximum(inputs[0], 0)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            return [("relu_forward", *sweep(f, x, y))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        y, dy = e.value(node.output), e.upstream(node)
        add = int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("relu_backward", *sweep(f, y, dy, dx), add)]

        e.rows(make, reads=[y, dy], writes=[dx])

"""Copy: the same numbers in another place, with or without a halo. The plan inserts it; no layer does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store


@kernel
def copy_lines(F, R, w, k):
    """y = x, or y += x.  words: samples lines length | x line sample | y line sample | add"""
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            if w[9]:
                for j in range(0, w[2], 16):
                    store(F, y + j, w[2] - j, load(F, x + j, w[2] - j) + load(F, y + j, w[2] - j))
            else:
                for j in range(0, w[2], 16):
                    store(F, y + j, w[2] - j, load(F, x + j, w[2] - j))


class Copy(Op):
    """y = x for x of any shape, where an op wants the numbers with a halo or without and they lie the other way."""

    id = "copy"
    onnx = "Identity"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return inputs[0].copy()

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            return [("copy_lines", *sweep(f, x, y), 0)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, add = e.upstream(node), int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("copy_lines", *sweep(f, dy, dx), add)]

        e.rows(make, reads=[dy], writes=[dx])

"""The mean over all positions: (height, width, channels) or (time, channels) becomes (channels,)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Place, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, splat, store
from playground.errors import ShapeError


@kernel
def average_all(F, R, w, k):
    """words: samples lines pixels-of-a-line channels | x line sample | y sample"""
    channels = w[3]
    share = np.float32(1) / np.float32(w[1] * w[2])
    for s in range(w[0]):
        for c in range(0, channels, 16):
            n = channels - c
            total = splat(0.0)
            for row in range(w[1]):
                x = w[4] + s * w[6] + row * w[5] + c
                for _ in range(w[2]):
                    total = total + load(F, x, n)
                    x += channels
            store(F, w[7] + s * w[8] + c, n, total * share)


@kernel
def average_all_backward(F, R, w, k):
    """words: samples lines pixels-of-a-line channels | dx line sample | dy sample | add"""
    channels = w[3]
    share = np.float32(1) / np.float32(w[1] * w[2])
    for s in range(w[0]):
        for c in range(0, channels, 16):
            n = channels - c
            part = load(F, w[7] + s * w[8] + c, n) * share
            for row in range(w[1]):
                x = w[4] + s * w[6] + row * w[5] + c
                for _ in range(w[2]):
                    store(F, x, n, load(F, x, n) + part if w[9] else part)
                    x += channels


def _words(f: Frame, x: Place, at: int, channels: int, y: int, step: int) -> list[Word]:
    return [f.rows, x.lines, x.length // channels, channels, at, x.pitch, x.step, y, step]


class GlobalAveragePool(Op):
    id = "global_average_pool"
    onnx = "GlobalAveragePool"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].rank not in (2, 3):
            raise ShapeError(f"needs an image or a sequence; the input is {inputs[0]}.")
        return TensorType((inputs[0].shape[-1],))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.asarray(inputs[0].mean(axis=tuple(range(1, inputs[0].ndim - 1))))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        channels = e.graph.types(node)[0].shape[-1]

        def make(f: Frame) -> list[Instruction]:
            return [("average_all", *_words(f, f.place(x), f.at(x), channels, f.at(y), f.place(y).step))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add = e.upstream(node), dx, int(not e.begin(dx))
        channels = e.graph.types(node)[0].shape[-1]

        def make(f: Frame) -> list[Instruction]:
            return [("average_all_backward", *_words(f, f.place(to), f.at(to), channels, f.at(dy), f.place(dy).step), add)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """GlobalAveragePool keeps axes of one; Flatten from axis 1 drops them."""
        y = w.node("GlobalAveragePool", [w.first(node.inputs[0])], f"{label(node)}_kept")
        w.hold(node.output, w.node("Flatten", [y], label(node), axis=1))

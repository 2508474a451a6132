"""The mean of each window, channel by channel; padding is not counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import moves as _moves  # noqa: F401  registers `fill`
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.windows import Windows, lies, zeros


class AveragePool2d(Op):
    """Attributes: kernel, stride (down, across), padding (top, left, bottom, right)."""

    id = "average_pool2d"
    onnx = "AveragePool"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        found = Windows.of(inputs[0], attributes)
        return TensorType((*found.output, found.channels), inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        found = Windows.of(TensorType(x.shape[1:]), attributes)
        y = np.empty((len(x), *found.output, found.channels), x.dtype)
        for (i, j), window in found.views(x):
            y[:, i, j] = window.mean(axis=(1, 2))
        return y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        height, width = attributes["kernel"]
        return int(height * width * output.count)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        found = Windows.of(e.graph.types(node)[0], node.attributes)

        def make(f: Frame) -> list[Instruction]:
            return [("average_pool", f.rows, *found.words(), *lies(f, x, y))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, first = e.upstream(node), dx, e.begin(dx)
        found = Windows.of(e.graph.types(node)[0], node.attributes)

        def make(f: Frame) -> list[Instruction]:
            scatter: Instruction = ("average_pool_backward", f.rows, *found.words(), *lies(f, dy, to))
            return [zeros(f, to), scatter] if first else [scatter]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        a = node.attributes
        y = w.node(
            "AveragePool", [w.first(node.inputs[0])], label(node),
            kernel_shape=list(a["kernel"]), strides=list(a.get("stride", a["kernel"])), pads=list(a.get("padding", (0, 0, 0, 0))), count_include_pad=0,
        )  # fmt: skip
        w.hold(node.output, y, first=True)

"""The largest number of each window, channel by channel."""

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


class MaxPool2d(Op):
    """Attributes: kernel, stride and dilation (down, across), padding (top, left, bottom, right), which never wins. A NaN gives NaN."""

    id = "max_pool2d"
    onnx = "MaxPool"
    masks = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        found = Windows.of(inputs[0], attributes)
        return TensorType((*found.output, found.channels), inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        found = Windows.of(TensorType(x.shape[1:]), attributes)
        top, left, bottom, right = found.padding
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=-np.inf)
        (height, width), (down, across), apart = found.output, found.stride, found.dilation
        y = np.full((len(x), height, width, found.channels), -np.inf, x.dtype)
        for i in range(0, found.reach[0], apart[0]):
            for j in range(0, found.reach[1], apart[1]):
                seen = padded[:, i : i + (height - 1) * down + 1 : down, j : j + (width - 1) * across + 1 : across]
                np.maximum(y, seen, out=y)
        return y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        height, width = attributes["kernel"]
        return int(height * width * output.count)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        found = Windows.of(e.graph.types(node)[0], node.attributes)

        def make(f: Frame) -> list[Instruction]:
            if found.dilated:
                return [("max_pool_dilated", f.rows, *found.words(), *lies(f, x, y, x), *found.dilation, 0)]
            return [("max_pool", f.rows, *found.words(), *lies(f, x, y))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        x, y, dy, to, first = e.value(node.inputs[0]), e.value(node.output), e.upstream(node), dx, e.begin(dx)
        found = Windows.of(e.graph.types(node)[0], node.attributes)
        beside = all(s >= k for s, k in zip(found.stride, found.kernel, strict=True))
        apart = not any(found.padding) and not found.dilated and beside
        covered = tuple(o * s for o, s in zip(found.output, found.stride, strict=True))
        tiled = apart and found.stride == found.kernel and covered == found.size
        masked = int(e.mask(node.inputs[0]) is not None)

        def make(f: Frame) -> list[Instruction]:
            name = "max_pool_backward_apart" if first and apart else "max_pool_backward"
            scatter: Instruction = (name, f.rows, *found.words(), *lies(f, x, y, dy, to), masked)
            if found.dilated:
                places = lies(f, x, y, dy, to, x)
                scatter = ("max_pool_dilated_backward", f.rows, *found.words(), *places, *found.dilation, 0, masked)
            return [zeros(f, to), scatter] if first and not tiled else [scatter]

        e.rows(make, reads=[x, y, dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Padding of a dilated window may reach the kernel's size, which runtimes refuse: then the least number is put around before."""
        a, x = node.attributes, w.first(node.inputs[0])
        pads = list(a.get("padding", (0, 0, 0, 0)))
        if any(p >= a["kernel"][axis % 2] for axis, p in enumerate(pads)):
            around = w.constant(f"{label(node)}_around", np.array([0, 0, *pads[:2], 0, 0, *pads[2:]], np.int64))
            least = w.constant("least", np.array(np.finfo(np.float32).min, np.float32))
            x, pads = w.node("Pad", [x, around, least], f"{label(node)}_padded"), [0, 0, 0, 0]
        more = {"dilations": list(a["dilation"])} if "dilation" in a else {}
        y = w.node(
            "MaxPool", [x], label(node),
            kernel_shape=list(a["kernel"]), strides=list(a.get("stride", a["kernel"])), pads=pads, **more,
        )  # fmt: skip
        w.hold(node.output, y, first=True)

"""The mean of each window of steps, channel by channel; padding is not counted."""

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
from playground.engine.ops.max_pool1d import onnx_absent, onnx_pool, seen, windows_of
from playground.engine.windows import Windows, lies, zeros


class AveragePool1d(Op):
    """Inputs: x (time, channels) and optionally mask (time,): absent steps are not counted, a window without a step gives 0.

    Attributes: kernel, stride, padding (before, after).
    """

    id = "average_pool1d"
    onnx = "AveragePool"
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        found = windows_of(inputs, attributes)
        return TensorType((found.output[1], found.channels), inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        found = Windows.of_steps(TensorType(x.shape[1:]), attributes)
        there = inputs[1][..., None] != 0 if len(inputs) > 1 else np.ones((*x.shape[:2], 1), bool)
        total = np.stack([window.sum(axis=1) for window in seen(np.where(there, x, 0.0), found)], axis=1)
        count = np.stack([window.sum(axis=1) for window in seen(there, found)], axis=1)
        return np.asarray(total / np.maximum(count, 1), x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return int(attributes["kernel"]) * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None
        found = windows_of(e.graph.types(node), node.attributes)

        def make(f: Frame) -> list[Instruction]:
            if mask is None:
                return [("average_pool", f.rows, *found.words(), *lies(f, x, y))]
            return [("average_pool_present", f.rows, *found.words(), *lies(f, x, y, mask))]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, first = e.upstream(node), dx, e.begin(dx)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None
        found = windows_of(e.graph.types(node), node.attributes)

        def make(f: Frame) -> list[Instruction]:
            scatter: Instruction
            if mask is None:
                scatter = ("average_pool_backward", f.rows, *found.words(), *lies(f, dy, to))
            else:
                scatter = ("average_pool_present_backward", f.rows, *found.words(), *lies(f, dy, to, mask))
            return [zeros(f, to), scatter] if first else [scatter]

        e.rows(make, reads=[dy] if mask is None else [dy, mask], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Over present steps: the mean of x with zeros for the absent ones, divided by the mean of the marks."""
        x = w.first(node.inputs[0])
        if len(node.inputs) == 1:
            w.hold(node.output, onnx_pool(w, node, "AveragePool", x, label(node), count_include_pad=0), first=True)
            return
        zero, one = w.constant("zero", np.array(0, np.float32)), w.constant("one", np.array(1, np.float32))
        absent = onnx_absent(w, node)
        kept = w.node("Where", [absent, zero, x], f"{label(node)}_kept")
        marks = w.node("Where", [absent, zero, one], f"{label(node)}_marks")
        total = onnx_pool(w, node, "AveragePool", kept, f"{label(node)}_total", count_include_pad=1)
        count = onnx_pool(w, node, "AveragePool", marks, f"{label(node)}_count", count_include_pad=1)
        none = w.node("Equal", [count, zero], f"{label(node)}_none")
        least = w.node("Where", [none, one, count], f"{label(node)}_least")
        w.hold(node.output, w.node("Div", [total, least], label(node)), first=True)

"""The largest number of each window of steps, channel by channel."""

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
from playground.errors import ShapeError


def windows_of(inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> Windows:
    """The windows over x. Raises ShapeError, also for a mask that does not count its steps."""
    found = Windows.of_steps(inputs[0], attributes)
    if len(inputs) > 1 and inputs[1].shape != inputs[0].shape[:1]:
        raise ShapeError(f"needs one mark for every step; the input is {inputs[0]}, the mask {inputs[1]}.")
    return found


def seen(x: np.ndarray, found: Windows) -> list[np.ndarray]:
    """What each window sees of x (n, time, ...), for references."""
    starts, apart = [j * found.stride[1] - found.padding[1] for j in range(found.output[1])], found.dilation[1]
    return [x[:, start if start >= 0 else start % apart : start + found.reach[1] : apart] for start in starts]


def onnx_pool(w: OnnxWriter, node: OpNode, name: str, x: str, what: str, **more: Any) -> str:
    """One of ONNX's pools over x (n, channels, time)."""
    a = node.attributes
    kernel = int(a["kernel"])
    given = {"kernel_shape": [kernel], "strides": [int(a.get("stride", kernel))], "pads": list(a.get("padding", (0, 0)))}
    if "dilation" in a:
        given["dilations"] = [int(a["dilation"])]
    return w.node(name, [x], what, **{**given, **more})


def onnx_absent(w: OnnxWriter, node: OpNode) -> str:
    """Where a step is absent: (n, 1, time), for values with channels first."""
    axis = w.constant("axis_1", np.array([1], np.int64))
    mask = w.node("Unsqueeze", [w.last(node.inputs[1]), axis], f"{label(node)}_mask")
    return w.node("Equal", [mask, w.constant("zero", np.array(0, np.float32))], f"{label(node)}_absent")


class MaxPool1d(Op):
    """Inputs: x (time, channels) and optionally mask (time,): absent steps never win, and a window without a step gives 0.

    Attributes: kernel, stride, dilation, padding (before, after), which never wins. A NaN gives NaN.
    """

    id = "max_pool1d"
    onnx = "MaxPool"
    is_flat = True
    masks = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        found = windows_of(inputs, attributes)
        return TensorType((found.output[1], found.channels), inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        found = Windows.of_steps(TensorType(x.shape[1:]), attributes)
        there = inputs[1][..., None] != 0 if len(inputs) > 1 else np.ones((*x.shape[:2], 1), bool)
        y = np.stack([window.max(axis=1) for window in seen(np.where(there, x, -np.inf), found)], axis=1)
        some = np.stack([window.any(axis=1) for window in seen(there, found)], axis=1)
        return np.where(some, y, 0.0).astype(x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return int(attributes["kernel"]) * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None
        found = windows_of(e.graph.types(node), node.attributes)

        def make(f: Frame) -> list[Instruction]:
            if found.dilated:
                places = lies(f, x, y, x if mask is None else mask)
                return [("max_pool_dilated", f.rows, *found.words(), *places, *found.dilation, int(mask is not None))]
            if mask is None:
                return [("max_pool", f.rows, *found.words(), *lies(f, x, y))]
            return [("max_pool_present", f.rows, *found.words(), *lies(f, x, y, mask))]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        x, y, dy, to, first = e.value(node.inputs[0]), e.value(node.output), e.upstream(node), dx, e.begin(dx)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None
        found = windows_of(e.graph.types(node), node.attributes)
        apart = not any(found.padding) and found.stride[1] >= found.kernel[1] and mask is None and not found.dilated
        covers = apart and found.stride == found.kernel and found.output[1] * found.stride[1] == found.size[1]
        masked = int(e.mask(node.inputs[0]) is not None)

        def make(f: Frame) -> list[Instruction]:
            scatter: Instruction
            if found.dilated:
                places = lies(f, x, y, dy, to, x if mask is None else mask)
                marks = (*found.dilation, int(mask is not None), masked)
                scatter = ("max_pool_dilated_backward", f.rows, *found.words(), *places, *marks)
            elif mask is None:
                name = "max_pool_backward_apart" if first and apart else "max_pool_backward"
                scatter = (name, f.rows, *found.words(), *lies(f, x, y, dy, to), masked)
            else:
                scatter = ("max_pool_present_backward", f.rows, *found.words(), *lies(f, x, y, dy, to, mask), masked)
            return [zeros(f, to), scatter] if first and not covers else [scatter]

        e.rows(make, reads=[x, y, dy] if mask is None else [x, y, dy, mask], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """The least number stands for padding and absent steps; ONNX's reference interpreter (1.23) cannot pad at stride 1."""
        x, least = w.first(node.inputs[0]), w.constant("least", np.array(np.finfo(np.float32).min, np.float32))
        if len(node.inputs) == 1:
            w.hold(node.output, self._onnx_pool(w, node, x, least, label(node)), first=True)
            return
        present = w.node("Where", [onnx_absent(w, node), least, x], f"{label(node)}_present")
        y = self._onnx_pool(w, node, present, least, f"{label(node)}_largest")
        none = w.node("Equal", [y, least], f"{label(node)}_none")
        w.hold(node.output, w.node("Where", [none, w.constant("zero", np.array(0, np.float32)), y], label(node)), first=True)

    def _onnx_pool(self, w: OnnxWriter, node: OpNode, x: str, least: str, what: str) -> str:
        before, after = node.attributes.get("padding", (0, 0))
        if before or after:
            around = w.constant(f"{label(node)}_around", np.array([0, 0, before, 0, 0, after], np.int64))
            x = w.node("Pad", [x, around, least], f"{label(node)}_padded")
        return onnx_pool(w, node, "MaxPool", x, what, pads=[0, 0])

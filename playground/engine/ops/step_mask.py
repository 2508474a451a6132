"""Which steps of a sequence are there: 1 where any feature differs from a value, 0 where all equal it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.operands import float_word
from playground.engine.ops.base import Op
from playground.engine.vocabulary import as_float, first_lanes, hsum, load, splat, where
from playground.errors import ShapeError


@kernel
def step_mask(F, R, w, k):
    """words: samples steps numbers-of-a-step | x step sample | y sample | value"""
    value = as_float(w[8])
    for s in range(w[0]):
        for step in range(w[1]):
            x, others = w[3] + step * w[4] + s * w[5], splat(0.0)
            for j in range(0, w[2], 16):
                others = others + where(first_lanes(w[2] - j) & (load(F, x + j, w[2] - j) != value), 1.0, 0.0)
            F[w[6] + s * w[7] + step] = np.float32(1) if hsum(others) > np.float32(0) else np.float32(0)


class StepMask(Op):
    """Attribute: value. Input (steps, ...), output (steps,)."""

    id = "step_mask"
    is_flat = True
    carries_gradient = False

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].rank < 2:
            raise ShapeError(f"needs a sequence: steps×features; the input is {inputs[0]}.")
        return TensorType(inputs[0].shape[:1], ("time",))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        return (x != np.float32(attributes["value"])).any(axis=tuple(range(2, x.ndim))).astype(x.dtype)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, type = e.value(node.inputs[0]), e.value(node.output), e.graph.types(node)[0]
        steps, numbers, value = type.shape[0], type.count // type.shape[0], float_word(node.attributes["value"])

        def make(f: Frame) -> list[Instruction]:
            return [("step_mask", f.rows, steps, numbers, f.at(x), numbers, f.place(x).step, f.at(y), f.place(y).step, value)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        """There is none."""

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        type = w.graph.values[node.inputs[0]].type
        name = label(node)
        value = w.constant(f"{name}_value", np.array(node.attributes["value"], np.float32))
        axes = w.constant(f"{name}_axes", np.arange(2, type.rank + 1, dtype=np.int64))
        same = w.node("Equal", [w.last(node.inputs[0]), value], f"{name}_same")
        other = w.node("Cast", [w.node("Not", [same], f"{name}_not")], f"{name}_other", to=1)
        w.hold(node.output, w.node("ReduceMax", [other, axes], name, keepdims=0))

"""The same numbers seen with another shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.errors import ShapeError


class Reshape(Op):
    """Attribute: shape of the output; numbers keep their order (height, width, channels). Usually no work at all."""

    id = "reshape"
    keeps_tokens = True
    onnx = "Reshape"
    is_view = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        shape = tuple(int(n) for n in attributes["shape"])
        if math.prod(shape) != inputs[0].count:
            raise ShapeError(f"needs {math.prod(shape)} numbers for this shape; the input {inputs[0]} has {inputs[0].count}.")
        return TensorType(shape)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return inputs[0].reshape(len(inputs[0]), *attributes["shape"])

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            return [("copy_lines", *sweep(f, x, y), 0)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add = e.upstream(node), dx, int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("copy_lines", *sweep(f, dy, to), add)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        shape = w.graph.values[node.output].type.shape
        extents = w.constant(f"{label(node)}_shape", np.array([-1, *shape], np.int64))
        w.hold(node.output, w.node("Reshape", [w.last(node.inputs[0]), extents], label(node)))

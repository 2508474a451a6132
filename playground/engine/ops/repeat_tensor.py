"""The same tensor for every sample: how a parameter or a constant becomes a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, sweep
from playground.engine.graph import OpNode
from playground.engine.moves import sum_copies
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op


class RepeatTensor(Op):
    """Inputs: any value of the samples, which only tells how many there are, and the tensor. No gradient goes to the former."""

    id = "repeat_tensor"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return TensorType(inputs[1].shape)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, tensor = inputs
        return np.repeat(tensor[None], len(x), axis=0)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        tensor, y = e.value(node.inputs[1]), e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            p = f.place(y)
            return [("copy_lines", f.rows, p.lines, p.length, f.at(tensor), p.length, 0, f.at(y), p.pitch, p.step, 0)]

        e.rows(make, reads=[], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx, dtensor, dy = e.gradient(node.inputs[0]), e.gradient(node.inputs[1]), e.upstream(node)
        if dx is not None and e.begin(dx):
            self._nothing(e, dx)
        if dtensor is not None:
            self._sum(e, e.graph.values[node.output].type.count, dy, dtensor)

    def _nothing(self, e: Emit, dx: Ref) -> None:
        def make(f: Frame) -> list[Instruction]:
            return [("fill", *sweep(f, dx))]

        e.rows(make, reads=[], writes=[dx])

    def _sum(self, e: Emit, n: int, dy: Ref, target: Ref) -> None:
        sums, add = e.partial(n, per="block"), not e.begin(target)

        def add_up(f: Frame) -> list[Instruction]:
            p = f.place(dy)
            return [
                ("column_sums", f.at(dy) + i * p.pitch, f.partial(sums) + i * p.length, p.length, 1, 1, 0, 0, f.rows, p.step, 0)
                for i in range(p.lines)
            ]

        def conclude(f: Whole) -> list[list[Instruction]]:
            at, copies, apart = f.partials(sums)
            return [[sum_copies(at, copies, apart, f.at(target), n, add=add)]]

        e.rows(add_up, reads=[dy], writes=[sums])
        e.whole(conclude, reads=[sums], writes=[target])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Expand to as many as the first input has."""
        shape, name = w.graph.values[node.output].type.shape, label(node)
        tensor = w.constant(*w.tensor(node.inputs[1]))
        rows = w.node("Shape", [w.held(node.inputs[0]).name], f"{name}_rows", start=0, end=1)
        extents = w.constant(f"{name}_extents", np.array(shape, np.int64))
        wanted = w.node("Concat", [rows, extents], f"{name}_shape", axis=0)
        w.hold(node.output, w.node("Expand", [tensor, wanted], name))

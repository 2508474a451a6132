"""Zeros in the place of absent steps, so that what a window sees of them is padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store
from playground.errors import ShapeError


@kernel
def zero_absent(F, R, w, k):
    """y (+)= x where a step is there, 0 where not, whatever x holds.  words: steps-of-all-samples numbers | mask x y | add"""
    n = w[1]
    for t in range(w[0]):
        x, y = w[3] + t * n, w[4] + t * n
        there = F[w[2] + t] != 0.0
        for j in range(0, n, 16):
            if w[5]:
                if there:
                    store(F, y + j, n - j, load(F, y + j, n - j) + load(F, x + j, n - j))
            elif there:
                store(F, y + j, n - j, load(F, x + j, n - j))
            else:
                store(F, y + j, n - j, 0.0)


class ZeroAbsent(Op):
    """Inputs x (steps, ...) and mask (steps,)."""

    id = "zero_absent"
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, mask = inputs
        if not x.shape or mask.shape != x.shape[:1]:
            raise ShapeError(f"needs one mark for every step; the input is {x}, the mask {mask}.")
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, mask = inputs
        return np.where(mask.reshape(*mask.shape, *(1,) * (x.ndim - 2)) != 0, x, 0.0).astype(x.dtype)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, mask, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        self._emit(e, node, mask, x, y, add=False)

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is not None:
            self._emit(e, node, e.value(node.inputs[1]), e.upstream(node), dx, add=not e.begin(dx))

    def _emit(self, e: Emit, node: OpNode, mask: Ref, x: Ref, y: Ref, *, add: bool) -> None:
        type = e.graph.types(node)[0]
        steps, numbers = type.shape[0], type.count // type.shape[0]

        def make(f: Frame) -> list[Instruction]:
            return [("zero_absent", f.rows * steps, numbers, f.at(mask), f.at(x), f.at(y), int(add))]

        e.rows(make, reads=[x, mask], writes=[y])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        rank = w.graph.values[node.inputs[0]].type.rank
        mask = w.last(node.inputs[1])
        if rank > 1:
            axes = w.constant(f"axes_2_to_{rank}", np.arange(2, rank + 1))
            mask = w.node("Unsqueeze", [mask, axes], f"{label(node)}_mask")
        zero = w.constant("zero", np.array(0, np.float32))
        absent = w.node("Equal", [mask, zero], f"{label(node)}_absent")
        w.hold(node.output, w.node("Where", [absent, zero, w.last(node.inputs[0])], label(node)))

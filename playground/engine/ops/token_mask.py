"""Which steps hold a token and which only padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store, where
from playground.errors import ShapeError

#: ONNX's number for float32.
ONNX_FLOAT = 1


@kernel
def token_mask(F, R, w, k):
    """y = 1 where x is another token than this one, else 0.  words: x y n | token"""
    for j in range(0, w[2], 16):
        store(F, w[1] + j, w[2] - j, where(load(F, w[0] + j, w[2] - j) == np.float32(w[3]), 0.0, 1.0))


class TokenMask(Op):
    """Input tokens (steps,).  Attributes: padding, the token that means that there is none."""

    id = "token_mask"
    is_flat = True
    carries_gradient = False

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].rank != 1:
            raise ShapeError(f"needs a row of tokens; the input is {inputs[0]}.")
        return TensorType(inputs[0].shape, inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return (inputs[0] != attributes["padding"]).astype(inputs[0].dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        steps = e.graph.values[node.output].type.count

        def make(f: Frame) -> list[Instruction]:
            return [("token_mask", f.at(x), f.at(y), f.rows * steps, int(node.attributes["padding"]))]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        """Whole numbers have no gradient."""

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        token = w.constant(f"{label(node)}_padding", np.float32(node.attributes["padding"]))
        same = w.node("Equal", [w.last(node.inputs[0]), token], f"{label(node)}_same")
        there = w.node("Not", [same], f"{label(node)}_there")
        w.hold(node.output, w.node("Cast", [there], label(node), to=ONNX_FLOAT))

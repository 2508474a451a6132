"""Which steps of a sequence are there, from its length."""

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
from playground.engine.vocabulary import ramp, splat, store, where
from playground.errors import ShapeError


@kernel
def length_mask(F, R, w, k):
    """y[s, t] = 1 where t < length[s], else 0.  words: samples steps | length y"""
    for s in range(w[0]):
        length, y = F[w[2] + s], w[3] + s * w[1]
        for j in range(0, w[1], 16):
            store(F, y + j, w[1] - j, where(ramp(np.float32(j)) < length, splat(1.0), splat(0.0)))


class LengthMask(Op):
    """Input: a length, (). Attribute: steps.  Output: (steps,), 1 for the first steps and 0 for the padding behind them."""

    id = "length_mask"
    carries_gradient = False
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].shape != ():
            raise ShapeError(f"A length is one number for each sample; {inputs[0]} was given.")
        return TensorType((int(attributes["steps"]),))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return (np.arange(attributes["steps"]) < inputs[0][:, None]).astype(inputs[0].dtype)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, steps = e.value(node.inputs[0]), e.value(node.output), int(node.attributes["steps"])

        def make(f: Frame) -> list[Instruction]:
            return [("length_mask", f.rows, steps, f.at(x), f.at(y))]

        e.rows(make, reads=[x], writes=[y])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        places = w.constant(f"{label(node)}_places", np.arange(int(node.attributes["steps"]), dtype=np.float32)[None])
        axis = w.constant(f"{label(node)}_axis", np.array([1], np.int64))
        lengths = w.node("Unsqueeze", [w.held(node.inputs[0]).name, axis], f"{label(node)}_lengths")
        w.hold(node.output, w.node("Cast", [w.node("Less", [places, lengths], f"{label(node)}_less")], label(node), to=1))

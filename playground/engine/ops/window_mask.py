"""Which windows over a masked sequence count: the mask of what a convolution or a pool of steps gives."""

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
from playground.errors import ShapeError


@kernel
def window_mask(F, R, w, k):
    """words: samples steps, windows | taps, tap step, stride, first tap | all of them (else any) | mask y"""
    for s in range(w[0]):
        for i in range(w[2]):
            there, first = w[7], w[6] + i * w[5]
            for tap in range(w[3]):
                at = min(max(first + tap * w[4], 0), w[1] - 1)
                seen = 1 if F[w[8] + s * w[1] + at] != 0.0 else 0
                there = min(there, seen) if w[7] else max(there, seen)
            F[w[9] + s * w[2] + i] = np.float32(there)


class WindowMask(Op):
    """Input: mask (steps,). Output: (windows,), 1 where all (or any) of a window's taps are there.

    Window i sees the steps first + i · stride + t · dilation, t < taps; those outside are taken for the nearest inside.
    Attributes: windows, taps, dilation, stride, first, rule ("all" or "any").
    """

    id = "window_mask"
    is_flat = True
    carries_gradient = False

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].rank != 1:
            raise ShapeError(f"needs a mask of steps; the input is {inputs[0]}.")
        return TensorType((int(attributes["windows"]),))

    def _places(self, steps: int, attributes: Mapping[str, Any]) -> np.ndarray:
        """Steps that each window sees: (windows, taps)."""
        a = attributes
        starts = a["first"] + np.arange(a["windows"])[:, None] * a["stride"]
        return np.clip(starts + np.arange(a["taps"]) * a["dilation"], 0, steps - 1)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        seen = inputs[0][:, self._places(inputs[0].shape[1], attributes)] != 0
        there = seen.all(axis=2) if attributes["rule"] == "all" else seen.any(axis=2)
        return there.astype(inputs[0].dtype)

    def forward(self, e: Emit, node: OpNode) -> None:
        mask, y, a = e.value(node.inputs[0]), e.value(node.output), node.attributes
        steps = e.graph.types(node)[0].shape[0]
        words = (steps, a["windows"], a["taps"], a["dilation"], a["stride"], a["first"], int(a["rule"] == "all"))

        def make(f: Frame) -> list[Instruction]:
            return [("window_mask", f.rows, *words, f.at(mask), f.at(y))]

        e.rows(make, reads=[mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        """A mask has no gradient."""

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        steps = w.graph.values[node.inputs[0]].type.shape[0]
        places = w.constant(f"{label(node)}_steps", self._places(steps, node.attributes))
        seen = w.node("Gather", [w.last(node.inputs[0]), places], f"{label(node)}_seen", axis=1)
        axis = w.constant("axis_2", np.array([2], np.int64))
        reduce = "ReduceMin" if node.attributes["rule"] == "all" else "ReduceMax"
        w.hold(node.output, w.node(reduce, [seen, axis], label(node), keepdims=0))

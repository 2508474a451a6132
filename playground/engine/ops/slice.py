"""Some entries of one axis, every `step`-th of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Word, sweep
from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.errors import ShapeError


class Slice(Op):
    """Attributes: axis of the sample (from 0), start, count, step: entries start, start + step, ..., `count` of them."""

    id = "slice"
    keeps_tokens = True
    onnx = "Slice"
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, axis, start, count, step = inputs[0], *_numbers(attributes)
        if not (0 <= axis < x.rank and start >= 0 and count >= 1 and step >= 1 and start + (count - 1) * step < x.shape[axis]):
            raise ShapeError(f"takes entries that are not there; the input is {x}.")
        return TensorType((*x.shape[:axis], count, *x.shape[axis + 1 :]), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        axis, start, count, step = _numbers(attributes)
        return np.take(inputs[0], start + step * np.arange(count), axis=1 + axis)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def _words(self, e: Emit, node: OpNode) -> tuple[list[Word], list[Word], list[Word], int]:
        """Lines, positions and columns of `copy_columns`; line and position step of the large side, of the small one; first number."""
        axis, start, count, step = _numbers(node.attributes)
        shape = e.graph.types(node)[0].shape
        outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
        whole = [shape[axis] * inner, step * inner]
        part = [count * inner, inner]
        extents = [outer, 1, count * inner] if step == 1 else [outer, count, inner]
        return [*extents], [*whole], [*part], start * inner

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        extents, whole, part, first = self._words(e, node)

        def make(f: Frame) -> list[Instruction]:
            source: list[Word] = [f.at(x) + first, whole[0], f.place(x).step, whole[1]]
            return [("copy_columns", f.rows, *extents, *source, f.at(y), part[0], f.place(y).step, part[1], 0)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, begins = e.upstream(node), dx, e.begin(dx)
        extents, whole, part, first = self._words(e, node)

        def make(f: Frame) -> list[Instruction]:
            target: list[Word] = [f.at(to) + first, whole[0], f.place(to).step, whole[1]]
            cleared: list[Instruction] = [("fill", *sweep(f, to))] if begins else []
            added = int(not begins)
            return [*cleared, ("copy_columns", f.rows, *extents, f.at(dy), part[0], f.place(dy).step, part[1], *target, added)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        axis, start, count, step = _numbers(node.attributes)
        name = label(node)
        ends = [start, start + (count - 1) * step + 1, 1 + axis, step]
        words = [
            w.constant(f"{name}_{what}", np.array([n], np.int64))
            for what, n in zip(("start", "end", "axis", "step"), ends, strict=True)
        ]
        w.hold(node.output, w.node("Slice", [w.last(node.inputs[0]), *words], name))


def _numbers(attributes: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return (int(attributes["axis"]), int(attributes["start"]), int(attributes["count"]), int(attributes.get("step", 1)))

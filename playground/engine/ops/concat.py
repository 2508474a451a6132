"""Values side by side along an axis."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word
from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.errors import ShapeError


@dataclasses.dataclass(frozen=True)
class Along:
    """How a value is walked for an axis: `outer` blocks, each with the axis's entries of `inner` numbers one after the other.

    by_lines: the value is an image, which may have gaps between its rows; outer then counts rows (axis 1) or pixels (axis 2).
    """

    axis: int
    outer: int
    inner: int
    by_lines: bool

    @classmethod
    def of(cls, shape: tuple[int, ...], axis: int) -> Along:
        return cls(axis, math.prod(shape[:axis]), math.prod(shape[axis + 1 :]), len(shape) == 3)

    def extents(self, f: Frame, large: Ref, entries: int) -> list[Word]:
        """Lines, positions and columns of `copy_columns` for so many entries."""
        place = f.place(large)
        if not self.by_lines:
            return [self.outer, 1, entries * self.inner]
        if self.axis == 0:
            return [entries, 1, place.length]
        return [place.lines, 1, entries * self.inner] if self.axis == 1 else [place.lines, self.outer // place.lines, entries]

    def walk(self, f: Frame, ref: Ref, entries: int, first: int = 0) -> list[Word]:
        """at, line, sample and position step in a value that has so many entries, from the first-th on."""
        place = f.place(ref)
        if not self.by_lines:
            return [f.at(ref) + first * self.inner, entries * self.inner, place.step, 0]
        if self.axis == 0:
            return [f.at(ref) + first * place.pitch, place.pitch, place.step, 0]
        return [f.at(ref) + first * self.inner, place.pitch, place.step, entries]


class Concat(Op):
    """Two or more inputs that agree on all axes but one. Attribute: axis of the sample, from 0 or -1 for the last (the default)."""

    id = "concat"
    onnx = "Concat"

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        shape = inputs[0].shape
        axis = int(attributes.get("axis", -1)) % max(1, len(shape))
        others = {(*x.shape[:axis], *x.shape[axis + 1 :]) for x in inputs}
        if not shape or any(x.rank != len(shape) for x in inputs) or len(others) > 1:
            where = "the last" if axis == len(shape) - 1 else f"axis {axis}"
            raise ShapeError(f"needs shapes that agree on all axes but {where}; they are {', '.join(map(str, inputs))}.")
        return TensorType((*shape[:axis], sum(x.shape[axis] for x in inputs), *shape[axis + 1 :]), inputs[0].axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        axis = int(attributes.get("axis", -1))
        return np.concatenate(inputs, axis=axis if axis < 0 else 1 + axis)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def _parts(self, e: Emit, node: OpNode) -> tuple[Along, int, list[tuple[int, int]]]:
        """The walk, entries of the output, and (first entry, entries) of each input."""
        shape = e.graph.values[node.output].type.shape
        axis = int(node.attributes.get("axis", -1)) % len(shape)
        counts = [type.shape[axis] for type in e.graph.types(node)]
        return Along.of(shape, axis), shape[axis], [(sum(counts[:i]), n) for i, n in enumerate(counts)]

    def forward(self, e: Emit, node: OpNode) -> None:
        xs, y = [e.value(i) for i in node.inputs], e.value(node.output)
        along, total, parts = self._parts(e, node)

        def make(f: Frame) -> list[Instruction]:
            return [
                ("copy_columns", f.rows, *along.extents(f, x, n), *along.walk(f, x, n), *along.walk(f, y, total, first), 0)
                for x, (first, n) in zip(xs, parts, strict=True)
            ]

        e.rows(make, reads=xs, writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        along, total, parts = self._parts(e, node)
        for i, (first, n) in zip(node.inputs, parts, strict=True):
            dx = e.gradient(i)
            if dx is not None:
                self._hand_back(e, e.upstream(node), dx, along, (total, first, n), not e.begin(dx))

    def _hand_back(self, e: Emit, dy: Ref, dx: Ref, along: Along, part: tuple[int, int, int], add: bool) -> None:
        total, first, n = part

        def make(f: Frame) -> list[Instruction]:
            return [
                (
                    "copy_columns",
                    f.rows,
                    *along.extents(f, dx, n),
                    *along.walk(f, dy, total, first),
                    *along.walk(f, dx, n),
                    int(add),
                )
            ]

        e.rows(make, reads=[dy], writes=[dx])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        first, rank = w.held(node.inputs[0]).first, w.graph.values[node.output].type.rank
        axis = int(node.attributes.get("axis", -1)) % rank
        place = axis + 1 if not first else 1 if axis == rank - 1 else axis + 2
        w.hold(node.output, w.node("Concat", [w.like(i, first) for i in node.inputs], label(node), axis=place), first=first)

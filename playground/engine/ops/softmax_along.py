"""Softmax over any axis of a sample, or its logarithm, with marks of the steps that take part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.ops.global_average_pool import onnx_marks
from playground.engine.vocabulary import exp, load, log, splat, store, vmax
from playground.errors import ShapeError


@inline
def takes_part(F, marks, i):
    """Whether entry i counts; all do where there are no marks."""
    return marks == 0 or F[marks + i] != 0.0


@kernel
def softmax_along(F, R, w, k):
    """Columns of `inner` lie side by side in lanes.  words: samples outer entries inner | x y mask (or 0): at sample | logarithm"""
    entries, inner = w[2], w[3]
    for s in range(w[0]):
        marks = w[8] + s * w[9] if w[8] else 0
        for o in range(w[1]):
            for j in range(0, inner, 16):
                at, n = o * entries * inner + j, inner - j
                x, y = w[4] + s * w[5] + at, w[6] + s * w[7] + at
                top, total = splat(-3.4e38), splat(0.0)
                for i in range(entries):
                    if takes_part(F, marks, i):
                        top = vmax(top, load(F, x + i * inner, n))
                for i in range(entries):
                    if takes_part(F, marks, i):
                        v = load(F, x + i * inner, n) - top
                        p = exp(v)
                        total = total + p
                        store(F, y + i * inner, n, v if w[10] else p)
                share = log(total) if w[10] else 1.0 / total
                for i in range(entries):
                    v = splat(0.0)
                    if takes_part(F, marks, i):
                        v = load(F, y + i * inner, n)
                        v = v - share if w[10] else v * share
                    store(F, y + i * inner, n, v)


@kernel
def softmax_along_backward(F, R, w, k):
    """dx (+)= y · (dy - sum of y · dy), or dy - e^y · sum of dy for the logarithm.

    words: samples outer entries inner | y dy dx mask (or 0): at sample | logarithm add
    """
    entries, inner = w[2], w[3]
    for s in range(w[0]):
        marks = w[10] + s * w[11] if w[10] else 0
        for o in range(w[1]):
            for j in range(0, inner, 16):
                at, n = o * entries * inner + j, inner - j
                y, d, x = w[4] + s * w[5] + at, w[6] + s * w[7] + at, w[8] + s * w[9] + at
                total = splat(0.0)
                for i in range(entries):
                    if takes_part(F, marks, i):
                        v = load(F, d + i * inner, n)
                        total = total + (v if w[12] else v * load(F, y + i * inner, n))
                for i in range(entries):
                    v = splat(0.0)
                    if takes_part(F, marks, i):
                        p, v = load(F, y + i * inner, n), load(F, d + i * inner, n)
                        v = v - exp(p) * total if w[12] else p * (v - total)
                    if w[13]:
                        v = v + load(F, x + i * inner, n)
                    store(F, x + i * inner, n, v)


class SoftmaxAlong(Op):
    """Inputs: x, and optionally mask, one mark for each entry of axis 0, which the softmax then is over: what is absent has no share,
    and 0. Attributes: axis of the sample from 0; logarithm: of the softmax. Source: as for `softmax` and `log_softmax`.
    """

    id = "softmax_along"
    is_flat = True

    def keeps_steps_of(self, inputs: Sequence[TensorType]) -> bool:
        return True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, axis = inputs[0], attributes["axis"]
        if not 0 <= axis < x.rank:
            raise ShapeError(f"needs an axis {axis}; the input is {x}.")
        if len(inputs) > 1 and (axis or inputs[1].shape != x.shape[:1]):
            raise ShapeError(f"needs one mark for every step, over which it goes; the input is {x}, the mask {inputs[1]}.")
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, axis = inputs[0], attributes["axis"] + 1
        mask = inputs[1] if len(inputs) > 1 else np.ones(x.shape[:2], x.dtype)
        there = mask.reshape(*mask.shape, *(1,) * (x.ndim - 2)) != 0
        low = np.where(there, x, -np.inf)
        top = low.max(axis=axis, keepdims=True)
        shifted = np.where(there, x - np.where(np.isneginf(top), 0.0, top), 0.0)
        total = np.where(there, np.exp(shifted), 0.0).sum(axis=axis, keepdims=True)
        total = np.where(total == 0.0, 1.0, total)
        y = shifted - np.log(total) if attributes["logarithm"] else np.exp(shifted) / total
        return np.where(there, y, 0.0).astype(x.dtype)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 5 * output.count

    def _extents(self, e: Emit, node: OpNode) -> tuple[int, int, int]:
        """Blocks, entries of the axis, numbers of an entry."""
        shape, axis = e.graph.types(node)[0].shape, node.attributes["axis"]
        return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, extents = e.value(node.inputs[0]), e.value(node.output), self._extents(e, node)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            return [("softmax_along", f.rows, *extents, *_places(f, x, y), *_marks(f, mask), int(node.attributes["logarithm"]))]

        e.rows(make, reads=[x] if mask is None else [x, mask], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, y, dy, add, extents = dx, e.value(node.output), e.upstream(node), int(not e.begin(dx)), self._extents(e, node)
        mask = e.value(node.inputs[1]) if len(node.inputs) > 1 else None

        def make(f: Frame) -> list[Instruction]:
            what = (int(node.attributes["logarithm"]), add)
            return [("softmax_along_backward", f.rows, *extents, *_places(f, y, dy, to), *_marks(f, mask), *what)]

        e.rows(make, reads=[y, dy] if mask is None else [y, dy, mask], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """The least number stands for absent steps."""
        x, axis = w.last(node.inputs[0]), node.attributes["axis"] + 1
        operator = "LogSoftmax" if node.attributes["logarithm"] else "Softmax"
        if len(node.inputs) == 1:
            w.hold(node.output, w.node(operator, [x], label(node), axis=axis))
            return
        there = onnx_marks(w, node)
        least = w.constant("least", np.array(np.finfo(np.float32).min, np.float32))
        present = w.node("Where", [there, x, least], f"{label(node)}_present")
        y = w.node(operator, [present], f"{label(node)}_shares", axis=axis)
        w.hold(node.output, w.node("Where", [there, y, w.constant("zero", np.array(0, np.float32))], label(node)))


def _places(f: Frame, *refs: Ref) -> list[int]:
    """For each: at, sample step."""
    return [word for ref in refs for word in (f.at(ref), f.place(ref).step)]


def _marks(f: Frame, mask: Ref | None) -> list[int]:
    return [0, 0] if mask is None else _places(f, mask)

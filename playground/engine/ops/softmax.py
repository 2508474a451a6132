"""Softmax over the last axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.softmaxes import NARROW, SCRATCH
from playground.engine.vocabulary import exp, first_lanes, hmax, hsum, load, splat, store, vmax, where
from playground.errors import ShapeError


@kernel
def softmax_forward(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | classes"""
    c = w[9]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for at in range(0, w[2], c):
                best = splat(-3.4e38)
                for j in range(0, c, 16):
                    best = vmax(best, where(first_lanes(c - j), load(F, x + at + j, c - j), -3.4e38))
                top, total = hmax(best), splat(0.0)
                for j in range(0, c, 16):
                    v = exp(load(F, x + at + j, c - j) - top)
                    total = total + where(first_lanes(c - j), v, 0.0)
                    store(F, y + at + j, c - j, v)
                share = np.float32(1) / hsum(total)
                for j in range(0, c, 16):
                    store(F, y + at + j, c - j, load(F, y + at + j, c - j) * share)


@kernel
def softmax_backward(F, R, w, k):
    """dx (+)= y * (dy - sum of y * dy).  words: samples lines length | y line sample | dy line sample | dx line sample | classes add"""
    c = w[12]
    for s in range(w[0]):
        for row in range(w[1]):
            y, d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for at in range(0, w[2], c):
                total = splat(0.0)
                for j in range(0, c, 16):
                    total = total + load(F, y + at + j, c - j) * load(F, d + at + j, c - j)
                mean = hsum(total)
                for j in range(0, c, 16):
                    n, p = c - j, at + j
                    v = load(F, y + p, n) * (load(F, d + p, n) - mean)
                    if w[13]:
                        v = v + load(F, x + p, n)
                    store(F, x + p, n, v)


class Softmax(Op):
    """y = e^x / Σ e^x along the last axis of x, which may have any further axes; the largest is taken off first, so nothing overflows."""

    id = "softmax"
    onnx = "Softmax"

    def keeps_steps_of(self, inputs: Sequence[TensorType]) -> bool:
        return inputs[0].rank > 1

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if inputs[0].rank == 0:
            raise ShapeError("needs at least one axis of numbers.")
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        shifted = np.exp(inputs[0] - inputs[0].max(axis=-1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 5 * output.count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, classes = e.value(node.inputs[0]), e.value(node.output), e.graph.values[node.output].type.shape[-1]
        e.scratch(SCRATCH)

        def make(f: Frame) -> list[Instruction]:
            if classes <= NARROW:
                return [("softmax_narrow", *sweep(f, x, y), classes, f.scratch(), 0)]
            return [("softmax_forward", *sweep(f, x, y), classes)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        to, y, dy, add = dx, e.value(node.output), e.upstream(node), int(not e.begin(dx))
        classes = e.graph.values[node.output].type.shape[-1]

        def make(f: Frame) -> list[Instruction]:
            return [("softmax_backward", *sweep(f, y, dy, to), classes, add)]

        e.rows(make, reads=[y, dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        axis = 1 if held.first else held.type.rank
        w.hold(node.output, w.node("Softmax", [held.name], label(node), axis=axis), first=held.first)

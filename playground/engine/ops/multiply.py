"""The product of two values, number by number; the second may be smaller and is then repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.moves import each_sample, fold, periodic_scratch, repeat, whole_periods
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import hsum, load, splat, store
from playground.errors import ShapeError


@kernel
def multiply_lines(F, R, w, k):
    """z (+)= x · y.  words: samples lines length | x line sample | y line sample | z line sample | add"""
    for s in range(w[0]):
        for row in range(w[1]):
            x, y, z = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for j in range(0, w[2], 16):
                n = w[2] - j
                v = load(F, x + j, n) * load(F, y + j, n)
                if w[12]:
                    v = v + load(F, z + j, n)
                store(F, z + j, n, v)


@kernel
def multiply_repeated(F, R, w, k):
    """z (+)= x · y with y repeated along x.  words: samples lines length | x line sample | z line sample | y sample, how many, scratch | add"""
    period = whole_periods(w[11])
    for s in range(w[0]):
        repeat(F, w[9] + s * w[10], w[11], w[12])
        for row in range(w[1]):
            x, z, phase = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], 0
            for j in range(0, w[2], 16):
                n = w[2] - j
                v = load(F, x + j, n) * load(F, w[12] + phase, 16)
                if w[13]:
                    v = v + load(F, z + j, n)
                store(F, z + j, n, v)
                phase += 16
                phase -= period if phase >= period else 0


@kernel
def multiply_collected(F, R, w, k):
    """y (+)= the sum of x · z over the places where y was repeated.

    words: samples lines length | x line sample | z line sample | y sample, how many, scratch | add
    """
    period, sums = whole_periods(w[11]), w[12]
    for s in range(w[0]):
        for j in range(0, period + 16, 16):
            store(F, sums + j, period + 16 - j, 0.0)
        for row in range(w[1]):
            x, z, phase = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], 0
            for j in range(0, w[2], 16):
                n, at = w[2] - j, sums + phase
                store(F, at, 16, load(F, at, 16) + load(F, x + j, n) * load(F, z + j, n))
                phase += 16
                phase -= period if phase >= period else 0
        fold(F, sums, w[11], w[9] + s * w[10], w[13])


@kernel
def multiply_positions(F, R, w, k):
    """z (+)= x · y with one y for all channels.  words: samples lines positions channels | x line sample | z line sample | y line sample | add"""
    c = w[3]
    for s in range(w[0]):
        for row in range(w[1]):
            x, z, y = w[4] + row * w[5] + s * w[6], w[7] + row * w[8] + s * w[9], w[10] + row * w[11] + s * w[12]
            for i in range(w[2]):
                factor = splat(F[y + i])
                for j in range(0, c, 16):
                    v = load(F, x + j, c - j) * factor
                    if w[13]:
                        v = v + load(F, z + j, c - j)
                    store(F, z + j, c - j, v)
                x += c
                z += c


@kernel
def multiply_over_channels(F, R, w, k):
    """y (+)= the sum of x · z over the channels.  words: samples lines positions channels | x line sample | z line sample | y line sample | add"""
    c = w[3]
    for s in range(w[0]):
        for row in range(w[1]):
            x, z, y = w[4] + row * w[5] + s * w[6], w[7] + row * w[8] + s * w[9], w[10] + row * w[11] + s * w[12]
            for i in range(w[2]):
                total = splat(0.0)
                for j in range(0, c, 16):
                    total = total + load(F, x + j, c - j) * load(F, z + j, c - j)
                F[y + i] = F[y + i] + hsum(total) if w[13] else hsum(total)
                x += c
                z += c


class Multiply(Op):
    """Inputs x, y. y has the shape of x, or its last extents (repeated over the first axes), or all but a last extent of 1."""

    id = "multiply"
    onnx = "Mul"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, y = inputs
        if _way(x, y) == "":
            raise ShapeError(
                f"needs equal shapes, or a second one that can be repeated along the first; they are {x} and {y}.", "match shapes"
            )
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, y = inputs
        return x * y.reshape(len(y), *[1] * (x.ndim - y.ndim), *y.shape[1:])

    def _words(self, e: Emit, node: OpNode, f: Frame, x: Ref, z: Ref, y: Ref) -> list[Word]:
        """How the two large operands are walked, and the small one beside them."""
        way, at, lies = self._way(e, node), f.at(y), f.place(y)
        if way == "repeated":
            return [*each_sample(f, x, z), at, lies.step, lies.count, f.scratch()]
        words: list[Word] = [f.rows, f.place(x).lines, f.place(x).length // f.place(x).channels, f.place(x).channels]
        for ref in (x, z, y):
            words += [f.at(ref), f.place(ref).pitch, f.place(ref).step]
        return words

    def _way(self, e: Emit, node: OpNode) -> str:
        return _way(*e.graph.types(node))

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, z = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        self._scale(e, node, x, y, z, 0)

    def _scale(self, e: Emit, node: OpNode, x: Ref, y: Ref, z: Ref, add: int) -> None:
        """z (+)= x · y"""
        way = self._way(e, node)
        if way == "repeated":
            e.scratch(periodic_scratch(e.graph.types(node)[1].count))

        def make(f: Frame) -> list[Instruction]:
            if way == "equal":
                return [("multiply_lines", *sweep(f, x, y, z), add)]
            name = "multiply_repeated" if way == "repeated" else "multiply_positions"
            return [(name, *self._words(e, node, f, x, z, y), add)]

        e.rows(make, reads=[x, y], writes=[z])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, y, dz = e.value(node.inputs[0]), e.value(node.inputs[1]), e.upstream(node)
        dx, dy = (e.gradient(i) for i in node.inputs)
        if dx is not None:
            self._scale(e, node, dz, y, dx, int(not e.begin(dx)))
        if dy is not None:
            self._collect(e, node, x, dz, dy, int(not e.begin(dy)))

    def _collect(self, e: Emit, node: OpNode, x: Ref, dz: Ref, dy: Ref, add: int) -> None:
        way = self._way(e, node)

        def make(f: Frame) -> list[Instruction]:
            if way == "equal":
                return [("multiply_lines", *sweep(f, x, dz, dy), add)]
            name = "multiply_collected" if way == "repeated" else "multiply_over_channels"
            return [(name, *self._words(e, node, f, x, dz, dy), add)]

        e.rows(make, reads=[x, dz], writes=[dy])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        x, y = (w.graph.values[i].type for i in node.inputs)
        if x.rank == y.rank:
            first = w.held(node.inputs[0]).first
            w.hold(node.output, w.node("Mul", [w.like(i, first) for i in node.inputs], label(node)), first=first)
            return
        extents = w.constant(f"{label(node)}_extents", np.array([-1, *[1] * (x.rank - y.rank), *y.shape], np.int64))
        small = w.node("Reshape", [w.last(node.inputs[1]), extents], f"{label(node)}_small")
        w.hold(node.output, w.node("Mul", [w.last(node.inputs[0]), small], label(node)))


def _way(x: TensorType, y: TensorType) -> str:
    """How the second operand meets the first: "equal", "repeated", "positions", or "" for not at all."""
    if x.shape == y.shape:
        return "equal"
    if 0 < y.rank < x.rank and x.shape[-y.rank :] == y.shape:
        return "repeated"
    if x.rank > 1 and y.shape == (*x.shape[:-1], 1):
        return "positions"
    return ""

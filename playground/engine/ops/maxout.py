"""The largest of several numbers for each unit: what lies as pieces × units becomes units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, splat, store, vmax, where
from playground.errors import ShapeError


@kernel
def maxout_forward(F, R, w, k):
    """words: samples lines positions units pieces | x line sample | y line sample"""
    units = w[3]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[5] + row * w[6] + s * w[7], w[8] + row * w[9] + s * w[10]
            for _ in range(w[2]):
                for j in range(0, units, 16):
                    best = load(F, x + j, units - j)
                    for piece in range(1, w[4]):
                        best = vmax(best, load(F, x + piece * units + j, units - j))
                    store(F, y + j, units - j, best)
                x += w[4] * units
                y += units


@kernel
def maxout_backward(F, R, w, k):
    """dx (+)= dy at the first of the largest.  words: samples lines positions units pieces | x, y, dy, dx, each line sample | add"""
    units = w[3]
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[5] + row * w[6] + s * w[7], w[8] + row * w[9] + s * w[10]
            d, to = w[11] + row * w[12] + s * w[13], w[14] + row * w[15] + s * w[16]
            for _ in range(w[2]):
                for j in range(0, units, 16):
                    n = units - j
                    best, g = load(F, y + j, n), load(F, d + j, n)
                    for piece in range(w[4]):
                        at = piece * units + j
                        hit = load(F, x + at, n) == best
                        part = where(hit, g, 0.0)
                        g = where(hit, splat(0.0), g)
                        if w[17]:
                            part = part + load(F, to + at, n)
                        store(F, to + at, n, part)
                x += w[4] * units
                to += w[4] * units
                y += units
                d += units


class Maxout(Op):
    """Attribute: pieces. Of equal numbers the first gets the gradient. Source: Goodfellow et al., "Maxout networks", 2013, section 3."""

    id = "maxout"

    def keeps_steps_of(self, inputs: Sequence[TensorType]) -> bool:
        return inputs[0].rank > 1

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, pieces = inputs[0], int(attributes["pieces"])
        if not x.rank or x.shape[-1] % pieces:
            raise ShapeError(f"needs a last axis that {pieces} pieces divide; the input is {x}.")
        return TensorType((*x.shape[:-1], x.shape[-1] // pieces), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x = inputs[0]
        return np.asarray(x.reshape(*x.shape[:-1], attributes["pieces"], -1).max(axis=-2))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)
        units, pieces = e.graph.values[node.output].type.shape[-1], int(node.attributes["pieces"])

        def make(f: Frame) -> list[Instruction]:
            p, q = f.place(x), f.place(y)
            extents: list[Word] = [f.rows, q.lines, q.length // units, units, pieces]
            return [("maxout_forward", *extents, f.at(x), p.pitch, p.step, f.at(y), q.pitch, q.step)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        x, y, dy, to, add = e.value(node.inputs[0]), e.value(node.output), e.upstream(node), dx, int(not e.begin(dx))
        units, pieces = e.graph.values[node.output].type.shape[-1], int(node.attributes["pieces"])

        def make(f: Frame) -> list[Instruction]:
            words: list[Word] = [f.rows, f.place(y).lines, f.place(y).length // units, units, pieces]
            for ref in (x, y, dy, to):
                words += [f.at(ref), f.place(ref).pitch, f.place(ref).step]
            return [("maxout_backward", *words, add)]

        e.rows(make, reads=[x, y, dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        shape = w.graph.values[node.output].type.shape
        extents = w.constant(f"{label(node)}_shape", np.array([-1, *shape[:-1], node.attributes["pieces"], shape[-1]], np.int64))
        axes = w.constant(f"{label(node)}_axes", np.array([len(shape)], np.int64))
        pieces = w.node("Reshape", [w.last(node.inputs[0]), extents], f"{label(node)}_pieces")
        w.hold(node.output, w.node("ReduceMax", [pieces, axes], label(node), keepdims=0))

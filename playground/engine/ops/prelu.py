"""PReLU: x where it is positive, slope · x elsewhere, with slopes that are learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.moves import fold, periodic_scratch, repeat, sum_copies, whole_periods
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store, where
from playground.errors import ShapeError


@kernel
def prelu_forward(F, R, w, k):
    """words: samples lines length | x line sample | y line sample | slopes, how many, scratch"""
    period = whole_periods(w[10])
    repeat(F, w[9], w[10], w[11])
    for s in range(w[0]):
        for row in range(w[1]):
            x, y, phase = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], 0
            for j in range(0, w[2], 16):
                v = load(F, x + j, w[2] - j)
                store(F, y + j, w[2] - j, where(v < 0.0, v * load(F, w[11] + phase, 16), v))
                phase += 16
                phase -= period if phase >= period else 0


@kernel
def prelu_backward(F, R, w, k):
    """dx (+)= dy · (1 or the slope).  words: samples lines length | x line sample | dy line sample | dx line sample | slopes, how many, scratch | add"""
    period = whole_periods(w[13])
    repeat(F, w[12], w[13], w[14])
    for s in range(w[0]):
        for row in range(w[1]):
            x, d, to, phase = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11], 0
            for j in range(0, w[2], 16):
                n = w[2] - j
                g = load(F, d + j, n)
                g = where(load(F, x + j, n) < 0.0, g * load(F, w[14] + phase, 16), g)
                if w[15]:
                    g = g + load(F, to + j, n)
                store(F, to + j, n, g)
                phase += 16
                phase -= period if phase >= period else 0


@kernel
def prelu_slopes(F, R, w, k):
    """Sums of dy · x over negative x, slope by slope.  words: samples lines length | x line sample | dy line sample | sums, how many, scratch"""
    period, sums = whole_periods(w[10]), w[11]
    for j in range(0, period + 16, 16):
        store(F, sums + j, period + 16 - j, 0.0)
    for s in range(w[0]):
        for row in range(w[1]):
            x, d, phase = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], 0
            for j in range(0, w[2], 16):
                v, n = load(F, x + j, w[2] - j), w[2] - j
                at = sums + phase
                store(F, at, 16, load(F, at, 16) + where(v < 0.0, v * load(F, d + j, n), 0.0))
                phase += 16
                phase -= period if phase >= period else 0
    fold(F, sums, w[10], w[9], 0)


class Prelu(Op):
    """Inputs x, slopes: one for all numbers or one for each entry of the last axis.

    Source: He et al., "Delving deep into rectifiers", 2015, equations 1 and 3. The derivative at 0 is 1 by x, 0 by the slope.
    """

    id = "prelu"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, slopes = inputs
        if slopes.shape not in ((1,), x.shape[-1:]):
            raise ShapeError(f"needs one slope or one for each entry of the last axis; there are {slopes}, the input is {x}.")
        return x

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, slopes = inputs
        return np.where(x < 0, x * slopes, x)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, slopes, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        n = e.graph.values[node.inputs[1]].type.count
        e.scratch(periodic_scratch(n))

        def make(f: Frame) -> list[Instruction]:
            return [("prelu_forward", *sweep(f, x, y), f.at(slopes), n, f.scratch())]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, slopes, dy = e.value(node.inputs[0]), e.value(node.inputs[1]), e.upstream(node)
        dx, dslopes = (e.gradient(i) for i in node.inputs)
        n = e.graph.values[node.inputs[1]].type.count
        e.scratch(periodic_scratch(n))
        if dslopes is not None:
            self._sum(e, n, x, dy, dslopes)
        if dx is None:
            return
        to, add = dx, int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("prelu_backward", *sweep(f, x, dy, to), f.at(slopes), n, f.scratch(), add)]

        e.rows(make, reads=[x, dy], writes=[to])

    def _sum(self, e: Emit, n: int, x: Ref, dy: Ref, target: Ref) -> None:
        sums, add = e.partial(n, per="block"), not e.begin(target)

        def add_up(f: Frame) -> list[Instruction]:
            return [("prelu_slopes", *sweep(f, x, dy), f.partial(sums), n, f.scratch())]

        def conclude(f: Whole) -> list[list[Instruction]]:
            at, copies, apart = f.partials(sums)
            return [[sum_copies(at, copies, apart, f.at(target), n, add=add)]]

        e.rows(add_up, reads=[x, dy], writes=[sums])
        e.whole(conclude, reads=[sums], writes=[target])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        name, slopes = w.tensor(node.inputs[1])
        if held.first and len(slopes) > 1:
            slopes = slopes.reshape(-1, *[1] * (held.type.rank - 1))
        w.hold(node.output, w.node("PRelu", [held.name, w.constant(name, slopes)], label(node)), first=held.first)

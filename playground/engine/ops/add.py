"""The sum of values of equal shape, such as the two arms of a residual block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store, where
from playground.errors import ShapeError


@kernel
def add_lines(F, R, w, k):
    """z = x + y.  words: samples lines length | x line sample | y line sample | z line sample | ReLU"""
    for s in range(w[0]):
        for row in range(w[1]):
            x, y, z = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for j in range(0, w[2], 16):
                n = w[2] - j
                v = load(F, x + j, n) + load(F, y + j, n)
                if w[12]:
                    v = where(v < 0.0, 0.0, v)
                store(F, z + j, n, v)


@kernel
def add_gradient(F, R, w, k):
    """dx (+)= dy where x is not zero.  words: samples lines length | dy line sample | x line sample | dx line sample | add"""
    for s in range(w[0]):
        for row in range(w[1]):
            d, x, to = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], w[9] + row * w[10] + s * w[11]
            for j in range(0, w[2], 16):
                n = w[2] - j
                v = load(F, d + j, n)
                if w[12]:
                    v = v + load(F, to + j, n)
                store(F, to + j, n, where(load(F, x + j, n) == 0.0, 0.0, v))


class Add(Op):
    """Two or more inputs of one shape."""

    id = "add"
    onnx = "Sum"
    masks = True
    takes_relu = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if len(inputs) < 2 or any(x.shape != inputs[0].shape for x in inputs):
            raise ShapeError(f"needs two or more inputs of equal shape; they are {', '.join(map(str, inputs))}.", "match shapes")
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        y = inputs[0]
        for x in inputs[1:]:
            y = y + x
        return np.maximum(y, 0) if attributes.get("relu") else y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return (len(inputs) - 1) * output.count

    def hands_on(self, node: OpNode) -> tuple[int, ...]:
        return node.inputs

    def forward(self, e: Emit, node: OpNode) -> None:
        xs, y = [e.value(i) for i in node.inputs], e.value(node.output)
        relu = int(bool(node.attributes.get("relu")))

        def make(f: Frame) -> list[Instruction]:
            made: list[Instruction] = []
            for i, x in enumerate(xs[1:]):
                last = i == len(xs) - 2
                made.append(("add_lines", *sweep(f, xs[0] if i == 0 else y, x, y), relu if last else 0))
            return made

        e.rows(make, reads=xs, writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        for i in node.inputs:
            dx = e.gradient(i)
            if dx is not None and not e.hands_on(node, i):
                self._pass_on(e, e.upstream(node), dx, e.mask(i), not e.begin(dx))

    def _pass_on(self, e: Emit, dy: Ref, dx: Ref, mask: Ref | None, add: bool) -> None:
        def make(f: Frame) -> list[Instruction]:
            if mask is None:
                return [("copy_lines", *sweep(f, dy, dx), int(add))]
            return [("add_gradient", *sweep(f, dy, mask, dx), int(add))]

        e.rows(make, reads=[dy] if mask is None else [dy, mask], writes=[dx])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        first = w.held(node.inputs[0]).first
        names = [w.like(i, first) for i in node.inputs]
        y = names[0] if len(names) > 1 else w.node("Identity", names, label(node))
        for other in names[1:]:
            y = w.node("Add", [y, other], label(node))
        w.hold(node.output, y, first=first)

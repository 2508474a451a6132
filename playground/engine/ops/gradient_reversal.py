"""Gradient reversal: nothing forwards, minus strength times the gradient backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, number, store


@kernel
def reverse_gradient(F, R, w, k):
    """dx (+)= -strength · dy.  words: samples lines length | dy line sample | dx line sample | strength (two words) | add"""
    factor = np.float32(0) - number(k, w[9], w[10])
    for s in range(w[0]):
        for row in range(w[1]):
            d, x = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            for j in range(0, w[2], 16):
                v = load(F, d + j, w[2] - j) * factor
                if w[11]:
                    v = v + load(F, x + j, w[2] - j)
                store(F, x + j, w[2] - j, v)


class GradientReversal(Op):
    """Attribute: strength, a number or a knob. Source: Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation",
    2015, equations 7 and 8. Its backward pass is on purpose not the derivative of its forward pass, unless strength is -1."""

    id = "gradient_reversal"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return inputs[0].copy()

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y = e.value(node.inputs[0]), e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            return [("copy_lines", *sweep(f, x, y), 0)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add = e.upstream(node), dx, int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("reverse_gradient", *sweep(f, dy, to), *knob_words(node.attributes["strength"]), add)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """A trained network only runs forwards: its input stands for its output."""
        held = w.held(node.inputs[0])
        w.hold(node.output, held.name, first=held.first)

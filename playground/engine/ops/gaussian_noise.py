"""Gaussian noise: normal random numbers are added while training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Word, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import FIRST_ROW, SEED, STEP
from playground.engine.rng import FIRST_NODE_STREAM, stream_key
from playground.engine.vocabulary import load, normal, number, store


@kernel
def add_noise(F, R, w, k):
    """y = x + deviation · normal numbers.

    words: samples lines length | x line sample | y line sample | deviation (two words) | stream | numbers before the first | of a sample
    """
    deviation = number(k, w[9], w[10])
    key = stream_key(int(R[SEED]), int(w[11]), int(R[STEP]))
    for s in range(w[0]):
        for row in range(w[1]):
            x, y = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8]
            index = w[12] + (int(R[FIRST_ROW]) + s) * w[13] + row * w[2]
            for j in range(0, w[2], 16):
                store(F, y + j, w[2] - j, load(F, x + j, w[2] - j) + normal(key, index + j) * deviation)


class GaussianNoise(Op):
    """Attribute: deviation, a number or a knob, at least 0. Gradients pass unchanged, so no noise is drawn for them."""

    id = "gaussian_noise"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        """Without the noise: what evaluation computes, and the mean of what training computes."""
        return inputs[0].copy()

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, count = e.value(node.inputs[0]), e.value(node.output), e.graph.values[node.output].type.count

        def make(f: Frame) -> list[Instruction]:
            if not e.training:
                return [("copy_lines", *sweep(f, x, y), 0)]
            tail: list[Word] = [FIRST_NODE_STREAM + node.index, f.r0 * count, count]
            return [("add_noise", *sweep(f, x, y), *knob_words(node.attributes["deviation"]), *tail)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add = e.upstream(node), dx, int(not e.begin(dx))

        def make(f: Frame) -> list[Instruction]:
            return [("copy_lines", *sweep(f, dy, to), add)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """There is no noise after training: its input stands for its output."""
        held = w.held(node.inputs[0])
        w.hold(node.output, held.name, first=held.first)

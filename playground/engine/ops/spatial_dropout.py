"""Spatial dropout: whole channels of a sample are zero while training, the others are scaled up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word, sweep
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.moves import each_sample, periodic_scratch, repeat, whole_periods
from playground.engine.onnx_form import OnnxWriter
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import FIRST_ROW, SEED, STEP
from playground.engine.rng import FIRST_NODE_STREAM, stream_key
from playground.engine.vocabulary import load, number, store, uniform, where


@kernel
def drop_channels(F, R, w, k):
    """y (+)= x / (1 - rate) in channels whose random number is at least rate; also the backward pass, with the same numbers.

    words: samples lines length | x line sample | y line sample | rate (two words) | stream | numbers before the first | channels | scratch | add
    """
    c, factors = w[13], w[14]
    period = whole_periods(c)
    rate = number(k, w[9], w[10])
    scale = np.float32(1) / (np.float32(1) - rate) if rate < np.float32(1) else np.float32(0)
    key = stream_key(int(R[SEED]), int(w[11]), int(R[STEP]))
    for s in range(w[0]):
        for j in range(0, c, 16):
            store(F, factors + j, c - j, where(uniform(key, w[12] + (int(R[FIRST_ROW]) + s) * c + j) < rate, 0.0, scale))
        repeat(F, factors, c, factors)
        for row in range(w[1]):
            x, y, phase = w[3] + row * w[4] + s * w[5], w[6] + row * w[7] + s * w[8], 0
            for j in range(0, w[2], 16):
                n = w[2] - j
                factor = load(F, factors + phase, 16)
                v = where(factor == 0.0, 0.0, load(F, x + j, n) * factor)
                if w[15]:
                    v = v + load(F, y + j, n)
                store(F, y + j, n, v)
                phase += 16
                phase -= period if phase >= period else 0


class SpatialDropout(Op):
    """Attribute: rate, a number or a knob in [0, 1). The mask is drawn anew in the backward pass, from the same counters.

    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015, section 3.2; the inverted form.
    """

    id = "spatial_dropout"
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return inputs[0]

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        """Without the randomness: what evaluation computes, and the mean of what training computes."""
        return inputs[0].copy()

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def _words(self, f: Frame, node: OpNode, channels: int, source: Ref, target: Ref, add: int) -> Instruction:
        tail: list[Word] = [FIRST_NODE_STREAM + node.index, f.r0 * channels, channels, f.scratch(), add]
        return ("drop_channels", *each_sample(f, source, target), *knob_words(node.attributes["rate"]), *tail)

    def forward(self, e: Emit, node: OpNode) -> None:
        x, y, channels = e.value(node.inputs[0]), e.value(node.output), e.graph.types(node)[0].shape[-1]
        e.scratch(periodic_scratch(channels))

        def make(f: Frame) -> list[Instruction]:
            if not e.training:
                return [("copy_lines", *sweep(f, x, y), 0)]
            return [self._words(f, node, channels, x, y, 0)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        dx = e.gradient(node.inputs[0])
        if dx is None:
            return
        dy, to, add, channels = e.upstream(node), dx, int(not e.begin(dx)), e.graph.types(node)[0].shape[-1]

        def make(f: Frame) -> list[Instruction]:
            return [self._words(f, node, channels, dy, to, add)]

        e.rows(make, reads=[dy], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Nothing is dropped after training: its input stands for its output."""
        held = w.held(node.inputs[0])
        w.hold(node.output, held.name, first=held.first)

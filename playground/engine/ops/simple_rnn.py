"""The plain recurrent layer: a state that is a dense layer of the input and of itself, over a whole sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Ref
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter
from playground.engine.panels import ask_blocks, packed_size, panel_product
from playground.engine.recurrences import (
    Part,
    Recurrence,
    Wires,
    at,
    begun,
    carried,
    cleared,
    hand_over,
    input_gradients,
    input_product,
    input_room,
    recurrent_gradient,
    references,
    wires,
)
from playground.engine.recurrent_onnx import fused, scanned, state_product
from playground.engine.vocabulary import load, store, tanh, where


@kernel
def simple_rnn_forward(F, R, w, k):
    """y holds the inputs' product and becomes the states.

    words: rows T H reverse | y | packed u | running h | mask, states (0: none) | 1: h is not 0 at the start | 1: ReLU
    """
    rows, steps, units = w[0], w[1], w[2]
    onward = -units if w[3] else units
    for turn in range(steps):
        t = steps - 1 - turn if w[3] else turn
        if turn or w[9]:
            panel_product(F, rows, units, units, w[6], units, w[5], w[4] + t * units, steps * units, w[4] + t * units, 1)
        for r in range(rows):
            place = r * steps + t
            there = True
            if w[7]:
                there = F[w[7] + place] != 0.0
            y, h, states = w[4] + place * units, w[6] + r * units, w[8] + place * units
            for j in range(0, units, 16):
                n = units - j
                ask_blocks(F, y + onward + j, 1, units)
                if there:
                    state = load(F, y + j, n)
                    state = where(state < 0.0, 0.0, state) if w[10] else tanh(state)
                    store(F, h + j, n, state)
                    store(F, y + j, n, state)
                else:
                    store(F, y + j, n, 0.0)
                if w[8]:
                    store(F, states + j, n, load(F, h + j, n))


@kernel
def simple_rnn_backward(F, R, w, k):
    """dz of every step, where dy lies; the gradient of the state is carried back to the start.

    words: rows T H reverse | y dz | 1: dz holds dy | carried dh | packed u transposed | mask (0: none) | 1: dh is wanted at the start
           | 1: ReLU
    """
    rows, steps, units = w[0], w[1], w[2]
    onward = units if w[3] else -units
    for turn in range(steps - 1, -1, -1):
        t = steps - 1 - turn if w[3] else turn
        for r in range(rows):
            place = r * steps + t
            there = True
            if w[9]:
                there = F[w[9] + place] != 0.0
            y, dz, dh = w[4] + place * units, w[5] + place * units, w[7] + r * units
            for j in range(0, units, 16):
                n = units - j
                ask_blocks(F, y + onward + j, 1, units)
                ask_blocks(F, dz + onward + j, 1, units)
                if there:
                    state, d = load(F, y + j, n), load(F, dh + j, n)
                    if w[6]:
                        d = d + load(F, dz + j, n)
                    store(F, dz + j, n, where(state > 0.0, d, 0.0) if w[11] else d * (1.0 - state * state))
                    store(F, dh + j, n, 0.0)
                else:
                    store(F, dz + j, n, 0.0)
        if turn or w[10]:
            panel_product(F, rows, units, units, w[5] + t * units, steps * units, w[8], w[7], units, w[7], 1)


class SimpleRnn(Recurrence):
    """h' = f(x·w + b + h·u + c), f being the attribute activation: "tanh" or "relu".

    Source: Elman, "Finding structure in time", 1990.
    """

    id = "simple_rnn"
    outputs = ("y", "state", "states")
    blocks = 1

    def kept(self, steps: int, units: int) -> tuple[TensorType, ...]:
        y = TensorType((steps, units))
        return (y, TensorType((units,)), y)

    def formula(
        self, z: np.ndarray, h: np.ndarray, c: np.ndarray, p: Wires, attributes: Mapping[str, Any]
    ) -> tuple[np.ndarray, ...]:
        z = z + h @ p.u if p.c is None else z + h @ p.u + p.c
        return (np.maximum(z, 0) if _relu(attributes) else np.tanh(z)), c

    def forward(self, e: Emit, node: OpNode) -> None:
        p, s = references(e, node), self.sizes(e, node)
        y, state, states = (e.value(i) for i in node.outputs)
        packed = packed_size(s.units, s.gates)
        e.scratch(packed + input_room(s))
        kept = states if p.mask is not None else None

        def make(f: Frame) -> list[Instruction]:
            return [
                *input_product(f, p, s, y, f.scratch() + packed, s.gates),
                begun(f, s, p.state, state),
                ("pack_panels", f.at(p.u), s.units, s.gates, s.gates, f.scratch()),
                (
                    "simple_rnn_forward", f.rows, s.steps, s.units, s.reverse, f.at(y), f.scratch(), f.at(state), at(f, p.mask),
                    at(f, kept), int(p.state is not None), _relu(node.attributes),
                ),
            ]  # fmt: skip

        reads = [one for one in (p.x, p.mask, p.state) if one is not None]
        e.rows(make, reads, [y, state, *([] if kept is None else [kept])], grain="part")

    def backward(self, e: Emit, node: OpNode) -> None:
        p, s, i = references(e, node), self.sizes(e, node), wires(node.inputs, node.attributes)
        y, states = e.value(node.outputs[0]), e.value(node.outputs[2])
        dz, (dh, given) = Ref("gradient", node.outputs[0]), carried(e, node.outputs[1])
        holds = int(e.gradient(node.outputs[0]) is not None)
        e.scratch(packed_size(s.gates, s.units))
        wanted = int(i.state is not None and e.gradient(i.state) is not None)

        def make(f: Frame) -> list[Instruction]:
            return [
                *([] if given else [cleared(f, s, dh)]),
                ("pack_panels_transposed", f.at(p.u), s.units, s.gates, s.gates, f.scratch()),
                (
                    "simple_rnn_backward", f.rows, s.steps, s.units, s.reverse, f.at(y), f.at(dz), holds, f.at(dh), f.scratch(),
                    at(f, p.mask), wanted, _relu(node.attributes),
                ),
            ]  # fmt: skip

        e.rows(make, [y, *([] if p.mask is None else [p.mask])], [dz, dh], grain="part")
        hand_over(e, s, i.state, dh)
        input_gradients(e, node, s, dz, s.gates)
        recurrent_gradient(e, node, s, y if p.mask is None else states, [Part(0, s.gates, dz, s.gates)])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """ONNX's interpreter knows the operator with tanh only."""
        relu = _relu(node.attributes)
        if not relu and not node.attributes.get("masked"):
            fused(w, node, "RNN", (0,))
            return

        def step(w: OnnxWriter, name: str, z: str, before: list[str]) -> list[str]:
            z = w.node("Add", [z, state_product(w, node, before[0])], f"{name}_sums")
            return [w.node("Relu" if relu else "Tanh", [z], f"{name}_state")]

        scanned(w, node, 1, step)


def _relu(attributes: Mapping[str, Any]) -> int:
    return int(attributes.get("activation") == "relu")

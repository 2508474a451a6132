"""LSTM: a state and a cell that gates write, keep and show, over a whole sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
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
    logistic,
    recurrent_gradient,
    references,
    wires,
)
from playground.engine.recurrent_onnx import Step, fused, scanned, state_product
from playground.engine.vocabulary import load, sigmoid, splat, store, tanh


@kernel
def lstm_forward(F, R, w, k):
    """Gates i f g o of z become their values; the cell c' = f·c + i·g and the state h' = o·tanh(c').

    words: rows T H reverse | z y cells | packed u | running h and c | mask, states (0: none) | 1: h is not 0 at the start
    """
    rows, steps, units = w[0], w[1], w[2]
    gates, onward = 4 * units, -1 if w[3] else 1
    for turn in range(steps):
        t = steps - 1 - turn if w[3] else turn
        if turn or w[12]:
            panel_product(F, rows, gates, units, w[8], units, w[7], w[4] + t * gates, steps * gates, w[4] + t * gates, 1)
        for r in range(rows):
            place = r * steps + t
            there = True
            if w[10]:
                there = F[w[10] + place] != 0.0
            z, y, h, c = w[4] + place * gates, w[5] + place * units, w[8] + r * units, w[9] + r * units
            cells, states = w[6] + place * units, w[11] + place * units
            for j in range(0, units, 16):
                n = units - j
                ask_blocks(F, z + onward * gates + j, 4, units)
                ask_blocks(F, y + onward * units + j, 1, units)
                ask_blocks(F, cells + onward * units + j, 1, units)
                if there:
                    i, f = sigmoid(load(F, z + j, n)), sigmoid(load(F, z + units + j, n))
                    g, o = tanh(load(F, z + 2 * units + j, n)), sigmoid(load(F, z + 3 * units + j, n))
                    cell = f * load(F, c + j, n) + i * g
                    state = o * tanh(cell)
                    store(F, z + j, n, i)
                    store(F, z + units + j, n, f)
                    store(F, z + 2 * units + j, n, g)
                    store(F, z + 3 * units + j, n, o)
                    store(F, c + j, n, cell)
                    store(F, h + j, n, state)
                    store(F, y + j, n, state)
                else:
                    for gate in range(4):
                        store(F, z + gate * units + j, n, 0.0)
                    store(F, y + j, n, 0.0)
                store(F, cells + j, n, load(F, c + j, n))
                if w[11]:
                    store(F, states + j, n, load(F, h + j, n))


@kernel
def lstm_backward(F, R, w, k):
    """Gate values in z become gate gradients; those of state and cell are carried back to the start.

    words: rows T H reverse | z cells, c at the start and its row step (0: none) | dy (0: none) | carried dh dc | packed u transposed
           | mask (0: none) | 1: dh is wanted at the start
    """
    rows, steps, units = w[0], w[1], w[2]
    gates, onward = 4 * units, 1 if w[3] else -1
    for turn in range(steps - 1, -1, -1):
        t = steps - 1 - turn if w[3] else turn
        before = t + onward
        for r in range(rows):
            place = r * steps + t
            there = True
            if w[12]:
                there = F[w[12] + place] != 0.0
            z, cells, dh, dc = w[4] + place * gates, w[5] + place * units, w[9] + r * units, w[10] + r * units
            dy = w[8] + place * units
            start = w[5] + (r * steps + before) * units if turn else w[6] + r * w[7]
            for j in range(0, units, 16):
                n = units - j
                ask_blocks(F, z + onward * gates + j, 4, units)
                ask_blocks(F, cells + 2 * onward * units + j, 1, units)
                if w[8]:
                    ask_blocks(F, dy + onward * units + j, 1, units)
                if there:
                    i, f = load(F, z + j, n), load(F, z + units + j, n)
                    g, o = load(F, z + 2 * units + j, n), load(F, z + 3 * units + j, n)
                    v, h = tanh(load(F, cells + j, n)), load(F, dh + j, n)
                    if w[8]:
                        h = h + load(F, dy + j, n)
                    c = load(F, start + j, n) if turn or w[6] else splat(0.0)
                    d = load(F, dc + j, n) + h * o * (1.0 - v * v)
                    store(F, z + j, n, d * g * i * (1.0 - i))
                    store(F, z + units + j, n, d * c * f * (1.0 - f))
                    store(F, z + 2 * units + j, n, d * i * (1.0 - g * g))
                    store(F, z + 3 * units + j, n, h * v * o * (1.0 - o))
                    store(F, dc + j, n, d * f)
                    store(F, dh + j, n, 0.0)
                else:
                    for gate in range(4):
                        store(F, z + gate * units + j, n, 0.0)
        if turn or w[13]:
            panel_product(F, rows, units, gates, w[4] + t * gates, steps * gates, w[11], w[9], units, w[9], 1)


class Lstm(Recurrence):
    """Weights hold the gates i, f, g, o side by side, as PyTorch's do. Outputs besides: cell (H,), gates (T, 4·H), cells (T, H).

    Source: Hochreiter and Schmidhuber, "Long short-term memory", 1997; forget gate: Gers, Schmidhuber and Cummins, 2000.
    """

    id = "lstm"
    outputs = ("y", "state", "cell", "gates", "cells", "states")
    blocks = 4

    def kept(self, steps: int, units: int) -> tuple[TensorType, ...]:
        y, last = TensorType((steps, units)), TensorType((units,))
        return (y, last, last, TensorType((steps, 4 * units)), y, y)

    def formula(
        self, z: np.ndarray, h: np.ndarray, c: np.ndarray, p: Wires, attributes: Mapping[str, Any]
    ) -> tuple[np.ndarray, ...]:
        z = z + h @ p.u if p.c is None else z + h @ p.u + p.c
        i, f, g, o = np.split(z, 4, axis=1)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        cell = f * c + i * g
        return o * np.tanh(cell), cell, np.concatenate([i, f, g, o], axis=1)

    def arranged(
        self, y: np.ndarray, h: np.ndarray, c: np.ndarray, more: list[np.ndarray], cells: np.ndarray, states: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        return (y, h, c, more[0], cells, states)

    def forward(self, e: Emit, node: OpNode) -> None:
        p, s = references(e, node), self.sizes(e, node)
        y, state, cell, z, cells, states = (e.value(i) for i in node.outputs)
        packed = packed_size(s.units, s.gates)
        e.scratch(packed + input_room(s))
        kept = states if p.mask is not None else None

        def make(f: Frame) -> list[Instruction]:
            return [
                *input_product(f, p, s, z, f.scratch() + packed, s.gates),
                begun(f, s, p.state, state),
                begun(f, s, p.cell, cell),
                ("pack_panels", f.at(p.u), s.units, s.gates, s.gates, f.scratch()),
                (
                    "lstm_forward", f.rows, s.steps, s.units, s.reverse, f.at(z), f.at(y), f.at(cells), f.scratch(),
                    f.at(state), f.at(cell), at(f, p.mask), at(f, kept), int(p.state is not None),
                ),
            ]  # fmt: skip

        reads = [one for one in (p.x, p.mask, p.state, p.cell) if one is not None]
        e.rows(make, reads, [y, state, cell, z, cells, *([] if kept is None else [kept])], grain="part")

    def backward(self, e: Emit, node: OpNode) -> None:
        p, s, i = references(e, node), self.sizes(e, node), wires(node.inputs, node.attributes)
        y, _, _, z, cells, states = (e.value(n) for n in node.outputs)
        dy = e.gradient(node.outputs[0])
        (dh, given_h), (dc, given_c) = carried(e, node.outputs[1]), carried(e, node.outputs[2])
        e.scratch(packed_size(s.gates, s.units))
        wanted = int(i.state is not None and e.gradient(i.state) is not None)

        def make(f: Frame) -> list[Instruction]:
            made = [cleared(f, s, ref) for ref, given in ((dh, given_h), (dc, given_c)) if not given]
            start = 0 if p.cell is None else f.at(p.cell) + s.offset
            return [
                *made,
                ("pack_panels_transposed", f.at(p.u), s.units, s.gates, s.gates, f.scratch()),
                (
                    "lstm_backward", f.rows, s.steps, s.units, s.reverse, f.at(z), f.at(cells), start, s.wide, at(f, dy),
                    f.at(dh), f.at(dc), f.scratch(), at(f, p.mask), wanted,
                ),
            ]  # fmt: skip

        reads = [one for one in (z, cells, p.cell, p.mask, dy) if one is not None]
        e.rows(make, reads, [z, dh, dc], grain="part")
        hand_over(e, s, i.state, dh)
        hand_over(e, s, i.cell, dc)
        input_gradients(e, node, s, z, s.gates)
        recurrent_gradient(e, node, s, y if p.mask is None else states, [Part(0, s.gates, z, s.gates)])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        if node.attributes.get("masked"):
            scanned(w, node, 2, _onnx_step(node))
        else:
            fused(w, node, "LSTM", (0, 3, 1, 2))


def _onnx_step(node: OpNode) -> Step:
    """A step out of elementary nodes."""

    def step(w: OnnxWriter, name: str, z: str, before: list[str]) -> list[str]:
        z = w.node("Add", [z, state_product(w, node, before[0])], f"{name}_sums")
        i, f, g, o = w.nodes_of("Split", [z], f"{name}_gates", 4, axis=1, num_outputs=4)
        i, f, o = (w.node("Sigmoid", [one], f"{name}_gate") for one in (i, f, o))
        kept = w.node("Mul", [f, before[1]], f"{name}_remembered")
        written = w.node("Mul", [i, w.node("Tanh", [g], f"{name}_new")], f"{name}_written")
        cell = w.node("Add", [kept, written], f"{name}_cell")
        return [w.node("Mul", [o, w.node("Tanh", [cell], f"{name}_seen")], f"{name}_state"), cell]

    return step

"""GRU: one state, of which gates say how much stays and how much of it a new one may use, over a whole sequence."""

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
def gru_forward(F, R, w, k):
    """Gates r u n of z become their values, and h' = n + u·(h - n).

    q is what n's part of the recurrent weights gives, and n = tanh(z + r·q); or, reset before, it is r·h, which they multiply.
    words: rows T H reverse | z y q | packed u: of r and u, of n | running h | mask, states (0: none) | n's bias (0: none)
           | 1: reset before the product
    """
    rows, steps, units = w[0], w[1], w[2]
    gates, onward = 3 * units, -1 if w[3] else 1
    for turn in range(steps):
        t = steps - 1 - turn if w[3] else turn
        first, fed, wide = w[4] + t * gates, w[6] + t * units, steps * units
        panel_product(F, rows, 2 * units, units, w[9], units, w[7], first, steps * gates, first, 1)
        if w[13]:
            for r in range(rows):
                z, q, h = first + r * steps * gates, fed + r * wide, w[9] + r * units
                for j in range(0, units, 16):
                    n = units - j
                    store(F, q + j, n, sigmoid(load(F, z + j, n)) * load(F, h + j, n))
        a, a_step = (fed, wide) if w[13] else (w[9], units)
        c, c_step = (first + 2 * units, steps * gates) if w[13] else (fed, wide)
        start, follows = (c, 1) if w[13] else (w[12], 0)
        panel_product(F, rows, units, units, a, a_step, w[8], c, c_step, start, follows)
        for r in range(rows):
            there = True
            if w[10]:
                there = F[w[10] + r * steps + t] != 0.0
            z, q, h = first + r * steps * gates, fed + r * wide, w[9] + r * units
            y, states = w[5] + (r * steps + t) * units, w[11] + (r * steps + t) * units
            for j in range(0, units, 16):
                n = units - j
                ask_blocks(F, z + onward * gates + j, 3, units)
                ask_blocks(F, q + onward * units + j, 1, units)
                ask_blocks(F, y + onward * units + j, 1, units)
                if there:
                    reset, update = sigmoid(load(F, z + j, n)), sigmoid(load(F, z + units + j, n))
                    new = load(F, z + 2 * units + j, n)
                    if w[13] == 0:
                        new = new + reset * load(F, q + j, n)
                    new = tanh(new)
                    state = new + update * (load(F, h + j, n) - new)
                    store(F, z + j, n, reset)
                    store(F, z + units + j, n, update)
                    store(F, z + 2 * units + j, n, new)
                    store(F, h + j, n, state)
                    store(F, y + j, n, state)
                else:
                    for gate in range(3):
                        store(F, z + gate * units + j, n, 0.0)
                    store(F, q + j, n, 0.0)
                    store(F, y + j, n, 0.0)
                if w[11]:
                    store(F, states + j, n, load(F, h + j, n))


@kernel
def gru_backward(F, R, w, k):
    """Gate values in z become gate gradients; that of the state is carried back to the start.

    q becomes the gradient of what n's part of the recurrent weights gave; reset before, it stays r·h.
    words: rows T H reverse | z q states | h at the start and its row step (0: none) | dy (0: none) | carried dh
           | packed u transposed: of r and u, of n | mask (0: none) | 1: reset before the product
    """
    rows, steps, units = w[0], w[1], w[2]
    gates, onward = 3 * units, 1 if w[3] else -1
    for turn in range(steps - 1, -1, -1):
        t = steps - 1 - turn if w[3] else turn
        before = t + onward
        first, fed, wide = w[4] + t * gates, w[5] + t * units, steps * units
        for r in range(rows):
            there = True
            if w[13]:
                there = F[w[13] + r * steps + t] != 0.0
            z, q, dh, dy = first + r * steps * gates, fed + r * wide, w[10] + r * units, w[9] + (r * steps + t) * units
            start = w[6] + (r * steps + before) * units if turn else w[7] + r * w[8]
            for j in range(0, units, 16):
                n = units - j
                ask_blocks(F, z + onward * gates + j, 3, units)
                ask_blocks(F, q + onward * units + j, 1, units)
                ask_blocks(F, w[6] + (r * steps + before + onward) * units + j, 1, units)
                if w[9]:
                    ask_blocks(F, dy + onward * units + j, 1, units)
                if there:
                    reset, update, new = load(F, z + j, n), load(F, z + units + j, n), load(F, z + 2 * units + j, n)
                    h = load(F, start + j, n) if turn or w[7] else splat(0.0)
                    d = load(F, dh + j, n)
                    if w[9]:
                        d = d + load(F, dy + j, n)
                    dn = d * (1.0 - update) * (1.0 - new * new)
                    store(F, z + units + j, n, d * (h - new) * update * (1.0 - update))
                    store(F, z + 2 * units + j, n, dn)
                    store(F, dh + j, n, d * update)
                    if w[14] == 0:
                        store(F, z + j, n, dn * load(F, q + j, n) * reset * (1.0 - reset))
                        store(F, q + j, n, dn * reset)
                else:
                    for gate in range(3):
                        store(F, z + gate * units + j, n, 0.0)
                    store(F, q + j, n, 0.0)
        a, a_step = (first + 2 * units, steps * gates) if w[14] else (fed, wide)
        c, c_step = (fed, wide) if w[14] else (w[10], units)
        begin, follows = (0, 0) if w[14] else (c, 1)
        panel_product(F, rows, units, units, a, a_step, w[12], c, c_step, begin, follows)
        if w[14]:
            for r in range(rows):
                z, q, dh = first + r * steps * gates, fed + r * wide, w[10] + r * units
                start = w[6] + (r * steps + before) * units if turn else w[7] + r * w[8]
                for j in range(0, units, 16):
                    n = units - j
                    reset, d = load(F, z + j, n), load(F, q + j, n)
                    h = load(F, start + j, n) if turn or w[7] else splat(0.0)
                    store(F, z + j, n, d * h * reset * (1.0 - reset))
                    store(F, q + j, n, reset * h)
                    store(F, dh + j, n, load(F, dh + j, n) + d * reset)
        panel_product(F, rows, units, 2 * units, first, steps * gates, w[11], w[10], units, w[10], 1)


class Gru(Recurrence):
    """Weights hold the gates r, u, n side by side, as PyTorch's do. Outputs besides: gates (T, 3·H), candidate (T, H).

    Attribute reset: "after" the recurrent product (PyTorch, cuDNN) or "before" it (the paper). candidate is what the gate r
    multiplies, or what came of it.  Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, section 2.3.
    """

    id = "gru"
    outputs = ("y", "state", "gates", "candidate", "states")
    blocks = 3

    def kept(self, steps: int, units: int) -> tuple[TensorType, ...]:
        y = TensorType((steps, units))
        return (y, TensorType((units,)), TensorType((steps, 3 * units)), y, y)

    def formula(
        self, z: np.ndarray, h: np.ndarray, c: np.ndarray, p: Wires, attributes: Mapping[str, Any]
    ) -> tuple[np.ndarray, ...]:
        (zr, zu, zn), (ur, uu, un) = np.split(z, 3, axis=1), np.split(p.u, 3, axis=1)
        br, bu, bn = (0, 0, 0) if p.c is None else np.split(p.c, 3)
        r, u = logistic(zr + h @ ur + br), logistic(zu + h @ uu + bu)
        if attributes.get("reset") == "before":
            kept = r * h
            n = np.tanh(zn + kept @ un + bn)
        else:
            kept = h @ un + bn
            n = np.tanh(zn + r * kept)
        return n + u * (h - n), c, np.concatenate([r, u, n], axis=1), kept

    def forward(self, e: Emit, node: OpNode) -> None:
        p, s = references(e, node), self.sizes(e, node)
        y, state, z, q, states = (e.value(i) for i in node.outputs)
        before, both = _before(node), packed_size(s.units, 2 * s.units)
        packed = both + packed_size(s.units, s.units)
        e.scratch(packed + input_room(s))
        kept = states if p.mask is not None else None

        def make(f: Frame) -> list[Instruction]:
            u, room = f.at(p.u), f.scratch()
            bias = 0 if p.c is None or before else f.at(p.c) + 2 * s.units
            return [
                *input_product(f, p, s, z, room + packed, s.gates if before else 2 * s.units),
                begun(f, s, p.state, state),
                ("pack_panels", u, s.units, 2 * s.units, s.gates, room),
                ("pack_panels", u + 2 * s.units, s.units, s.units, s.gates, room + both),
                (
                    "gru_forward", f.rows, s.steps, s.units, s.reverse, f.at(z), f.at(y), f.at(q), room, room + both,
                    f.at(state), at(f, p.mask), at(f, kept), bias, before,
                ),
            ]  # fmt: skip

        reads = [one for one in (p.x, p.mask, p.state) if one is not None]
        e.rows(make, reads, [y, state, z, q, *([] if kept is None else [kept])], grain="part")

    def backward(self, e: Emit, node: OpNode) -> None:
        p, s, i = references(e, node), self.sizes(e, node), wires(node.inputs, node.attributes)
        y, _, z, q, states = (e.value(n) for n in node.outputs)
        h = y if p.mask is None else states
        dy, (dh, given) = e.gradient(node.outputs[0]), carried(e, node.outputs[1])
        before, both = _before(node), packed_size(2 * s.units, s.units)
        e.scratch(both + packed_size(s.units, s.units))

        def make(f: Frame) -> list[Instruction]:
            u, room = f.at(p.u), f.scratch()
            start = 0 if p.state is None else f.at(p.state) + s.offset
            return [
                *([] if given else [cleared(f, s, dh)]),
                ("pack_panels_transposed", u, s.units, 2 * s.units, s.gates, room),
                ("pack_panels_transposed", u + 2 * s.units, s.units, s.units, s.gates, room + both),
                (
                    "gru_backward", f.rows, s.steps, s.units, s.reverse, f.at(z), f.at(q), f.at(h), start, s.wide, at(f, dy),
                    f.at(dh), room, room + both, at(f, p.mask), before,
                ),
            ]  # fmt: skip

        reads = [one for one in (z, q, h, p.state, p.mask, dy) if one is not None]
        e.rows(make, reads, [z, q, dh], grain="part")
        hand_over(e, s, i.state, dh)
        input_gradients(e, node, s, z, s.gates if before else 2 * s.units, None if before else q)
        gates = Part(0, 2 * s.units, z, s.gates)
        if before:
            last = Part(2 * s.units, s.units, z, s.gates, first=2 * s.units, fed=q)
        else:
            last = Part(2 * s.units, s.units, q, s.units)
        recurrent_gradient(e, node, s, h, [gates, last])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        if node.attributes.get("masked"):
            scanned(w, node, 1, _onnx_step(node))
        else:
            fused(w, node, "GRU", (1, 0, 2), linear_before_reset=1 - _before(node))


def _onnx_step(node: OpNode) -> Step:
    """A step out of elementary nodes."""

    def step(w: OnnxWriter, name: str, z: str, before: list[str]) -> list[str]:
        h = before[0]
        zr, zu, zn = w.nodes_of("Split", [z], f"{name}_inputs", 3, axis=1, num_outputs=3)
        sums = [w.node("Add", [one, state_product(w, node, h, n)], f"{name}_sums") for n, one in enumerate((zr, zu))]
        r, u = (w.node("Sigmoid", [one], f"{name}_gate") for one in sums)
        if _before(node):
            fed = state_product(w, node, w.node("Mul", [r, h], f"{name}_used"), 2)
        else:
            fed = w.node("Mul", [r, state_product(w, node, h, 2)], f"{name}_used")
        new = w.node("Tanh", [w.node("Add", [zn, fed], f"{name}_sums")], f"{name}_new")
        kept = w.node("Mul", [u, w.node("Sub", [h, new], f"{name}_apart")], f"{name}_remembered")
        return [w.node("Add", [new, kept], f"{name}_state")]

    return step


def _before(node: OpNode) -> int:
    return int(node.attributes.get("reset") == "before")

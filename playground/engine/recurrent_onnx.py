"""ONNX forms of the recurrent ops: the fused operators, or a Scan over the steps where those cannot say it (masks, ReLU)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.recurrences import Wires, wires

#: ONNX's number of the element type bool.
BOOL = 9
#: One step's nodes: (writer, label, the input's product with its bias, states before) -> states afterwards.
Step = Callable[[OnnxWriter, str, str, list[str]], list[str]]


def fused(w: OnnxWriter, node: OpNode, op: str, order: Sequence[int], **attributes: int) -> None:
    """LSTM, GRU or RNN. order: which of our blocks of the weights stand first, second, ... in ONNX's."""
    p, name = wires(node.inputs, node.attributes), label(node)
    units = w.graph.values[p.u].type.shape[0]

    def blocks(value: int) -> np.ndarray:
        array = w.tensor(value)[1]
        return np.concatenate([np.split(array, len(order), axis=-1)[n] for n in order], axis=-1)

    x = w.node("Transpose", [w.last(p.x)], f"{name}_steps", perm=[1, 0, 2])
    inputs = [x, *(w.constant(w.tensor(i)[0], blocks(i).T[None]) for i in (p.w, p.u))]
    bias = "" if p.b is None else w.constant(w.tensor(p.b)[0], np.concatenate([blocks(p.b), blocks(p.c)])[None])
    axis = w.constant(f"{name}_direction", np.array([0], np.int64))
    starts = ["" if one is None else w.node("Unsqueeze", [one, axis], f"{name}_start") for one in _starts(w, node, p, units)]
    more = [bias, "", *starts]
    while more and not more[-1]:
        more.pop()
    if node.attributes.get("reverse"):
        attributes["direction"] = "reverse"  # type: ignore[assignment]
    found = w.nodes_of(op, [*inputs, *more], name, 3 if op == "LSTM" else 2, hidden_size=units, **attributes)
    y = w.node("Transpose", [found[0]], f"{name}_samples", perm=[2, 0, 1, 3])
    w.hold(node.output, w.node("Squeeze", [y, w.constant(f"{name}_of_y", np.array([2], np.int64))], f"{name}_y"))
    for value, last in zip(node.outputs[1:], found[1:], strict=False):
        w.hold(value, w.node("Squeeze", [last, axis], f"{name}_last"))


def scanned(w: OnnxWriter, node: OpNode, states: int, step: Step) -> None:
    """The op step by step. A step that the mask leaves out keeps the states and gives zeros."""
    p, name = wires(node.inputs, node.attributes), label(node)
    units = w.graph.values[p.u].type.shape[0]
    x = w.node("Transpose", [w.last(p.x)], f"{name}_steps", perm=[1, 0, 2])
    z = w.node("MatMul", [x, w.constant(*w.tensor(p.w))], f"{name}_input")
    if p.b is not None:
        z = w.node("Add", [z, w.constant(*w.tensor(p.b))], f"{name}_biased")
    read = [z]
    if p.mask is not None:
        there = w.node("Transpose", [w.last(p.mask)], f"{name}_there", perm=[1, 0])
        read.append(w.node("Unsqueeze", [there, w.constant(f"{name}_last_axis", np.array([2], np.int64))], f"{name}_there"))
    if node.attributes.get("reverse"):
        read = [_turned(w, one, f"{name}_backwards") for one in read]
    starts = [one or _zeros(w, z, units, name) for one in _starts(w, node, p, units)[:states]]
    zero = w.constant(f"{name}_zero", np.zeros((), np.float32))

    def body(before: list[str], now: list[str]) -> tuple[list[str], list[str]]:
        new = step(w, name, now[0], before)
        if p.mask is None:
            return new, [new[0]]
        there = w.node("Cast", [now[1]], f"{name}_is_there", to=BOOL)
        kept = [w.node("Where", [there, a, b], f"{name}_kept") for a, b in zip(new, before, strict=True)]
        return kept, [w.node("Where", [there, new[0], zero], f"{name}_shown")]

    *last, y = w.scan(starts, read, body, name)
    if node.attributes.get("reverse"):
        y = _turned(w, y, f"{name}_forwards")
    w.hold(node.output, w.node("Transpose", [y], f"{name}_samples", perm=[1, 0, 2]))
    for value, one in zip(node.outputs[1:], last, strict=False):
        w.hold(value, one)


def state_product(w: OnnxWriter, node: OpNode, h: str, block: int | None = None) -> str:
    """h·u + c inside a step. block: for one block of the weights' columns only."""
    p, name = wires(node.inputs, node.attributes), label(node)
    units = w.graph.values[p.u].type.shape[0]

    def part(value: int) -> str:
        key, array = w.tensor(value)
        if block is None:
            return w.constant(key, array)
        return w.constant(f"{key}/{block}", array[..., block * units : (block + 1) * units])

    y = w.node("MatMul", [h, part(p.u)], f"{name}_product")
    return y if p.c is None else w.node("Add", [y, part(p.c)], f"{name}_product")


def _starts(w: OnnxWriter, node: OpNode, p: Wires, units: int) -> list[str | None]:
    """The initial state and cell: this op's columns of what is given."""
    found: list[str | None] = []
    for value in (p.state, p.cell):
        if value is None:
            found.append(None)
            continue
        name, first = f"{label(node)}_start", node.attributes.get("offset", 0)
        if w.graph.values[value].type.shape == (units,):
            found.append(w.last(value))
            continue
        ends = [
            w.constant(f"{name}_{what}", np.array([n], np.int64))
            for what, n in (("from", first), ("to", first + units), ("axis", 1))
        ]
        found.append(w.node("Slice", [w.last(value), *ends], name))
    return found


def _zeros(w: OnnxWriter, z: str, units: int, name: str) -> str:
    """Zeros (batch, units), where z is (steps, batch, ...)."""
    batch = w.node("Shape", [z], f"{name}_batch", start=1, end=2)
    shape = w.node("Concat", [batch, w.constant(f"{name}_units", np.array([units], np.int64))], f"{name}_state", axis=0)
    return w.node("Expand", [w.constant(f"{name}_zero", np.zeros((), np.float32)), shape], f"{name}_state")


def _turned(w: OnnxWriter, x: str, name: str) -> str:
    """The steps in the other order."""
    words = {"from": -1, "to": np.iinfo(np.int64).min, "axis": 0, "step": -1}
    return w.node("Slice", [x, *(w.constant(f"{name}_{what}", np.array([n], np.int64)) for what, n in words.items())], name)

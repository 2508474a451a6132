"""What the recurrent ops share: the base of their classes and the products over all steps around a walk through them.

A layer is one op over the whole sequence: one product for the inputs of all steps, then a kernel that walks through the steps and
does the recurrent product and the gates of each, and back; weight gradients are products over all steps at once.
What a step does inside the kernel stands in `engine.panels`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import products
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import Graph, OpNode
from playground.engine.moves import sum_copies
from playground.engine.ops.base import Op
from playground.engine.products import FAR, Walk
from playground.errors import ShapeError

#: An embedding before the op is folded into its weights where the table has at most so many rows for each step of a sample: from a
#: few samples in a batch on, that is less work.
TABLE_SHARE = 4


@dataclasses.dataclass(frozen=True)
class Wires:
    """The inputs of a recurrent op by name: value indices, references or arrays. None: not there.

    x (T, I), w (I, G), u (H, G), b and c (G,): biases beside w and beside u, mask (T,), state and cell: where it starts from.
    table (entries, I): x is tokens (T,) then, which stand for its rows.
    """

    x: Any
    w: Any
    u: Any
    b: Any = None
    c: Any = None
    mask: Any = None
    state: Any = None
    cell: Any = None
    table: Any = None


def wires(inputs: Sequence[Any], attributes: Mapping[str, Any]) -> Wires:
    """Attributes biased, masked, tabled (flags) and initial (names) say which inputs there are, in the order of `Wires`."""
    names = ["x", "w", "u", *(["b", "c"] if attributes.get("biased") else []), *(["mask"] if attributes.get("masked") else [])]
    names += [*attributes.get("initial", ()), *(["table"] if attributes.get("tabled") else [])]
    return Wires(**dict(zip(names, inputs, strict=False)))


@dataclasses.dataclass(frozen=True)
class Sizes:
    """T steps of I numbers into H units with G numbers of all gates; the units' starts lie at `offset` in rows of `wide`.

    entries: rows of the table, 0 without one.
    """

    steps: int
    inputs: int
    units: int
    gates: int
    reverse: int
    offset: int
    wide: int
    entries: int

    @property
    def first(self) -> int:
        """The step that is done first."""
        return self.steps - 1 if self.reverse else 0


class Recurrence(Op):
    """The base of the recurrent ops. Inputs: see `Wires`. Outputs: y (T, H), the last state (H,), what is kept, states (T, H).

    Attributes: reverse: the last step is done first.  offset: where the units' own numbers begin in the initial states, which may
    hold those of several layers.  biased, masked, initial: see `wires`.  A step whose mask is 0 leaves the
    state as it is, gives zeros as y and as gates and hands no gradient to its input. `states`, the state after every step, is only
    stored where there is a mask; without one it equals y.
    """

    #: Blocks of H numbers in the weights.
    blocks: ClassVar[int] = 1
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[TensorType, ...]:
        p = wires(inputs, attributes)
        if p.x.rank != 2 or p.x.shape[0] < 1 or p.x.shape[1] != p.w.shape[0]:
            raise ShapeError(f"needs a sequence of {p.w.shape[0]} numbers at each step; the input is {p.x}.")
        steps, units = p.x.shape[0], p.u.shape[0]
        if p.mask is not None and p.mask.shape != (steps,):
            raise ShapeError(f"needs a mask of {steps} steps; it is {p.mask}.")
        for start in (p.state, p.cell):
            needed = attributes.get("offset", 0) + units
            if start is not None and (start.rank != 1 or start.shape[0] < needed or start.shape != (p.state or start).shape):
                raise ShapeError(f"needs an initial state of {units} numbers; it is {start}.")
        return self.kept(steps, units)

    def kept(self, steps: int, units: int) -> tuple[TensorType, ...]:
        """Types of all outputs."""
        raise NotImplementedError

    def formula(
        self, z: np.ndarray, h: np.ndarray, c: np.ndarray, p: Wires, attributes: Mapping[str, Any]
    ) -> tuple[np.ndarray, ...]:
        """One step in plain NumPy: state and cell afterwards, then what is kept of it, in the order of the outputs.

        z: the input's product with its bias.  h, c: state and cell before (c stays unused where there is none).
        """
        raise NotImplementedError

    def reference(
        self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False
    ) -> tuple[np.ndarray, ...]:
        p = wires(inputs, attributes)
        n, steps, _ = p.x.shape
        units, at = p.u.shape[0], attributes.get("offset", 0)
        z = p.x @ p.w if p.b is None else p.x @ p.w + p.b
        h = np.zeros((n, units), z.dtype) if p.state is None else p.state[:, at : at + units]
        c = np.zeros((n, units), z.dtype) if p.cell is None else p.cell[:, at : at + units]
        there = np.ones((n, steps), bool) if p.mask is None else np.asarray(p.mask) != 0
        rows: list[tuple[np.ndarray, ...]] = [()] * steps
        for t in reversed(range(steps)) if attributes.get("reverse") else range(steps):
            m = there[:, t, None]
            new, cell, *more = self.formula(z[:, t], h, c, p, attributes)
            h, c = np.where(m, new, h), np.where(m, cell, c)
            rows[t] = (np.where(m, new, 0), *(np.where(m, one, 0) for one in more), c, h)
        every = [np.stack(one, axis=1) for one in zip(*rows, strict=True)]
        return self.arranged(every[0], h, c, every[1:-2], every[-2], every[-1])

    def arranged(
        self, y: np.ndarray, h: np.ndarray, c: np.ndarray, more: list[np.ndarray], cells: np.ndarray, states: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """The outputs in order, without a cell."""
        return (y, h, *more, states)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        steps, units = output.shape
        return steps * units * (2 * self.blocks * (inputs[0].shape[1] + units) + 30 * self.blocks)

    def sizes(self, e: Emit, node: OpNode) -> Sizes:
        """Numbers that all emissions need."""
        p, types = wires(node.inputs, node.attributes), [v.type for v in e.graph.values]
        steps, inputs, (units, gates) = types[p.x].shape[0], types[p.w].shape[0], types[p.u].shape
        entries = 0 if p.table is None else types[p.table].shape[0]
        start = p.cell if p.state is None else p.state
        wide = types[start].shape[0] if start is not None else 0
        reverse, offset = int(bool(node.attributes.get("reverse"))), node.attributes.get("offset", 0)
        return Sizes(steps, inputs, units, gates, reverse, offset, wide, entries)

    def absorbs(self, graph: Graph, node: OpNode) -> OpNode | None:
        """With an embedding before it, a table of the weights' products: a product for each token there is, not for each one read."""
        made = {one.output: one for one in graph.nodes}.get(node.inputs[0])
        if made is None or made.op != "embedding" or made.attributes.get("padding", -1) >= 0 or node.attributes.get("tabled"):
            return None
        tokens, table = made.inputs
        steps, entries = graph.values[tokens].type.shape[0], graph.values[table].type.shape[0]
        if len(graph.consumers(made.output)) > 1 or made.output in graph.outputs or entries > TABLE_SHARE * steps:
            return None
        attributes = {**node.attributes, "tabled": True}
        return dataclasses.replace(node, inputs=(tokens, *node.inputs[1:], table), attributes=attributes)


def references(e: Emit, node: OpNode) -> Wires:
    """The op's inputs as references."""
    p = wires(node.inputs, node.attributes)
    return Wires(*(None if i is None else e.value(i) for i in dataclasses.astuple(p)))


def at(f: Frame | Whole, ref: Ref | None) -> int:
    """F index, 0 for what is not there."""
    return 0 if ref is None else f.at(ref)


def input_room(s: Sizes) -> int:
    """Numbers of scratch that `input_product` needs."""
    return s.gates * (1 + s.entries)


def input_product(f: Frame, p: Wires, s: Sizes, z: Ref, scratch: int, joined: int) -> list[Instruction]:
    """z = x·w + biases for all steps. joined: so many numbers of the recurrent bias are added at once."""
    made: list[Instruction] = []
    bias: int | None = None
    if p.b is not None:
        bias = scratch
        made.append(("add_vectors", f.at(p.b), f.at(p.c), bias, joined, s.gates))
    rows = f.rows * s.steps
    if p.table is None:
        return [*made, products.dense_forward(f.at(p.x), f.at(p.w), bias, f.at(z), rows, s.inputs, s.gates)]
    each = scratch + s.gates
    return [
        *made,
        products.dense_forward(f.at(p.table), f.at(p.w), bias, each, s.entries, s.inputs, s.gates),
        ("embedding_forward", f.at(p.x), each, f.at(z), rows, s.gates, s.entries, -1),
    ]


def begun(f: Frame, s: Sizes, start: Ref | None, to: Ref) -> Instruction:
    """The running state or cell at its start."""
    return ("copy_rows", f.rows, s.units, 0 if start is None else f.at(start) + s.offset, s.wide, f.at(to), s.units, 0)


def carried(e: Emit, value: int) -> tuple[Ref, bool]:
    """Where the gradient of a state is carried from step to step, and whether it holds that of the last state to begin with."""
    found = e.gradient(value)
    return (Ref("gradient", value), False) if found is None else (found, True)


def cleared(f: Frame, s: Sizes, ref: Ref) -> Instruction:
    return ("copy_rows", f.rows, s.units, 0, 0, f.at(ref), s.units, 0)


def hand_over(e: Emit, s: Sizes, start: int | None, ref: Ref) -> None:
    """The carried gradient, at the end that of the initial state: to its columns."""
    to = None if start is None else e.gradient(start)
    if to is None:
        return
    target, fresh = to, e.begin(to)

    def make(f: Frame) -> list[Instruction]:
        zeros: Instruction = ("copy_rows", f.rows, s.wide, 0, 0, f.at(target), s.wide, 0)
        moved: Instruction = ("copy_rows", f.rows, s.units, f.at(ref), s.units, f.at(target) + s.offset, s.wide, 1)
        return [zeros, moved] if fresh else [moved]

    e.rows(make, reads=[ref], writes=[target])


def input_gradients(e: Emit, node: OpNode, s: Sizes, dz: Ref, joined: int, rest: Ref | None = None) -> None:
    """Gradients of x or of the table behind it, of its weights and of both biases; for the last two see `_bias_gradients`."""
    i = wires(node.inputs, node.attributes)
    x, w = e.value(i.x), e.value(i.w)
    if i.table is not None:
        summed = _table_gradients(e, node, s, dz)
        _bias_gradients(e, node, s, (summed, dz), joined, rest)
        return
    dx, dw = e.gradient(i.x), e.gradient(i.w)
    if dx is not None:
        to, add = dx, not e.begin(dx)
        e.scratch(products.transpose_scratch(s.gates))

        def make_dx(f: Frame) -> list[Instruction]:
            return [products.dense_dx(f.at(dz), f.at(w), f.at(to), f.rows * s.steps, s.inputs, s.gates, f.scratch(), add=add)]

        e.rows(make_dx, reads=[dz], writes=[dx], grain="part")
    if dw is not None:
        weights, add_w = dw, not e.begin(dw)

        def make_dw(f: Whole) -> list[list[Instruction]]:
            rows = f.rows * s.steps
            return [
                [products.dense_dw(f.at(x), f.at(dz), f.at(weights), rows, s.inputs, s.gates, first, last, add=add_w)]
                for first, last in f.split(s.inputs)
            ]

        e.whole(make_dw, reads=[x, dz], writes=[dw])
    _bias_gradients(e, node, s, (None, dz), joined, rest)


def _table_gradients(e: Emit, node: OpNode, s: Sizes, dz: Ref) -> Ref:
    """The gradients of every token's product, added up; of them, those of the table and of the weights."""
    i = wires(node.inputs, node.attributes)
    x, w, table = e.value(i.x), e.value(i.w), e.value(i.table)
    dw, dtable = e.gradient(i.w), e.gradient(i.table)
    summed, turned = e.partial(s.entries * s.gates), e.partial(s.inputs * s.gates)

    def add_up(f: Whole) -> list[list[Instruction]]:
        to, rows = f.partials(summed)[0], f.rows * s.steps
        lists: list[list[Instruction]] = [
            [("embedding_backward", f.at(x), f.at(dz), to, rows, s.gates, s.entries, -1, first, last, 0, 0, 0)]
            for first, last in f.split(s.gates, 16)
        ]
        turn: Instruction = ("transpose_taps", f.at(w), f.partials(turned)[0], s.inputs, s.gates, 1, 1, 0, 0)
        return [*lists, [turn]]

    e.whole(add_up, reads=[x, dz], writes=[summed, turned])
    if dw is not None:
        weights, add_w = dw, not e.begin(dw)

        def make_dw(f: Whole) -> list[list[Instruction]]:
            dy, to = f.partials(summed)[0], f.at(weights)
            return [[products.dense_dw(f.at(table), dy, to, s.entries, s.inputs, s.gates, add=add_w)]]

        e.whole(make_dw, reads=[summed], writes=[dw])
    if dtable is not None:
        rows_of_table, how = dtable, products.ZERO if e.begin(dtable) else products.ADD

        def make_table(f: Whole) -> list[list[Instruction]]:
            dy, wt, to = Walk(f.partials(summed)[0], s.gates), f.partials(turned)[0], Walk(f.at(rows_of_table), s.inputs)
            return [[products.multiply((s.entries, s.inputs, s.gates, 1), dy, (1, 0), (wt, s.inputs, 0), to, start=how)]]

        e.whole(make_table, reads=[summed, turned], writes=[dtable])
    return summed


def _bias_gradients(e: Emit, node: OpNode, s: Sizes, sources: tuple[Ref | None, Ref], joined: int, rest: Ref | None) -> None:
    """Gradients of both biases: the first `joined` numbers have the same one; what is left of the recurrent bias has that of `rest`.

    sources: gradients added up token by token, where there is a table; dz of every step.
    """
    i = wires(node.inputs, node.attributes)
    db = None if i.b is None else e.gradient(i.b)
    dc = None if i.c is None else e.gradient(i.c)
    if db is None or dc is None:
        return
    (summed, dz), first, second, add_b, add_c = sources, db, dc, not e.begin(db), not e.begin(dc)

    def make(f: Whole) -> list[list[Instruction]]:
        rows = f.rows * s.steps
        dy, count = (f.at(dz), rows) if summed is None else (f.partials(summed)[0], s.entries)
        lists = []
        for a, b in f.split(s.gates, 16):
            made: list[Instruction] = [_column_sum(dy + a, f.at(first) + a, b - a, count, s.gates, add_b)]
            shared = min(b, joined) - a
            if shared > 0 and not add_b:
                made.append(sum_copies(f.at(first) + a, 1, 0, f.at(second) + a, shared, add=add_c))
            elif shared > 0:
                made.append(_column_sum(dy + a, f.at(second) + a, shared, count, s.gates, add_c))
            lists.append(made)
        if rest is not None:
            lists.append([_column_sum(f.at(rest), f.at(second) + joined, s.gates - joined, rows, s.gates - joined, add_c)])
        return lists

    reads = [dz if summed is None else summed, *([] if rest is None else [rest])]
    e.whole(make, reads=reads, writes=[first, second])


def _column_sum(dy: int, db: int, columns: int, rows: Word, step: int, add: bool) -> Instruction:
    """The sum of rows that lie `step` numbers apart."""
    return ("column_sums", dy, db, columns, rows, FAR, step, 0, 1, 0, int(add))


@dataclasses.dataclass(frozen=True)
class Part:
    """Columns of the recurrent weights and where their gradient comes from.

    dz: gradients of what they gave, `width` numbers of rows of `step` from number `first` on.  fed: what they multiplied at the
    same step, where that is not the state before it.
    """

    column: int
    width: int
    dz: Ref
    step: int
    first: int = 0
    fed: Ref | None = None


def recurrent_gradient(e: Emit, node: OpNode, s: Sizes, states: Ref, parts: Sequence[Part]) -> None:
    """The gradient of the recurrent weights: a product over the steps of all samples for each part of their columns."""
    i = wires(node.inputs, node.attributes)
    du = e.gradient(i.u)
    if du is None:
        return
    to, add = du, not e.begin(du)
    start = None if i.state is None else e.value(i.state)

    def make(f: Whole) -> list[list[Instruction]]:
        return [
            [one for part in parts for one in _part(f, s, part, (states, start, to), (a, b), add)] for a, b in f.split(s.units)
        ]

    reads = [states, *(part.dz for part in parts), *(part.fed for part in parts if part.fed is not None)]
    e.whole(make, reads=reads if start is None else [*reads, start], writes=[du])


def _part(
    f: Whole, s: Sizes, part: Part, refs: tuple[Ref, Ref | None, Ref], rows: tuple[int, int], add: bool
) -> list[Instruction]:
    """Rows a .. b of a part. refs: states, the initial one, the gradient."""
    (states, start, to), (a, b) = refs, rows
    dz, c = f.at(part.dz) + part.first, Walk(f.at(to) + a * s.gates + part.column, s.gates)
    how = products.ADD if add else products.ZERO
    sample = s.steps * part.step
    if part.fed is not None:
        x, rows_of_all = Walk(f.at(part.fed) + a, 1), f.rows * s.steps
        return [products.multiply((b - a, part.width, rows_of_all, 1), x, (s.units, 0), (dz, part.step, 0), c, start=how)]
    before, after = (s.units, 0) if s.reverse else (0, part.step)
    x = Walk(f.at(states) + a + before, 1)
    extents = (b - a, part.width, s.steps - 1, f.rows)
    made = [products.multiply(extents, x, (s.units, s.steps * s.units), (dz + after, part.step, sample), c, start=how)]
    if start is not None:
        h, ends = Walk(f.at(start) + s.offset + a, 1), dz + s.first * part.step
        made.append(products.multiply((b - a, part.width, f.rows, 1), h, (s.wide, 0), (ends, sample, 0), c, start=products.ADD))
    return made


def logistic(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ˣ) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))

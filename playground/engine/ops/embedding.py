"""Rows of a table, chosen by tokens: whole numbers held as float32."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction, Whole
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.ops.base import Op
from playground.engine.vocabulary import load, store
from playground.errors import ShapeError

#: ONNX's number for 64-bit whole numbers.
ONNX_INT64 = 7


@inline
def token_at(F, at, entries):
    """The token, or -1 for what is none: it must not become an address."""
    x = F[at]
    known = x >= 0.0 and x < np.float32(entries)
    token = int(x) if known else 0
    return token if known and np.float32(token) == x else -1


@kernel
def embedding_forward(F, R, w, k):
    """y[i] = table[token[i]]: 0 for the padding token, NaN for what is no token, which the verdict stops.

    words: tokens table y | count width entries padding (-1: none)
    """
    width, entries = w[4], w[5]
    for i in range(w[3]):
        token = token_at(F, w[0] + i, entries)
        x, y = w[1] + max(token, 0) * width, w[2] + i * width
        if token < 0 or token == w[6]:
            for j in range(0, width, 16):
                store(F, y + j, width - j, 0.0 if token >= 0 else np.nan)
        else:
            for j in range(0, width, 16):
                store(F, y + j, width - j, load(F, x + j, width - j))


@kernel
def embedding_backward(F, R, w, k):
    """Columns first .. last of the table's gradient: dtable[token[i]] += dy[i], rows in order, whatever the threads.

    Rows that are used in no sample stay 0. Where there is a list, it holds the tokens of the step before, whose rows are the only
    ones that are not 0 yet; else all rows are cleared, unless others have written there before.
    words: tokens dy dtable | count width entries padding | first last | add | list (0: none) and its length
    """
    width, entries, first, last, kept, length = w[4], w[5], w[7], w[8], w[10], w[11]
    if kept:
        for i in range(length):
            at = w[2] + token_at(F, kept + i, entries) * width
            for j in range(first, last, 16):
                store(F, at + j, last - j, 0.0)
    elif w[9] == 0:
        for token in range(entries):
            for j in range(first, last, 16):
                store(F, w[2] + token * width + j, last - j, 0.0)
    used = 0
    for i in range(w[3]):
        token = token_at(F, w[0] + i, entries)
        if token >= 0 and token != w[6]:
            d, to = w[1] + i * width, w[2] + token * width
            for j in range(first, last, 16):
                store(F, to + j, last - j, load(F, to + j, last - j) + load(F, d + j, last - j))
            if kept:
                F[kept + used] = np.float32(token)
                used += 1
    if kept:
        for i in range(used, length):
            F[kept + i] = F[kept]


class Embedding(Op):
    """Inputs tokens (...), table (entries, width).  Attributes: padding, the token whose row is 0 and is not learned; -1 for none.

    A gradient that is 0 in most rows is cleared where the step before has written and nowhere else.
    """

    id = "embedding"
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, table = inputs
        if table.rank != 2:
            raise ShapeError(f"needs a table with a row for every token; it is {table}.")
        return TensorType((*x.shape, table.shape[1]))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, table = inputs
        known = (x >= 0) & (x < len(table)) & (x == np.floor(x))
        y = table[np.where(known, x, 0).astype(np.int64)]
        y = np.where((x == attributes.get("padding", -1))[..., None], 0.0, y)
        return np.where(known[..., None], y, np.nan)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 0

    def forward(self, e: Emit, node: OpNode) -> None:
        x, table, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        count, entries, width, padding = _extents(e, node)

        def make(f: Frame) -> list[Instruction]:
            return [("embedding_forward", f.at(x), f.at(table), f.at(y), f.rows * count, width, entries, padding)]

        e.rows(make, reads=[x], writes=[y])

    def backward(self, e: Emit, node: OpNode) -> None:
        x, dy, dtable = e.value(node.inputs[0]), e.upstream(node), e.gradient(node.inputs[1])
        if dtable is None:
            return
        to, add = dtable, int(not e.begin(dtable))
        count, entries, width, padding = _extents(e, node)
        length = count * e.batch
        alone = len(e.graph.consumers(node.inputs[1])) == 1
        kept = e.partial(length, lasting=True) if alone and entries > length else None

        def make(f: Whole) -> list[list[Instruction]]:
            lists: list[list[Instruction]] = []
            for turn, (first, last) in enumerate(f.split(width, 16)):
                words = [f.at(x), f.at(dy), f.at(to), f.rows * count, width, entries, padding, first, last, add]
                at = 0
                if kept is not None:
                    start, _, apart = f.partials(kept)
                    at = start + turn * apart
                lists.append([("embedding_backward", *words, at, length)])
            return lists

        e.whole(make, reads=[x, dy], writes=[to] if kept is None else [to, kept])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        name, table = w.tensor(node.inputs[1])
        padding = node.attributes.get("padding", -1)
        if padding >= 0:
            table = table.copy()
            table[padding] = 0.0
        tokens = w.node("Cast", [w.last(node.inputs[0])], f"{label(node)}_tokens", to=ONNX_INT64)
        w.hold(node.output, w.node("Gather", [w.constant(name, table), tokens], label(node), axis=0))


def _extents(e: Emit, node: OpNode) -> tuple[int, int, int, int]:
    """Tokens of a sample, rows and columns of the table, the padding token."""
    entries, width = e.graph.values[node.inputs[1]].type.shape
    return e.graph.values[node.inputs[0]].type.count, entries, width, int(node.attributes.get("padding", -1))

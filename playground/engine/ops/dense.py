"""Dense: y = x·w + b on the last axis, for samples of any rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import products
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole
from playground.engine.first_fit import aligned
from playground.engine.frames import split
from playground.engine.graph import OpNode
from playground.engine.moves import sum_copies
from playground.engine.onnx_form import OnnxWriter, label, relu_after
from playground.engine.ops.base import Op
from playground.errors import ShapeError

#: Samples of at least so many positions are worked on block by block, which keeps what one op leaves to the next in cache.
BLOCK_POSITIONS = 16
#: So many weights stay in the second-level cache beside the activations of a block.
FEW_WEIGHTS = 16_384
#: Weights from so many on are worth a stage of their own. Then each chain keeps some rows of them for itself, forwards and at the
#: update, and what the chains exchange are sums of outputs, as many as samples: a weight that is read on two cores and written on one
#: costs more than its arithmetic.
OWNED_WEIGHTS = 65_536
#: Chains that a plan has at most: each of them may sum its share of a weight gradient by itself.
MOST_CHAINS = 8


class Dense(Op):
    """Inputs x (..., i), w (i, o) and optionally b (o,). Attribute transposed: w lies as (o, i), another op's matrix turned round."""

    id = "dense"
    onnx = "MatMul"
    masks = True
    takes_relu = True
    keeps_steps = True
    is_flat = True

    def keeps_steps_of(self, inputs: Sequence[TensorType]) -> bool:
        return inputs[0].rank > 1

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        x, w = inputs[0], inputs[1]
        if x.rank == 0 or x.shape[-1] != w.shape[0]:
            raise ShapeError(f"Dense expects {w.shape[0]} features on the last axis; the input is {x}.")
        return TensorType((*x.shape[:-1], w.shape[1]), x.axes)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        y = inputs[0] @ (inputs[1].T if attributes.get("transposed") else inputs[1])
        if len(inputs) > 2:
            y = y + inputs[2]
        return np.maximum(y, 0) if attributes.get("relu") else y

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 2 * inputs[0].shape[-1] * output.count

    def takes_features(self, e: Emit, node: OpNode) -> bool:
        i, o = self._extents(e, node)
        plain = not node.attributes.get("transposed") and e.graph.values[node.output].type.count == o
        pays = i * o >= OWNED_WEIGHTS and i >= 2 * e.batch
        shared_out = e.chains > 1 and len(split(i, e.chains, 8)) == e.chains
        return plain and pays and shared_out and e.gradient(node.inputs[1]) is not None and e.gradient(node.inputs[0]) is None

    def forward(self, e: Emit, node: OpNode) -> None:
        x, w, y = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        b = e.value(node.inputs[2]) if len(node.inputs) > 2 else None
        i, o = self._extents(e, node)
        if e.by_features is node:
            self._forward_by_features(e, node, (x, w, b, y), (i, o))
            return
        turned, relu = bool(node.attributes.get("transposed")), bool(node.attributes.get("relu"))
        e.scratch(products.transpose_scratch(i) if turned else products.copy_scratch(o))
        each = e.graph.values[node.output].type.count // o

        def make(f: Frame) -> list[Instruction]:
            bias = None if b is None else f.at(b)
            if turned:
                return [products.dense_dx(f.at(x), f.at(w), f.at(y), f.rows * each, o, i, f.scratch(), bias=bias, relu=relu)]
            return [products.dense_forward(f.at(x), f.at(w), bias, f.at(y), f.rows * each, i, o, relu=relu, scratch=f.scratch())]

        e.rows(make, reads=[x], writes=[y], grain=_grain(each, i * o))

    def _forward_by_features(
        self, e: Emit, node: OpNode, refs: tuple[Ref, Ref, Ref | None, Ref], extents: tuple[int, int]
    ) -> None:
        """Every chain multiplies its range of features by the rows of w that belong to them, for all samples; then the sums of each
        sample are added up. refs: x, w, b, y."""
        (x, w, b, y), (i, o), relu = refs, extents, int(bool(node.attributes.get("relu")))
        share = e.partial(e.batch * o)
        apart = aligned(e.batch * o)
        e.scratch(products.copy_scratch(o))

        def make(f: Whole) -> list[list[Instruction]]:
            at, parts = f.partials(share)[0], f.split(i)
            return [
                [products.dense_part(f.at(x) + a, f.at(w) + a * o, at + n * apart, f.rows, i, o, z - a, scratch=room)]
                for n, ((a, z), room) in enumerate(zip(parts, f.rooms(len(parts)), strict=True))
            ]

        def make_sums(f: Frame) -> list[Instruction]:
            at = f.partial(share) - f.chain * apart + f.r0 * o
            return [("sum_rows", f.rows, o, at, e.chains, apart, f.at(y), 0 if b is None else f.at(b), relu)]

        e.features(make, reads=[x, w], writes=[share])
        e.rows(make_sums, reads=[share], writes=[y], grain="part")

    def backward(self, e: Emit, node: OpNode) -> None:
        x, w, dy = e.value(node.inputs[0]), e.value(node.inputs[1]), e.upstream(node)
        i, o = self._extents(e, node)
        turned = bool(node.attributes.get("transposed"))
        each = e.graph.values[node.output].type.count // o
        dx, dw = e.gradient(node.inputs[0]), e.gradient(node.inputs[1])
        db = e.gradient(node.inputs[2]) if len(node.inputs) > 2 else None
        if dx is not None:
            to, add, mask = dx, not e.begin(dx), e.mask(node.inputs[0])
            e.scratch(products.copy_scratch(i) if turned else products.transpose_scratch(o))

            def make_dx(f: Frame) -> list[Instruction]:
                at, rows, place = (f.at(dy), f.at(w), f.at(to)), f.rows * each, None if mask is None else f.at(mask)
                if turned:
                    back, w_at, there = at
                    return [products.dense_forward(back, w_at, None, there, rows, o, i, mask=place, add=add, scratch=f.scratch())]
                return [products.dense_dx(*at, rows, i, o, f.scratch(), mask=place, add=add)]

            e.rows(make_dx, reads=[dy] if mask is None else [dy, mask], writes=[dx], grain=_grain(each, i * o))
        left, right, rows, columns = (dy, x, o, i) if turned else (x, dy, i, o)
        if dw is not None and each >= BLOCK_POSITIONS and MOST_CHAINS * i * o <= e.batch * each * (i + o):
            self._sum_by_rows(e, (left, right, dy), (dw, db), (rows, columns, o), each)
            return
        if dw is not None:
            weights, add_w = dw, not e.begin(dw)
            claims = e.chains > 1 and e.by_features is not node and e.graph.values[node.inputs[1]].kind == "parameter"

            squared = e.squares(node.inputs[1]) if e.by_features is node and not add_w else None
            e.scratch(products.copy_scratch(columns))

            def make_dw(f: Whole) -> list[list[Instruction]]:
                own, parts = f.at(w) if claims else None, f.split(rows)
                first, _, apart = (0, 0, 0) if squared is None else f.partials(squared)
                lists = []
                for n, (part, room) in enumerate(zip(parts, f.rooms(len(parts)), strict=True)):
                    words = (f.at(left), f.at(right), f.at(weights), f.rows * each, rows, columns, *part)
                    sums = None if squared is None else first + n * apart
                    lists.append([products.dense_dw(*words, add=add_w, weights=own, squares=sums, scratch=room)])
                return lists

            e.whole(make_dw, reads=[x, dy], writes=[dw] if squared is None else [dw, squared])
        if db is not None:
            bias, add_b = db, not e.begin(db)

            def make_db(f: Whole) -> list[list[Instruction]]:
                return [[products.column_sum(f.at(dy), f.at(bias), o, f.rows * each, add=add_b)]]

            e.whole(make_db, reads=[dy], writes=[db])

    def _sum_by_rows(
        self, e: Emit, factors: tuple[Ref, Ref, Ref], found: tuple[Ref, Ref | None], extents: tuple[int, int, int], each: int
    ) -> None:
        """Gradients of weights and bias where every sample has many positions: each chain adds up those of its own rows, block by
        block while they are in cache, and no gradient of an activation has to wait for the whole batch.

        factors: both of the product, and the gradient of the output.  found: where the gradients go.  extents: rows and columns of
        the first, numbers of the second.
        """
        left, right, dy = factors
        rows, columns, o = extents
        n = rows * columns
        share = e.partial(n + o)
        e.scratch(products.copy_scratch(columns))
        sums = [
            (ref, at, count, not e.begin(ref)) for ref, at, count in zip(found, (0, n), (n, o), strict=True) if ref is not None
        ]

        def make(f: Frame) -> list[Instruction]:
            at, again = f.partial(share), not f.first
            words = (f.at(left), f.at(right), at, f.rows * each, rows, columns)
            made = [products.dense_dw(*words, add=again, scratch=f.scratch())]
            if len(sums) > 1:
                made.append(products.column_sum(f.at(dy), at + n, o, f.rows * each, add=again))
            return made

        def make_sums(f: Whole) -> list[list[Instruction]]:
            first, copies, apart = f.partials(share)
            return [
                [sum_copies(first + at + a, copies, apart, f.at(ref) + a, b - a, add=add)]
                for ref, at, count, add in sums
                for a, b in f.split(count, 16)
            ]

        e.rows(make, reads=[left, right], writes=[share], grain="block")
        e.whole(make_sums, reads=[share], writes=[ref for ref, *_ in sums])

    def _extents(self, e: Emit, node: OpNode) -> tuple[int, int]:
        """Features in and out."""
        a, b = e.graph.values[node.inputs[1]].type.shape
        return (b, a) if node.attributes.get("transposed") else (a, b)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        weight = w.constant(*w.tensor(node.inputs[1]))
        x = w.last(node.inputs[0])
        bias = [w.constant(*w.tensor(node.inputs[2]))] if len(node.inputs) > 2 else []
        turned = bool(node.attributes.get("transposed"))
        if w.graph.values[node.inputs[0]].type.rank == 1:
            y = w.node("Gemm", [x, weight, *bias], label(node), transB=int(turned))
        else:
            matrix = w.node("Transpose", [weight], f"{label(node)}_weight", perm=[1, 0]) if turned else weight
            y = w.node("MatMul", [x, matrix], label(node))
            if bias:
                y = w.node("Add", [y, *bias], f"{label(node)}_bias")
        w.hold(node.output, relu_after(w, node, y))


def _grain(each: int, weights: int) -> str:
    """How much of a chain's rows a task takes at a time. each: positions of a sample.

    Many weights are read once for all rows; few stay in the cache, so the rows may as well go by the blocks of what comes before and
    after, whose activations do not stay there.
    """
    if each >= BLOCK_POSITIONS:
        return "block"
    return "any" if weights <= FEW_WEIGHTS else "part"

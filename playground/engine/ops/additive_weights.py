"""The weights of additive attention themselves, to be looked at or judged by a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.attention import Extents, clear, clear_around, end_key, exponentials, extents, first_key, largest, targets
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.moves import sum_copies
from playground.engine.onnx_form import OnnxWriter
from playground.engine.ops.additive_attention import onnx_additive_weights, reference_weights, score_row, slope_row
from playground.engine.ops.base import Op
from playground.engine.vocabulary import hsum, load, splat, store
from playground.errors import ShapeError


@kernel
def additive_weights_forward(F, R, w, k):
    """p = softmax(v·tanh(q + k)).  words: samples queries keys units | q k v p | mask (0: none) causal window"""
    queries, keys, units = w[1], w[2], w[3]
    for s in range(w[0]):
        for i in range(queries):
            row = s * queries + i
            x, f, e = w[7] + row * keys, first_key(i, keys, w[10]), end_key(i, keys, w[9], w[10])
            mask = w[8] + s * keys + f if w[8] else 0
            score_row(F, w[4] + row * units, w[5] + (s * keys + f) * units, e - f, w[6], units, x + f)
            total = exponentials(F, x + f, e - f, mask, largest(F, x + f, e - f, mask), np.float32(1))
            share = np.float32(0) if total == np.float32(0) else np.float32(1) / total
            for j in range(f, e, 16):
                store(F, x + j, e - j, load(F, x + j, e - j) * share)
            clear_around(F, x, f, e, keys)


@kernel
def additive_weights_backward(F, R, w, k):
    """Gradients of q and k (0: not wanted) and of the score weights (a copy of this chain) from dp.

    words: samples queries keys units | q k v p dp | causal window | scratch: a row of scores, a row of units, the keys
           | dq add, dk add | dv
    """
    queries, keys, units, slopes, one, more = w[1], w[2], w[3], w[11], w[12], w[13]
    clear(F, w[18], units)
    for s in range(w[0]):
        clear(F, more, keys * units)
        for i in range(queries):
            row = s * queries + i
            p, g, f, e = w[7] + row * keys, w[8] + row * keys, first_key(i, keys, w[10]), end_key(i, keys, w[9], w[10])
            sums = splat(0.0)
            for j in range(f, e, 16):
                sums = sums + load(F, p + j, e - j) * load(F, g + j, e - j)
            mean = hsum(sums)
            for j in range(f, e, 16):
                store(F, slopes + j, e - j, load(F, p + j, e - j) * (load(F, g + j, e - j) - mean))
            q, ks = w[4] + row * units, w[5] + (s * keys + f) * units
            slope_row(F, slopes + f, q, ks, e - f, w[6], units, one, more + f * units, w[18])
            if w[14]:
                for u in range(0, units, 16):
                    d = load(F, one + u, units - u)
                    if w[15]:
                        d = d + load(F, w[14] + row * units + u, units - u)
                    store(F, w[14] + row * units + u, units - u, d)
        if w[16]:
            target = w[16] + s * keys * units
            for j in range(0, keys * units, 16):
                d = load(F, more + j, keys * units - j)
                if w[17]:
                    d = d + load(F, target + j, keys * units - j)
                store(F, target + j, keys * units - j, d)


def _extents(inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> Extents:
    sizes = extents(inputs, {**attributes, "heads": 1}, valued=False)
    if inputs[2].shape != (sizes.width,):
        raise ShapeError(f"needs a weight for each of the {sizes.width} features of a score; there are {inputs[2]}.")
    return sizes


class AdditiveWeights(Op):
    """Inputs q (queries, units), k (keys, units), score weights v (units,) and optionally a mask of the keys (keys,).

    Attributes as those of `additive_attention`, without dropout. Gives (1, queries, keys), like `attention_weights` of one head.
    Source: Bahdanau, Cho and Bengio (2015), appendix A.1.2.
    """

    id = "additive_weights"
    outputs = ("weights",)
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        sizes = _extents(inputs, attributes)
        return TensorType((1, sizes.queries, sizes.keys), ("heads", "queries", "keys"))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return reference_weights(inputs[0], inputs[1], inputs[2], inputs[3] if len(inputs) > 3 else None, attributes)[0][:, None]

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        sizes = _extents(inputs, attributes)
        return sizes.pairs * (8 * sizes.width + 5)

    def forward(self, e: Emit, node: OpNode) -> None:
        sizes = _extents(e.graph.types(node), node.attributes)
        q, k, v, *mask = (e.value(i) for i in node.inputs)
        p = e.value(node.output)

        def make(f: Frame) -> list[Instruction]:
            words = [f.rows, sizes.queries, sizes.keys, sizes.width, f.at(q), f.at(k), f.at(v), f.at(p)]
            return [("additive_weights_forward", *words, f.at(mask[0]) if mask else 0, int(sizes.causal), sizes.window)]

        e.rows(make, reads=[q, k, *mask], writes=[p])

    def backward(self, e: Emit, node: OpNode) -> None:
        sizes = _extents(e.graph.types(node), node.attributes)
        q, k, v = (e.value(i) for i in node.inputs[:3])
        p, dp = e.value(node.output), e.upstream(node)
        wanted = targets(e, node.inputs, (0, 1))
        share = e.partial(sizes.width)
        row, one = -(-sizes.keys // 16) * 16, -(-sizes.width // 16) * 16
        e.scratch(row + one + sizes.keys * sizes.width)

        def make(f: Frame) -> list[Instruction]:
            at = f.scratch()
            words: list[Word] = [f.rows, sizes.queries, sizes.keys, sizes.width, *(f.at(ref) for ref in (q, k, v, p, dp))]
            words += [int(sizes.causal), sizes.window, at, at + row, at + row + one]
            for ref, add in wanted:
                words += [0 if ref is None else f.at(ref), int(add)]
            return [("additive_weights_backward", *words, f.partial(share))]

        writes: list[Ref] = [share, *(ref for ref, _ in wanted if ref is not None)]
        e.rows(make, reads=[q, k, p, dp], writes=writes, grain="part")
        weight = e.gradient(node.inputs[2])
        if weight is not None:
            to, add_weight = weight, not e.begin(weight)

            def add_up(f: Whole) -> list[list[Instruction]]:
                return [[sum_copies(*f.partials(share), f.at(to), sizes.width, add=add_weight)]]

            e.whole(add_up, reads=[share], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        sizes = _extents(w.graph.types(node), node.attributes)
        mask = node.inputs[3] if len(node.inputs) > 3 else None
        w.hold(node.output, onnx_additive_weights(w, node, sizes, node.inputs[2], mask))

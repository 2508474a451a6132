"""Additive attention: a query and a key are scored by a small network, v·tanh(q + k)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.attention import (
    Extents,
    allowed,
    block_product,
    clear,
    clear_around,
    clear_rows,
    drop,
    end_key,
    exponentials,
    extents,
    first_key,
    largest,
    score_slopes,
    targets,
    transpose_panels,
    weights,
)
from playground.engine.attention_form import seen_keys, weights_of
from playground.engine.emit import Emit, Frame, Instruction, Ref, Whole, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.moves import sum_copies
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import FIRST_ROW, SEED, STEP
from playground.engine.rng import FIRST_NODE_STREAM, stream_key
from playground.engine.vocabulary import (
    TALL_VECTORS,
    VECTOR,
    hsum,
    load,
    log,
    number,
    splat,
    store,
    tanh,
    where,
)
from playground.errors import ShapeError


@inline
def score_row(F, q, k, n, v, units, out):
    """The scores of n keys for one query."""
    for j in range(n):
        total = splat(0.0)
        for u in range(0, units, 16):
            left = units - u
            total = total + load(F, v + u, left) * tanh(load(F, q + u, left) + load(F, k + j * units + u, left))
        F[out + j] = hsum(total)


@inline
def slope_row(F, slopes, q, k, n, v, units, dq, dk, dv):
    """From the gradients of n scores: dq (written), dk and dv (added to)."""
    for u in range(0, units, 16):
        left = units - u
        x, weight, to_q, to_v = load(F, q + u, left), load(F, v + u, left), splat(0.0), load(F, dv + u, left)
        for j in range(n):
            slope, t = F[slopes + j], tanh(x + load(F, k + j * units + u, left))
            g = weight * slope * (1.0 - t * t)
            to_q = to_q + g
            to_v = to_v + t * slope
            store(F, dk + j * units + u, left, load(F, dk + j * units + u, left) + g)
        store(F, dq + u, left, to_q)
        store(F, dv + u, left, to_v)


@kernel
def additive_forward(F, R, w, k):
    """y = softmax(v·tanh(q + k))·value, and log Σ exp of the scores.

    words: samples queries keys units value-width | q k value y log-sum | mask (0: none) score-weights causal window
           | rate (two words) stream first sample | block line | scratch
    """
    queries, keys, units, width = w[1], w[2], w[3], w[4]
    causal, window, block, ld, scores = w[12], w[13], w[18], w[19], w[20]
    rate, panel = number(k, w[14], w[15]), TALL_VECTORS * VECTOR
    key, before = stream_key(int(R[SEED]), int(w[16]), int(R[STEP])), w[17] + int(R[FIRST_ROW])
    for s in range(w[0]):
        for i0 in range(0, queries, block):
            rows = min(block, queries - i0)
            lo = first_key(i0, keys, window)
            n = end_key(i0 + rows - 1, keys, causal, window) - lo
            y = w[8] + (s * queries + i0) * width
            for r in range(rows):
                i, x = s * queries + i0 + r, scores + r * ld
                f, e = first_key(i0 + r, keys, window) - lo, end_key(i0 + r, keys, causal, window) - lo
                mask = w[10] + s * keys + lo + f if w[10] else 0
                score_row(F, w[5] + i * units, w[6] + (s * keys + lo + f) * units, e - f, w[11], units, x + f)
                top = largest(F, x + f, e - f, mask)
                total = exponentials(F, x + f, e - f, mask, top, np.float32(1))
                share = np.float32(0) if total == np.float32(0) else np.float32(1) / total
                safe = splat(1.0 if total == np.float32(0) else total)
                store(F, w[9] + i, 1, where(safe * share == 0.0, 0.0, log(safe) + top))
                for j in range(0, e - f, 16):
                    store(F, x + f + j, e - f - j, load(F, x + f + j, e - f - j) * share)
                drop(F, x + f, e - f, rate, key, ((before + s) * queries + i0 + r) * keys + lo + f)
                clear_around(F, x, f, e, n)
            block_product(F, rows, width, n, scores, ld, 1, w[7] + (s * keys + lo) * width, width, panel, y, width, 0)
            if n <= 0:
                clear_rows(F, y, rows, width, width)


@kernel
def additive_backward(F, R, w, k):
    """Gradients of q, k, the values (0: not wanted) and the score weights (a copy of this chain).

    words: samples queries keys units value-width | q k value dy log-sum | mask (0: none) score-weights causal window
           | rate (two words) stream first sample | block line | scratch: scores, their gradient, value panels, rows of units: one, keys
           | dq add, dk add, dvalue add | dscore-weights
    """
    queries, keys, units, width = w[1], w[2], w[3], w[4]
    causal, window, block, ld = w[12], w[13], w[18], w[19]
    scores, slopes, panels, one, more = w[20], w[21], w[22], w[23], w[24]
    rate, panel = number(k, w[14], w[15]), TALL_VECTORS * VECTOR
    key, before = stream_key(int(R[SEED]), int(w[16]), int(R[STEP])), w[17] + int(R[FIRST_ROW])
    clear(F, w[31], units)
    for s in range(w[0]):
        transpose_panels(F, w[7] + s * keys * width, keys, width, width, panels)
        clear(F, more, keys * units)
        if w[29] and not w[30]:
            clear(F, w[29] + s * keys * width, keys * width)
        for i0 in range(0, queries, block):
            rows = min(block, queries - i0)
            lo = first_key(i0, keys, window) // panel * panel
            n = end_key(i0 + rows - 1, keys, causal, window) - lo
            dy = w[8] + (s * queries + i0) * width
            for part in range(2):
                m, cols, terms, a, a_step, a_ks, c, add, wanted = rows, n, width, dy, width, 1, slopes, 0, 1
                b, b_ks, apart, c_step = panels + lo * width, panel, panel * width, ld
                if part == 1:
                    for r in range(rows):
                        i, x, d = s * queries + i0 + r, scores + r * ld, slopes + r * ld
                        f, e = first_key(i0 + r, keys, window) - lo, end_key(i0 + r, keys, causal, window) - lo
                        mask = w[10] + s * keys + lo + f if w[10] else 0
                        at, to = w[6] + (s * keys + lo + f) * units, more + (lo + f) * units
                        score_row(F, w[5] + i * units, at, e - f, w[11], units, x + f)
                        index = ((before + s) * queries + i0 + r) * keys + lo + f
                        score_slopes(F, x + f, d + f, e - f, mask, F[w[9] + i], np.float32(1), rate, key, index)
                        clear_around(F, x, f, e, n)
                        slope_row(F, d + f, w[5] + i * units, at, e - f, w[11], units, one, to, w[31])
                        if w[25]:
                            for u in range(0, units, 16):
                                g = load(F, one + u, units - u)
                                if w[26]:
                                    g = g + load(F, w[25] + i * units + u, units - u)
                                store(F, w[25] + i * units + u, units - u, g)
                    m, cols, terms, a, a_step, a_ks, c, add, wanted = n, width, rows, scores, 1, ld, w[29], 1, w[29]
                    b, b_ks, apart, c, c_step = dy, width, panel, w[29] + (s * keys + lo) * width, width
                if wanted:
                    block_product(F, m, cols, terms, a, a_step, a_ks, b, b_ks, apart, c, c_step, add)
        if w[27]:
            target = w[27] + s * keys * units
            for j in range(0, keys * units, 16):
                left = keys * units - j
                g = load(F, more + j, left)
                if w[28]:
                    g = g + load(F, target + j, left)
                store(F, target + j, left, g)


def score_extents(inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> Extents:
    """Sizes from the types of q, k, value and the score weights. Raises ShapeError."""
    sizes = extents(inputs, {**attributes, "heads": 1})
    if inputs[3].shape != (sizes.width,):
        raise ShapeError(f"needs a weight for each of the {sizes.width} features of a score; there are {inputs[3]}.")
    return sizes


class AdditiveAttention(Op):
    """Inputs q (queries, units), k (keys, units), values (keys, d), score weights v (units,) and optionally a mask of the keys (keys,).

    q and k are what the learned projections give. Attributes: causal, window, dropout as those of `attention`. The log-sum is kept
    for the backward pass, which makes scores and weights anew; no gradient comes through it.
    Source: Bahdanau, Cho and Bengio (2015), appendix A.1.2.
    """

    id = "additive_attention"
    outputs = ("y", "log_sum")
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[TensorType, TensorType]:
        sizes = score_extents(inputs, attributes)
        return TensorType((sizes.queries, sizes.value_width), inputs[0].axes), TensorType((sizes.queries,), ("time",))

    def reference(
        self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Without dropout: what evaluation computes."""
        p, log_sum = reference_weights(inputs[0], inputs[1], inputs[3], inputs[4] if len(inputs) > 4 else None, attributes)
        return p @ inputs[2], log_sum

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        sizes = score_extents(inputs, attributes)
        return sizes.pairs * (8 * sizes.width + 2 * sizes.value_width + 5)

    def forward(self, e: Emit, node: OpNode) -> None:
        sizes = score_extents(e.graph.types(node), node.attributes)
        y, log_sum = (e.value(i) for i in node.outputs)
        reads = [e.value(i) for i in node.inputs]
        e.scratch(sizes.block * sizes.line)

        def make(f: Frame) -> list[Instruction]:
            return [("additive_forward", *_words(e, f, node, sizes, y, log_sum), f.scratch())]

        e.rows(make, reads=reads[:3] + reads[4:], writes=[y, log_sum])

    def backward(self, e: Emit, node: OpNode) -> None:
        sizes = score_extents(e.graph.types(node), node.attributes)
        dy, log_sum = e.upstream(node), e.value(node.outputs[1])
        reads = [e.value(i) for i in node.inputs]
        wanted = targets(e, node.inputs, (2, 0, 1))
        share = e.partial(sizes.width)
        scores, panels, one = sizes.block * sizes.line, sizes.panels(sizes.value_width), -(-sizes.width // 16) * 16
        e.scratch(2 * scores + panels + one + sizes.keys * sizes.width)

        def make(f: Frame) -> list[Instruction]:
            at = f.scratch()
            places: list[Word] = [at, at + scores, at + 2 * scores, at + 2 * scores + panels, at + 2 * scores + panels + one]
            for ref, add in wanted:
                places += [0 if ref is None else f.at(ref), int(add)]
            return [("additive_backward", *_words(e, f, node, sizes, dy, log_sum), *places, f.partial(share))]

        writes = [share, *(ref for ref, _ in wanted if ref is not None)]
        e.rows(make, reads=[*reads[:3], *reads[4:], dy, log_sum], writes=writes, grain="part")
        weight = e.gradient(node.inputs[3])
        if weight is not None:
            to, add_weight = weight, not e.begin(weight)

            def add_up(f: Whole) -> list[list[Instruction]]:
                return [[sum_copies(*f.partials(share), f.at(to), sizes.width, add=add_weight)]]

            e.whole(add_up, reads=[share], writes=[to])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        sizes = score_extents(w.graph.types(node), node.attributes)
        p = onnx_additive_weights(w, node, sizes, node.inputs[3], node.inputs[4] if len(node.inputs) > 4 else None)
        flat = w.constant(f"{label(node)}_flat", np.array([0, sizes.queries, sizes.keys], np.int64))
        weights = w.node("Reshape", [p, flat], f"{label(node)}_rows")
        w.hold(node.output, w.node("MatMul", [weights, w.last(node.inputs[2])], label(node)))


def onnx_additive_weights(w: OnnxWriter, node: OpNode, sizes: Extents, weight: int, mask: int | None) -> str:
    """The weights in ONNX as (n, 1, queries, keys)."""
    name = label(node)
    shapes = [np.array([0, 1, *extent, sizes.width], np.int64) for extent in ((sizes.queries, 1), (1, sizes.keys))]
    q, k = (
        w.node("Reshape", [w.last(i), w.constant(f"{name}_{port}_shape", shape)], f"{name}_{port}")
        for i, port, shape in zip(node.inputs[:2], ("query", "key"), shapes, strict=True)
    )
    hidden = w.node("Tanh", [w.node("Add", [q, k], f"{name}_sums")], f"{name}_hidden")
    matrix = w.constant(f"{name}_score", w.tensor(weight)[1].reshape(-1, 1))
    flat = w.constant(f"{name}_scores_shape", np.array([0, 1, sizes.queries, sizes.keys], np.int64))
    scores = w.node("Reshape", [w.node("MatMul", [hidden, matrix], f"{name}_products"), flat], f"{name}_scores")
    return weights_of(w, node, scores, seen_keys(w, node, sizes, mask))


def reference_weights(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None, attributes: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and log-sums. Shapes: (n, queries, keys), (n, queries)."""
    sizes = extents([TensorType(q.shape[1:]), TensorType(k.shape[1:])], {**attributes, "heads": 1}, valued=False)
    scores = np.tanh(q[:, :, None] + k[:, None]) @ v
    return weights(scores, allowed(sizes, mask)[:, 0])


def _words(e: Emit, f: Frame, node: OpNode, sizes: Extents, y: Ref, log_sum: Ref) -> list[Word]:
    """What both directions share, up to the scratch. y: the output or its gradient."""
    q, k, value, weight, *mask = (e.value(i) for i in node.inputs)
    rate = knob_words(node.attributes.get("dropout", 0.0) if e.training else 0.0)
    words: list[Word] = [f.rows, sizes.queries, sizes.keys, sizes.width, sizes.value_width]
    words += [f.at(ref) for ref in (q, k, value, y, log_sum)]
    words += [f.at(mask[0]) if mask else 0, f.at(weight), int(sizes.causal), sizes.window]
    return [*words, *rate, FIRST_NODE_STREAM + node.index, f.r0, sizes.block, sizes.line]

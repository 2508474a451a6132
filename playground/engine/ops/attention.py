"""Scaled dot-product attention with several heads, block by block: no step holds the scores of all queries and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.attention import (
    Extents,
    allowed,
    block_product,
    clear_around,
    clear_rows,
    copy_rows_of,
    drop,
    end_key,
    exponentials,
    extents,
    first_key,
    in_heads,
    kept_slopes,
    largest,
    scale_of,
    score_slopes,
    slopes_four,
    softmax_four,
    targets,
    transpose_panels,
    weights,
)
from playground.engine.attention_form import fused
from playground.engine.emit import Emit, Frame, Instruction, Ref, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.onnx_form import OnnxWriter
from playground.engine.operands import float_word, knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import FIRST_ROW, SEED, STEP
from playground.engine.rng import FIRST_NODE_STREAM, stream_key
from playground.engine.vocabulary import (
    TALL_VECTORS,
    VECTOR,
    as_float,
    load,
    log,
    number,
    store,
    where,
)


@inline
def log_sums(F, tops, totals, rows, scale, to):
    """log Σ exp of rows of scores from their largest and their sum relative to it, and one over that sum; 0 where no key is seen."""
    for r in range(0, rows, 16):
        total = load(F, totals + r, rows - r)
        some = total > 0.0
        value = load(F, tops + r, rows - r) * scale + log(where(some, total, 1.0))
        store(F, to + r, rows - r, where(total == 0.0, 0.0, value))
        store(F, totals + r, rows - r, where(total == 0.0, 0.0, 1.0 / where(total == 0.0, 1.0, total)))


@inline
def drop_rows(F, x, ld, rows, i0, lo, keys, causal, window, rate, key, row):
    """Dropout of what queries i0 .. see of the keys from lo on. row: the number of the first query in the random stream."""
    for r in range(rows):
        f, e = first_key(i0 + r, keys, window) - lo, end_key(i0 + r, keys, causal, window) - lo
        drop(F, x + r * ld + f, e - f, rate, key, (row + r) * keys + lo + f)


@inline
def softmax_rows(F, x, ld, rows, i0, lo, n, keys, causal, window, mask_at, scale, tops, totals):
    """Rows of scores of the n keys from lo on become exponentials, relative to the largest at `tops`; their sums go to `totals`."""
    fours = rows // 4 * 4 if window == 0 and mask_at == 0 else 0
    for r in range(0, fours, 4):
        softmax_four(F, x + r * ld, ld, end_key(i0 + r, keys, causal, 0), causal, n, scale, tops + r, totals + r)
    for r in range(fours, rows):
        line = x + r * ld
        f, e = first_key(i0 + r, keys, window) - lo, end_key(i0 + r, keys, causal, window) - lo
        mask = mask_at + lo + f if mask_at else 0
        top = largest(F, line + f, e - f, mask)
        F[tops + r] = top
        F[totals + r] = exponentials(F, line + f, e - f, mask, top * scale, scale)
        clear_around(F, line, f, e, n)


@inline
def slopes_of(F, x, d, ld, rows, i0, lo, n, keys, causal, window, mask_at, scale, places, rate, key, row):
    """`score_slopes` for rows of scores x and of gradients d. places: of the log-sums.  row: of the random stream, for the first."""
    fours = rows // 4 * 4 if window == 0 and mask_at == 0 and rate == np.float32(0) else 0
    for r in range(0, fours, 4):
        end = end_key(i0 + r, keys, causal, 0)
        slopes_four(F, x + r * ld, d + r * ld, ld, end, causal, n, places + r, scale)
    for r in range(fours, rows):
        line, slopes = x + r * ld, d + r * ld
        f, e = first_key(i0 + r, keys, window) - lo, end_key(i0 + r, keys, causal, window) - lo
        mask, index = mask_at + lo + f if mask_at else 0, (row + r) * keys + lo + f
        score_slopes(F, line + f, slopes + f, e - f, mask, F[places + r], scale, rate, key, index)
        clear_around(F, line, f, e, n)
        clear_around(F, slopes, f, e, n)


@kernel
def attention_forward(F, R, w, k):
    """y = softmax(q·kᵀ·scale)·v for every head, and log Σ exp of its scores.

    words: samples heads queries keys | head value-head | q step k step v step y step | log-sum mask (0: none) causal window scale
           | rate (two words) stream first sample | block line | scratch: panels scores tops totals
           | where the weights are kept (0: nowhere), numbers of a sample
    A step is from one row to the next; samples follow one another without gaps.
    """
    heads, queries, keys, head, value_head = w[1], w[2], w[3], w[4], w[5]
    causal, window, scale, block, ld = w[16], w[17], as_float(w[18]), w[23], w[24]
    panels, scores, tops, totals = w[25], w[26], w[27], w[28]
    rate, panel = number(k, w[19], w[20]), TALL_VECTORS * VECTOR
    key, before = stream_key(int(R[SEED]), int(w[21]), int(R[STEP])), w[22] + int(R[FIRST_ROW])
    for s in range(w[0]):
        mask_at = w[15] + s * keys if w[15] else 0
        for h in range(heads):
            q, ks = w[6] + s * queries * w[7] + h * head, w[8] + s * keys * w[9] + h * head
            v, y = w[10] + s * keys * w[11] + h * value_head, w[12] + s * queries * w[13] + h * value_head
            transpose_panels(F, ks, keys, w[9], head, panels)
            for i0 in range(0, queries, block):
                rows = min(block, queries - i0)
                lo = first_key(i0, keys, window) // panel * panel
                n = end_key(i0 + rows - 1, keys, causal, window) - lo
                out = y + i0 * w[13]
                kept = w[29] + s * w[30] + (h * queries + i0) * ld if w[29] else 0
                met = kept if kept else scores
                row = ((before + s) * heads + h) * queries + i0
                for part in range(2):
                    a, a_step, b, b_ks, apart = q + i0 * w[7], w[7], panels + lo * head, panel, panel * head
                    c, c_step = met, ld
                    cols, terms = n, head
                    if part == 1:
                        softmax_rows(F, met, ld, rows, i0, lo, n, keys, causal, window, mask_at, scale, tops, totals)
                        log_sums(F, tops, totals, rows, scale, w[14] + (s * heads + h) * queries + i0)
                        if kept:
                            copy_rows_of(F, kept, kept, ld, rows, n, totals)
                        if rate > np.float32(0):
                            if kept:
                                copy_rows_of(F, kept, scores, ld, rows, n, 0)
                            drop_rows(F, scores, ld, rows, i0, lo, keys, causal, window, rate, key, row)
                            met = scores
                        a, a_step, b, b_ks, apart, c, c_step = met, ld, v + lo * w[11], w[11], panel, out, w[13]
                        cols, terms = value_head, n
                    block_product(F, rows, cols, terms, a, a_step, 1, b, b_ks, apart, c, c_step, 0)
                if n <= 0:
                    clear_rows(F, out, rows, w[13], value_head)
                if not kept:
                    for r in range(rows):
                        share, x = F[totals + r], out + r * w[13]
                        for j in range(0, value_head, 16):
                            store(F, x + j, value_head - j, load(F, x + j, value_head - j) * share)


@kernel
def attention_backward(F, R, w, k):
    """dq, dk and dv (0: not wanted) from dy; weights that were not kept are made anew from the log-sum. Source: Dao (2023), algorithm 2.

    words: samples heads queries keys | head value-head | q step k step v step dy step | log-sum mask (0: none) causal window scale
           | rate (two words) stream first sample | block line | scratch: key panels, value panels, scores, their gradient
           | dq step add, dk step add, dv step add | where the weights were kept (0: nowhere), numbers of a sample
    """
    heads, queries, keys, head, value_head = w[1], w[2], w[3], w[4], w[5]
    causal, window, scale, block, ld = w[16], w[17], as_float(w[18]), w[23], w[24]
    key_panels, value_panels, scores, slopes = w[25], w[26], w[27], w[28]
    rate, panel = number(k, w[19], w[20]), TALL_VECTORS * VECTOR
    key, before = stream_key(int(R[SEED]), int(w[21]), int(R[STEP])), w[22] + int(R[FIRST_ROW])
    for s in range(w[0]):
        mask_at = w[15] + s * keys if w[15] else 0
        for h in range(heads):
            q, ks = w[6] + s * queries * w[7] + h * head, w[8] + s * keys * w[9] + h * head
            v, dy = w[10] + s * keys * w[11] + h * value_head, w[12] + s * queries * w[13] + h * value_head
            dq, dk = w[29] + s * queries * w[30] + h * head, w[32] + s * keys * w[33] + h * head
            dv = w[35] + s * keys * w[36] + h * value_head
            if not w[38]:
                transpose_panels(F, ks, keys, w[9], head, key_panels)
            transpose_panels(F, v, keys, w[11], value_head, value_panels)
            if w[32] and not w[34]:
                clear_rows(F, dk, keys, w[33], head)
            if w[35] and not w[37]:
                clear_rows(F, dv, keys, w[36], value_head)
            for i0 in range(0, queries, block):
                rows = min(block, queries - i0)
                lo = first_key(i0, keys, window) // panel * panel
                n = end_key(i0 + rows - 1, keys, causal, window) - lo
                if n <= 0 and w[29] and not w[31]:
                    clear_rows(F, dq + i0 * w[30], rows, w[30], head)
                kept = w[38] + s * w[39] + (h * queries + i0) * ld if w[38] else 0
                met, row = kept if kept else scores, ((before + s) * heads + h) * queries + i0
                for part in range(5):
                    m, cols, terms, a_step, a_ks, add, wanted = rows, n, head, w[7], 1, 0, 0 if kept else 1
                    a, b, b_ks, apart, c, c_step = q + i0 * w[7], key_panels + lo * head, panel, panel * head, scores, ld
                    if part == 1:
                        a, a_step, b, apart = dy + i0 * w[13], w[13], value_panels + lo * value_head, panel * value_head
                        c, terms, wanted = slopes, value_head, 1
                    elif part == 2:
                        places = w[14] + (s * heads + h) * queries + i0
                        if kept and rate > np.float32(0):
                            met = scores
                            copy_rows_of(F, kept, met, ld, rows, n, 0)
                            drop_rows(F, met, ld, rows, i0, lo, keys, causal, window, rate, key, row)
                            drop_rows(F, slopes, ld, rows, i0, lo, keys, causal, window, rate, key, row)
                        if kept:
                            kept_slopes(F, kept, slopes, ld, rows, n, scale)
                        else:
                            slopes_of(
                                F, met, slopes, ld, rows, i0, lo, n, keys, causal, window, mask_at, scale, places, rate, key, row
                            )
                        m, cols, terms, a, a_step, a_ks, add, wanted = n, value_head, rows, met, 1, ld, 1, w[35]
                        b, b_ks, apart, c, c_step = dy + i0 * w[13], w[13], panel, dv + lo * w[36], w[36]
                    elif part == 3:
                        cols, terms, a, a_step, add, wanted = head, n, slopes, ld, w[31], w[29]
                        b, b_ks, apart, c, c_step = ks + lo * w[9], w[9], panel, dq + i0 * w[30], w[30]
                    elif part == 4:
                        m, cols, terms, a, a_step, a_ks, add, wanted = n, head, rows, slopes, 1, ld, 1, w[32]
                        b, b_ks, apart, c, c_step = q + i0 * w[7], w[7], panel, dk + lo * w[33], w[33]
                    if wanted:
                        block_product(F, m, cols, terms, a, a_step, a_ks, b, b_ks, apart, c, c_step, add)


class Attention(Op):
    """Inputs q (queries, d), k (keys, d), v (keys, dv) and optionally a mask of the keys (keys,): 1 is present, 0 absent.

    Attributes: heads 1, causal (query i sees keys up to i), window (at most so many keys on each side, 0 is off), scale (None:
    1 / √(d / heads)), dropout of the weights (a number or a knob). The log-sum is kept for the backward pass, which makes the
    weights anew where there are many; few are kept. No gradient comes through the log-sum. A query that sees no key gives zeros, and 0 for its log-sum.
    Source: Vaswani et al. (2017), equation 1; Dao, "FlashAttention-2", 2023, algorithms 1 and 2.
    """

    id = "attention"
    outputs = ("y", "log_sum")
    is_flat = True
    keeps_steps = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[TensorType, TensorType]:
        sizes = extents(inputs, attributes)
        y = TensorType((sizes.queries, sizes.value_width), inputs[0].axes)
        return y, TensorType((sizes.heads, sizes.queries), ("heads", "time"))

    def reference(
        self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Without dropout: what evaluation computes."""
        sizes = extents([TensorType(x.shape[1:]) for x in inputs[:3]], attributes)
        q, k, v = (in_heads(x, sizes.heads) for x in inputs[:3])
        scores = q @ k.transpose(0, 1, 3, 2) * scale_of(sizes, attributes)
        p, log_sum = weights(scores, allowed(sizes, inputs[3] if len(inputs) > 3 else None))
        y = (p @ v).transpose(0, 2, 1, 3).reshape(len(q), sizes.queries, sizes.value_width)
        return y, log_sum

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        sizes = extents(inputs, attributes)
        return sizes.pairs * (2 * sizes.width + 2 * sizes.value_width + 5 * sizes.heads)

    def forward(self, e: Emit, node: OpNode) -> None:
        sizes = extents(e.graph.types(node), node.attributes)
        q, k, v = (e.value(i) for i in node.inputs[:3])
        y, log_sum = (e.value(i) for i in node.outputs)
        mask = e.value(node.inputs[3]) if len(node.inputs) > 3 else None
        panels, scores = sizes.panels(sizes.head), sizes.block * sizes.line
        e.scratch(panels + scores + 2 * sizes.rows)
        kept = e.keep(node, sizes.kept) if sizes.kept and e.training and e.gradient(node.output) is not None else None

        def make(f: Frame) -> list[Instruction]:
            at = f.scratch()
            places = [at, at + panels, at + panels + scores, at + panels + scores + sizes.rows, *_kept(f, kept)]
            return [("attention_forward", *_words(e, f, node, sizes, (q, k, v, y), log_sum, mask), *places)]

        e.rows(make, reads=[q, k, v, *([mask] if mask else [])], writes=[y, log_sum, *([kept] if kept else [])])

    def backward(self, e: Emit, node: OpNode) -> None:
        sizes = extents(e.graph.types(node), node.attributes)
        q, k, v = (e.value(i) for i in node.inputs[:3])
        dy, log_sum = e.upstream(node), e.value(node.outputs[1])
        mask = e.value(node.inputs[3]) if len(node.inputs) > 3 else None
        wanted = targets(e, node.inputs, (1, 2, 0))
        keys, values, scores = sizes.panels(sizes.head), sizes.panels(sizes.value_head), sizes.block * sizes.line
        e.scratch(keys + values + 2 * scores)
        widths, kept = (sizes.width, sizes.width, sizes.value_width), e.left(node)

        def make(f: Frame) -> list[Instruction]:
            at = f.scratch()
            places: list[Word] = [at, at + keys, at + keys + values, at + keys + values + scores]
            for (ref, add), width in zip(wanted, widths, strict=True):
                places += [0 if ref is None else f.at(ref), width, int(add)]
            places += _kept(f, kept)
            return [("attention_backward", *_words(e, f, node, sizes, (q, k, v, dy), log_sum, mask), *places)]

        writes = [ref for ref, _ in wanted if ref is not None]
        e.rows(make, reads=[q, k, v, dy, log_sum, *(ref for ref in (mask, kept) if ref)], writes=writes)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        sizes = extents(w.graph.types(node), node.attributes)
        w.hold(node.output, fused(w, node, sizes, node.inputs[3] if len(node.inputs) > 3 else None))


def _kept(f: Frame, kept: Ref | None) -> tuple[int, int]:
    """Where the weights are kept, and the numbers of a sample."""
    return (0, 0) if kept is None else (f.at(kept), f.place(kept).step)


def _words(
    e: Emit, f: Frame, node: OpNode, sizes: Extents, rows: tuple[Ref, Ref, Ref, Ref], log_sum: Ref, mask: Ref | None
) -> list[Word]:
    """What both directions share, up to the scratch. rows: query, key, value and the output or its gradient."""
    rate = knob_words(node.attributes.get("dropout", 0.0) if e.training else 0.0)
    words: list[Word] = [f.rows, sizes.heads, sizes.queries, sizes.keys, sizes.head, sizes.value_head]
    for ref, width in zip(rows, (sizes.width, sizes.width, sizes.value_width, sizes.value_width), strict=True):
        words += [f.at(ref), width]
    words += [f.at(log_sum), 0 if mask is None else f.at(mask), int(sizes.causal), sizes.window]
    words += [float_word(scale_of(sizes, node.attributes)), *rate, FIRST_NODE_STREAM + node.index, f.r0, sizes.block, sizes.line]
    return words

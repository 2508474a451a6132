"""The weights of scaled dot-product attention themselves, to be looked at or judged by a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.attention import (
    allowed,
    block_product,
    clear_around,
    clear_rows,
    end_key,
    exponentials,
    extents,
    first_key,
    in_heads,
    largest,
    scale_of,
    targets,
    transpose_panels,
    weights,
)
from playground.engine.attention_form import dot_product_weights
from playground.engine.emit import Emit, Frame, Instruction, Word
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.onnx_form import OnnxWriter
from playground.engine.operands import float_word
from playground.engine.ops.base import Op
from playground.engine.vocabulary import TALL_VECTORS, VECTOR, as_float, hsum, load, splat, store


@kernel
def attention_weights_forward(F, R, w, k):
    """p = softmax(q·kᵀ·scale) for every head.

    words: samples heads queries keys | head | q step k step | p | mask (0: none) causal window scale | block | scratch: panels
    """
    heads, queries, keys, head, panels = w[1], w[2], w[3], w[4], w[15]
    causal, window, scale, block, panel = w[11], w[12], as_float(w[13]), w[14], TALL_VECTORS * VECTOR
    for s in range(w[0]):
        for h in range(heads):
            q, ks = w[5] + s * queries * w[6] + h * head, w[7] + s * keys * w[8] + h * head
            p = w[9] + (s * heads + h) * queries * keys
            transpose_panels(F, ks, keys, w[8], head, panels)
            for i0 in range(0, queries, block):
                rows = min(block, queries - i0)
                lo = first_key(i0, keys, window) // panel * panel
                n = end_key(i0 + rows - 1, keys, causal, window) - lo
                at, out = q + i0 * w[6], p + i0 * keys
                block_product(F, rows, n, head, at, w[6], 1, panels + lo * head, panel, panel * head, out + lo, keys, 0)
                for i in range(i0, i0 + rows):
                    x, f, e = p + i * keys, first_key(i, keys, window), end_key(i, keys, causal, window)
                    mask = w[10] + s * keys + f if w[10] else 0
                    top = largest(F, x + f, e - f, mask)
                    total = exponentials(F, x + f, e - f, mask, top * scale, scale)
                    share = np.float32(0) if total == np.float32(0) else np.float32(1) / total
                    for j in range(f, e, 16):
                        store(F, x + j, e - j, load(F, x + j, e - j) * share)
                    clear_around(F, x, f, e, keys)


@kernel
def attention_weights_backward(F, R, w, k):
    """dq and dk (0: not wanted) from dp.

    words: samples heads queries keys | head | q step k step | p dp | causal window scale | block line | scratch: slopes
           | dq step add, dk step add
    """
    heads, queries, keys, head, slopes = w[1], w[2], w[3], w[4], w[16]
    causal, window, scale, block, ld, panel = w[11], w[12], as_float(w[13]), w[14], w[15], TALL_VECTORS * VECTOR
    for s in range(w[0]):
        for h in range(heads):
            q, ks = w[5] + s * queries * w[6] + h * head, w[7] + s * keys * w[8] + h * head
            dq, dk = w[17] + s * queries * w[18] + h * head, w[20] + s * keys * w[21] + h * head
            image = (s * heads + h) * queries * keys
            if w[20] and not w[22]:
                clear_rows(F, dk, keys, w[21], head)
            for i0 in range(0, queries, block):
                rows = min(block, queries - i0)
                lo = first_key(i0, keys, window) // panel * panel
                n = end_key(i0 + rows - 1, keys, causal, window) - lo
                if n <= 0 and w[17] and not w[19]:
                    clear_rows(F, dq + i0 * w[18], rows, w[18], head)
                for r in range(rows):
                    i, d = i0 + r, slopes + r * ld
                    p, g = w[9] + image + i * keys, w[10] + image + i * keys
                    f, e, sums = first_key(i, keys, window), end_key(i, keys, causal, window), splat(0.0)
                    for j in range(f, e, 16):
                        sums = sums + load(F, p + j, e - j) * load(F, g + j, e - j)
                    mean = hsum(sums)
                    for j in range(f, e, 16):
                        store(F, d + j - lo, e - j, load(F, p + j, e - j) * (load(F, g + j, e - j) - mean) * scale)
                    clear_around(F, d, f - lo, e - lo, n)
                for part in range(2):
                    m, terms, a_step, a_ks, b, b_ks, c, c_step = rows, n, ld, 1, ks + lo * w[8], w[8], dq + i0 * w[18], w[18]
                    wanted, add = w[17], w[19]
                    if part == 1:
                        m, terms, a_step, a_ks, b, b_ks, c, c_step = n, rows, 1, ld, q + i0 * w[6], w[6], dk + lo * w[21], w[21]
                        wanted, add = w[20], 1
                    if wanted:
                        block_product(F, m, head, terms, slopes, a_step, a_ks, b, b_ks, panel, c, c_step, add)


class AttentionWeights(Op):
    """Inputs q (queries, d), k (keys, d) and optionally a mask of the keys (keys,). Attributes as those of `attention`, without dropout.

    Gives (heads, queries, keys): rows that add up to 1, or zeros where a query sees no key. It keeps all of them, so it is only
    part of a network where somebody reads them. Source: Vaswani et al. (2017), equation 1.
    """

    id = "attention_weights"
    outputs = ("weights",)
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        sizes = extents(inputs, attributes, valued=False)
        return TensorType((sizes.heads, sizes.queries, sizes.keys), ("heads", "queries", "keys"))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        sizes = extents([TensorType(x.shape[1:]) for x in inputs[:2]], attributes, valued=False)
        q, k = (in_heads(x, sizes.heads) for x in inputs[:2])
        scores = q @ k.transpose(0, 1, 3, 2) * scale_of(sizes, attributes)
        return weights(scores, allowed(sizes, inputs[2] if len(inputs) > 2 else None))[0]

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        sizes = extents(inputs, attributes, valued=False)
        return sizes.pairs * (2 * sizes.width + 5 * sizes.heads)

    def forward(self, e: Emit, node: OpNode) -> None:
        sizes = extents(e.graph.types(node), node.attributes, valued=False)
        q, k, p = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output)
        mask = e.value(node.inputs[2]) if len(node.inputs) > 2 else None
        e.scratch(sizes.panels(sizes.head))
        seen = [int(sizes.causal), sizes.window, float_word(scale_of(sizes, node.attributes))]

        def make(f: Frame) -> list[Instruction]:
            words: list[Word] = [
                f.rows,
                sizes.heads,
                sizes.queries,
                sizes.keys,
                sizes.head,
                f.at(q),
                sizes.width,
                f.at(k),
                sizes.width,
            ]
            words += [f.at(p), 0 if mask is None else f.at(mask), *seen, sizes.block, f.scratch()]
            return [("attention_weights_forward", *words)]

        e.rows(make, reads=[q, k, *([mask] if mask else [])], writes=[p])

    def backward(self, e: Emit, node: OpNode) -> None:
        sizes = extents(e.graph.types(node), node.attributes, valued=False)
        q, k, p, dp = e.value(node.inputs[0]), e.value(node.inputs[1]), e.value(node.output), e.upstream(node)
        wanted = targets(e, node.inputs, (1, 0))
        e.scratch(sizes.block * sizes.line)
        seen = [int(sizes.causal), sizes.window, float_word(scale_of(sizes, node.attributes))]

        def make(f: Frame) -> list[Instruction]:
            words: list[Word] = [
                f.rows,
                sizes.heads,
                sizes.queries,
                sizes.keys,
                sizes.head,
                f.at(q),
                sizes.width,
                f.at(k),
                sizes.width,
            ]
            words += [f.at(p), f.at(dp), *seen, sizes.block, sizes.line, f.scratch()]
            for ref, add in wanted:
                words += [0 if ref is None else f.at(ref), sizes.width, int(add)]
            return [("attention_weights_backward", *words)]

        e.rows(make, reads=[q, k, p, dp], writes=[ref for ref, _ in wanted if ref is not None])

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        sizes = extents(w.graph.types(node), node.attributes, valued=False)
        w.hold(node.output, dot_product_weights(w, node, sizes, node.inputs[2] if len(node.inputs) > 2 else None))

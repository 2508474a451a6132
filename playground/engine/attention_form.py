"""Attention in ONNX, composed of products, a choice and a softmax: ONNX has an Attention operator of its own from opset 23 on."""

from __future__ import annotations

import numpy as np

from playground.engine.attention import LEAST, Extents, allowed, scale_of
from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label


def split_heads(w: OnnxWriter, node: OpNode, port: int, sizes: Extents, perm: list[int]) -> str:
    """An input as (n, heads, steps, width), or with the last two axes exchanged: what `perm` makes of (n, steps, heads, width)."""
    name, heads = f"{label(node)}_{'qkv'[port]}", sizes.heads
    steps = sizes.queries if port == 0 else sizes.keys
    extents = w.constant(f"{name}_shape", np.array([0, steps, heads, -1], np.int64))
    return w.node(
        "Transpose", [w.node("Reshape", [w.last(node.inputs[port]), extents], f"{name}_split")], f"{name}_heads", perm=perm
    )


def seen_keys(w: OnnxWriter, node: OpNode, sizes: Extents, mask: int | None) -> str | None:
    """Which keys a query may see, as a truth value that fits (n, heads, queries, keys); None where it is all of them."""
    name, found = label(node), []
    if sizes.causal or sizes.window:
        found.append(w.constant(f"{name}_seen", allowed(sizes, None)))
    if mask is not None:
        extents = w.constant(f"{name}_mask_shape", np.array([0, 1, 1, sizes.keys], np.int64))
        spread = w.node("Reshape", [w.last(mask), extents], f"{name}_mask")
        found.append(w.node("Greater", [spread, w.constant(f"{name}_absent", np.array(0.0, np.float32))], f"{name}_present"))
    if len(found) == 2:
        return w.node("And", found, f"{name}_both")
    return found[0] if found else None


def weights_of(w: OnnxWriter, node: OpNode, scores: str, seen: str | None) -> str:
    """Softmax over the keys that are seen; zeros where a query sees none."""
    name = label(node)
    if seen is None:
        return w.node("Softmax", [scores], f"{name}_weights", axis=-1)
    chosen = w.node("Where", [seen, scores, w.constant(f"{name}_least", np.array(LEAST, np.float32))], f"{name}_chosen")
    shares = w.node("Softmax", [chosen], f"{name}_shares", axis=-1)
    return w.node("Where", [seen, shares, w.constant(f"{name}_none", np.array(0.0, np.float32))], f"{name}_weights")


def dot_product_weights(w: OnnxWriter, node: OpNode, sizes: Extents, mask: int | None) -> str:
    """The weights of all heads: (n, heads, queries, keys)."""
    q, k = split_heads(w, node, 0, sizes, [0, 2, 1, 3]), split_heads(w, node, 1, sizes, [0, 2, 3, 1])
    scale = w.constant(f"{label(node)}_scale", np.array(scale_of(sizes, node.attributes), np.float32))
    scores = w.node("Mul", [w.node("MatMul", [q, k], f"{label(node)}_products"), scale], f"{label(node)}_scores")
    return weights_of(w, node, scores, seen_keys(w, node, sizes, mask))


def joined_heads(w: OnnxWriter, node: OpNode, y: str, sizes: Extents) -> str:
    """(n, heads, queries, width) as (n, queries, heads·width)."""
    turned = w.node("Transpose", [y], f"{label(node)}_turned", perm=[0, 2, 1, 3])
    extents = w.constant(f"{label(node)}_shape", np.array([0, sizes.queries, sizes.value_width], np.int64))
    return w.node("Reshape", [turned, extents], label(node))

"""Attention in ONNX: its own operator, which it has from opset 23 on; the weights alone composed of products, a choice and a softmax."""

from __future__ import annotations

import numpy as np

from playground.engine.attention import LEAST, Extents, allowed, scale_of
from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label

#: ONNX's number of the element type float.
FLOAT = 1


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


def fused(w: OnnxWriter, node: OpNode, sizes: Extents, mask: int | None) -> str:
    """ONNX's Attention. Runtimes differ on queries that see no key, so what they give there is replaced by zeros."""
    name, x = label(node), [w.last(i) for i in node.inputs[:3]]
    local = allowed(sizes, None)[0, 0]
    heads = {"q_num_heads": sizes.heads, "kv_num_heads": sizes.heads, "scale": scale_of(sizes, node.attributes)}
    w.needs(23)
    if mask is None:
        masked = [w.constant(f"{name}_seen", local)] if sizes.window else []
        y = w.node("Attention", [*x, *masked], name, is_causal=int(sizes.causal and not sizes.window), **heads)
        if local.any(axis=-1).all():
            return y
        some = w.constant(f"{name}_some", local.any(axis=-1)[None, :, None])
    else:
        extents = w.constant(f"{name}_mask_shape", np.array([0, 1, 1, sizes.keys], np.int64))
        spread = w.node("Reshape", [w.last(mask), extents], f"{name}_mask")
        present = w.node("Greater", [spread, w.constant(f"{name}_absent", np.array(0.0, np.float32))], f"{name}_present")
        seen = w.node("And", [present, w.constant(f"{name}_seen", local[None, None])], f"{name}_both")
        y = w.node("Attention", [*x, seen], name, **heads)
        counted = w.node("Cast", [seen], f"{name}_ones", to=FLOAT)
        most = w.node("ReduceMax", [counted, w.constant(f"{name}_keys", np.array([1, 3], np.int64))], f"{name}_most", keepdims=0)
        column = w.node("Unsqueeze", [most, w.constant(f"{name}_column", np.array([2], np.int64))], f"{name}_column")
        some = w.node("Greater", [column, w.constant(f"{name}_absent", np.array(0.0, np.float32))], f"{name}_some")
    return w.node("Where", [some, y, w.constant(f"{name}_none", np.array(0.0, np.float32))], f"{name}_shown")

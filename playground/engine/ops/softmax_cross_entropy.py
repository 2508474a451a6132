"""Softmax cross-entropy with class indices, by the log-sum-exp form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit
from playground.engine.graph import OpNode
from playground.engine.kernel import inline, kernel
from playground.engine.losses import emit_loss, loss_scale, row_weight, weighted_mean
from playground.engine.ops.base import Op
from playground.engine.vocabulary import exp, hmax, hsum, load, number, ramp, splat, store, vmax, where
from playground.errors import ShapeError


@inline
def row_max(F, x, n):
    """The largest of n >= 16 numbers, NaN if there is one: whole vectors, the last overlapping the one before."""
    m = load(F, x + n - 16, 16)
    for j in range(0, n - 16, 16):
        m = vmax(m, load(F, x + j, 16))
    return hmax(m)


@kernel
def softmax_cross_entropy(F, R, w, k):
    """No own words.  Gradient: (softmax(x) - one-hot) times the row's weight over the sum of all weights."""
    n, c, d, total = w[0], w[1], w[5], np.float32(0)
    mean, part = loss_scale(F, R, w), number(k, w[10], w[11])
    inside = ramp(0.0) < np.float32(c)
    for i in range(n):
        x = w[2] + i * c
        label, share = F[w[3] + i], row_weight(F, w, i)
        if share == 0.0:
            if d != 0:
                if w[6] == 0:
                    for j in range(0, c, 16):
                        store(F, d + j, c - j, splat(0.0))
                d += c
            continue
        scale = mean * share * part
        known = label >= 0.0 and label < c  # anything else must not become an address; the verdict stops the run
        target = int(label) if known else 0
        if c <= 16:  # the row is one vector: its exponentials stay in a register
            v = where(inside, load(F, x, c), -np.inf)
            top = hmax(v)
            e = where(inside, exp(v - top), 0.0)
            z = hsum(e)
            if d != 0:
                g = e * (scale / z)
                if w[6]:
                    g = g + load(F, d, c)
                store(F, d, c, g)
        else:
            top = row_max(F, x, c)
            s = splat(0.0)
            for j in range(0, c, 16):
                s = s + where(ramp(0.0) < np.float32(c - j), exp(load(F, x + j, c - j) - top), 0.0)
            z = hsum(s)
            if d != 0:
                r = scale / z
                for j in range(0, c, 16):
                    g = exp(load(F, x + j, c - j) - top) * r
                    if w[6]:
                        g = g + load(F, d + j, c - j)
                    store(F, d + j, c - j, g)
        total += share * (np.log(z) + top - F[x + target]) if known else np.float32(np.nan)
        if d != 0:
            F[d + target] -= scale
            d += c
    F[w[7]] = total * mean


class SoftmaxCrossEntropy(Op):
    """Inputs: logits (c,) or (steps, c), target () or (steps,) class indices, optionally weights of the target's shape.

    NaN or infinite logits give a loss that is not finite, and so does a class index that is none, where its weight is not 0.
    """

    id = "softmax_cross_entropy"
    onnx = "SoftmaxCrossEntropyLoss"
    is_loss = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if not inputs[0].rank or inputs[0].shape[:-1] != inputs[1].shape:
            raise ShapeError(
                f"Cross-entropy needs one number for each class and a class index; it got {inputs[0]} and {inputs[1]}."
            )
        return TensorType(())

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, t = inputs[0], inputs[1].astype(np.int64)
        top = x.max(axis=-1)
        log_sum = top + np.log(np.exp(x - top[..., None]).sum(axis=-1))
        at = np.clip(t, 0, x.shape[-1] - 1)
        rows = log_sum - np.take_along_axis(x, at[..., None], axis=-1)[..., 0]
        return weighted_mean(np.where(at == t, rows, np.nan), inputs[2] if attributes.get("weighted") else None)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 20 * inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        type = e.graph.values[node.inputs[0]].type
        emit_loss(e, node, "softmax_cross_entropy", each=type.count // type.shape[-1], width=type.shape[-1])

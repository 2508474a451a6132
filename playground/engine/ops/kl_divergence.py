"""Kullback-Leibler divergence between a target distribution and the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.losses import check_weights, clear_row, emit_loss, loss_scale, row_weight, same_shapes, weighted_mean
from playground.engine.ops.base import Op
from playground.engine.ops.softmax_cross_entropy import row_max_of_any
from playground.engine.vocabulary import exp, hsum, load, log, number, ramp, splat, store, vmax, where

#: What a target of 0 counts as where its logarithm is asked for, in the reverse direction.
LEAST = 1e-12
#: A probability whose logarithm is below this is 0 in float32.
NOTHING = -87.0


@kernel
def kl_divergence(F, R, w, k):
    """own words: 1: the prediction is logits, 0: logarithms of probabilities | 1: reverse, 0: forward"""
    c, d, total = w[1], w[5], np.float32(0)
    mean, part = loss_scale(F, R, w), number(k, w[10], w[11])
    for i in range(w[0]):
        x, t, share = w[2] + i * c, w[3] + i * c, row_weight(F, w, i)
        if share == 0.0:
            clear_row(F, d, c, w[6])
        else:
            top, log_z = np.float32(0), np.float32(0)
            if w[13] == 1:
                top, z = row_max_of_any(F, x, c), splat(0.0)
                for j in range(0, c, 16):
                    z = z + where(ramp(0.0) < np.float32(c - j), exp(load(F, x + j, c - j) - top), 0.0)
                log_z = np.log(hsum(z))
            s, sum_t = splat(0.0), splat(0.0)
            for j in range(0, c, 16):
                inside = ramp(0.0) < np.float32(c - j)
                q, a = load(F, t + j, c - j), load(F, x + j, c - j) - top - log_z
                sum_t = sum_t + q
                if w[14] == 1:
                    s = s + where(inside & (a != a), a, where(inside & (a > NOTHING), exp(a) * (a - log(vmax(q, LEAST))), 0.0))
                else:
                    s = s + where(inside & (q != 0.0), q * (log(q) - a), 0.0)
            loss, slope, all_t = hsum(s), mean * share * part, hsum(sum_t)
            total += share * loss
            if d != 0:
                for j in range(0, c, 16):
                    q, a = load(F, t + j, c - j), load(F, x + j, c - j) - top - log_z
                    g = 0.0 - q
                    if w[14] == 1:
                        p, b = where(a > NOTHING, exp(a), 0.0), where(a > NOTHING, a, NOTHING) - log(vmax(q, LEAST))
                        g = p * (b + 1.0)
                        if w[13] == 1:
                            g = p * (b - loss)
                    elif w[13] == 1:
                        g = exp(a) * all_t - q
                    g = g * slope
                    if w[6]:
                        g = g + load(F, d + j, c - j)
                    store(F, d + j, c - j, g)
        if d != 0:
            d += c
    F[w[7]] = total * mean


class KlDivergence(Op):
    """Inputs: prediction and target (..., c), with `weighted` the rows' weights. A row's loss is the divergence itself, no mean over c.

    Attributes: logits, whether the prediction is logits or logarithms of probabilities; reverse: KL(prediction ‖ target) instead of
    KL(target ‖ prediction), where a target of 0 counts as 1e-12.
    """

    id = "kl_divergence"
    is_loss = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        check_weights("KL divergence", inputs, attributes)
        return same_shapes("KL divergence", inputs)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        a, t = inputs[0], inputs[1]
        if attributes["logits"]:
            a = a - a.max(axis=-1, keepdims=True)
            a = a - np.log(np.exp(a).sum(axis=-1, keepdims=True))
        if attributes["reverse"]:
            terms = np.where(a > NOTHING, np.exp(a) * (a - np.log(np.maximum(t, LEAST))), np.where(np.isnan(a), a, 0))
        else:
            terms = np.where(t != 0, t * (np.log(np.where(t > 0, t, 1)) - a), 0)
        rows = terms.sum(axis=-1)
        if not attributes.get("weighted"):
            return np.asarray(rows.mean())
        weights = inputs[2].reshape(*inputs[2].shape, *([1] * (rows.ndim - inputs[2].ndim)))
        return weighted_mean(rows, np.broadcast_to(weights, rows.shape))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 40 * inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        a, type = node.attributes, e.graph.values[node.inputs[0]].type
        each = type.count // type.shape[-1]
        weights = e.graph.values[node.inputs[2]].type.count if a.get("weighted") else each
        own = [int(a["logits"]), int(a["reverse"])]
        emit_loss(e, node, self.id, each=each, width=type.shape[-1], rows_of_weight=each // weights, own=own)

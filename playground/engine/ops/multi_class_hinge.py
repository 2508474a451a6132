"""Hinge loss for one class out of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.losses import check_weights, clear_row, emit_loss, loss_scale, row_weight, weighted_mean
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.ops.softmax_cross_entropy import at_class, check_classes
from playground.engine.vocabulary import hsum, load, number, ramp, splat, store, where
from playground.errors import ShapeError


@kernel
def multi_class_hinge(F, R, w, k):
    """own words: margin (two words) | power 1 or 2 | weights of the classes (0: all 1)"""
    c, d, total = w[1], w[5], np.float32(0)
    mean, part, margin = loss_scale(F, R, w), number(k, w[10], w[11]), number(k, w[13], w[14])
    for i in range(w[0]):
        x, label, share = w[2] + i * c, F[w[3] + i], row_weight(F, w, i)
        known = label >= 0.0 and label < c  # anything else must not become an address; the verdict stops the run
        target = int(label) if known else 0
        if share == 0.0:
            clear_row(F, d, c, w[6])
        else:
            if w[16] != 0:
                share *= F[w[16] + target]
            share /= np.float32(c)
            slope, above, s, slopes = mean * share * part, margin - F[x + target], splat(0.0), splat(0.0)
            for j in range(0, c, 16):
                at = ramp(np.float32(j))
                m = load(F, x + j, c - j) + above
                out = (at == np.float32(target)) | (at >= np.float32(c)) | (m <= 0.0)
                g = splat(1.0)
                if w[15] == 2:
                    g = m * 2.0
                    m = m * m
                s = s + where(out, 0.0, m)
                if d != 0:
                    g = where(out, 0.0, g) * slope
                    slopes = slopes + g
                    if w[6]:
                        g = g + load(F, d + j, c - j)
                    store(F, d + j, c - j, g)
            total += share * hsum(s) if known else np.float32(np.nan)
            if d != 0:
                F[d + target] -= hsum(slopes)
        if d != 0:
            d += c
    F[w[7]] = total * mean


class MultiClassHinge(Op):
    """Inputs: numbers (c,) or (steps, c), target () or (steps,) class indices, with `weighted` the rows' weights, with `table` a constant
    (c,) by which each row's loss is multiplied, according to its class.

    A row's loss: Σ over the other classes j of max(0, margin - x[y] + x[j]) ** power / c. Attributes: margin, a number or a knob; power.
    """

    id = "multi_class_hinge"
    is_loss = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        check_classes("Multi-class hinge", inputs)
        check_weights("Multi-class hinge", inputs, attributes)
        if attributes.get("table") and inputs[-1].shape != inputs[0].shape[-1:]:
            raise ShapeError(f"needs {inputs[0].shape[-1]} class weights, one for each class; it has {inputs[-1]}.")
        return TensorType(())

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, target = inputs[0], np.asarray(inputs[1]).astype(np.int64)
        margin = float(getattr(found := attributes["margin"], "value", found))
        m = np.maximum(margin - at_class(x, target)[..., None] + x, 0) ** int(attributes["power"])
        rows = np.where(np.arange(x.shape[-1]) == target[..., None], 0, m).sum(axis=-1) / x.shape[-1]
        if attributes.get("table"):
            rows = rows * inputs[-1][np.clip(target, 0, x.shape[-1] - 1)]
        if not attributes.get("weighted"):
            return np.asarray(rows.mean())
        weights = inputs[2].reshape(*inputs[2].shape, *([1] * (rows.ndim - inputs[2].ndim)))
        return weighted_mean(rows, np.broadcast_to(weights, rows.shape))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 5 * inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        a, type = node.attributes, e.graph.values[node.inputs[0]].type
        each = type.count // type.shape[-1]
        weights = e.graph.values[node.inputs[2]].type.count if a.get("weighted") else each
        own = [*knob_words(a["margin"]), int(a["power"]), e.value(node.inputs[-1]) if a.get("table") else 0]
        emit_loss(e, node, self.id, each=each, width=type.shape[-1], rows_of_weight=each // weights, own=own)

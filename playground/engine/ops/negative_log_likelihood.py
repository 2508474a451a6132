"""Negative log-likelihood of class indices under logarithms of probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.losses import check_weights, clear_row, emit_loss, loss_scale, row_weight, weighted_mean
from playground.engine.ops.base import Op
from playground.engine.ops.softmax_cross_entropy import at_class, check_classes
from playground.engine.vocabulary import number


@kernel
def negative_log_likelihood(F, R, w, k):
    """No own words.  Gradient: minus the row's share at its class, 0 elsewhere."""
    c, d, total = w[1], w[5], np.float32(0)
    mean, part = loss_scale(F, R, w), number(k, w[10], w[11])
    for i in range(w[0]):
        label, share = F[w[3] + i], row_weight(F, w, i)
        clear_row(F, d, c, w[6])
        if share != 0.0:
            known = label >= 0.0 and label < c  # anything else must not become an address; the verdict stops the run
            target = int(label) if known else 0
            total += share * (np.float32(0) - F[w[2] + i * c + target]) if known else np.float32(np.nan)
            if d != 0:
                F[d + target] -= mean * share * part
        if d != 0:
            d += c
    F[w[7]] = total * mean


class NegativeLogLikelihood(Op):
    """Inputs: logarithms of probabilities (c,) or (steps, c), target () or (steps,) class indices, with `weighted` the rows' weights.

    A class index that is none gives a loss that is not finite, where its weight is not 0.
    """

    id = "negative_log_likelihood"
    is_loss = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        check_classes("Negative log-likelihood", inputs)
        check_weights("Negative log-likelihood", inputs, attributes)
        return TensorType(())

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        rows = -at_class(inputs[0], inputs[1])
        if not attributes.get("weighted"):
            return np.asarray(rows.mean())
        weights = inputs[2].reshape(*inputs[2].shape, *([1] * (rows.ndim - inputs[2].ndim)))
        return weighted_mean(rows, np.broadcast_to(weights, rows.shape))

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        type = e.graph.values[node.inputs[0]].type
        each = type.count // type.shape[-1]
        weights = e.graph.values[node.inputs[2]].type.count if node.attributes.get("weighted") else each
        emit_loss(e, node, self.id, each=each, width=type.shape[-1], rows_of_weight=each // weights)

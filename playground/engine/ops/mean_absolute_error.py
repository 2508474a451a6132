"""Mean absolute error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.losses import emit_loss, same_shapes
from playground.engine.ops.base import Op
from playground.engine.registers import ROWS
from playground.engine.vocabulary import hsum, load, splat, store, vabs, where


@kernel
def mean_absolute_error(F, R, w, k):
    """words: rows width | prediction target | gradient add | share.  Gradient: sign(x - t) / (rows in use · width)"""
    n, d, s = w[0] * w[1], w[4], splat(0.0)
    scale = np.float32(1) / np.float32(R[ROWS] * w[1])
    for j in range(0, n, 16):
        x, t = load(F, w[2] + j, n - j), load(F, w[3] + j, n - j)
        e = x - t
        s = s + vabs(e)
        if d != 0:
            g = where(e > 0.0, scale, where(e < 0.0, 0.0 - scale, e * 0.0))
            if w[5]:
                g = g + load(F, d + j, n - j)
            store(F, d + j, n - j, g)
    F[w[6]] = hsum(s) * scale


class MeanAbsoluteError(Op):
    """Mean over rows and outputs of |x - t|; the gradient at equality is 0."""

    id = "mean_absolute_error"
    is_loss = True
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        return same_shapes("Mean absolute error", inputs)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        x, t = inputs
        return np.asarray(np.abs(x - t).mean())

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        return 4 * inputs[0].count

    def forward(self, e: Emit, node: OpNode) -> None:
        emit_loss(e, node, "mean_absolute_error", e.graph.values[node.inputs[0]].type.count)

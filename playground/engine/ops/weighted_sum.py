"""The sum of several losses, each with a weight: what training makes small when a network has several heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Instruction, Whole
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.operands import knob_words
from playground.engine.ops.base import Op
from playground.engine.registers import MOST_HEADS
from playground.engine.vocabulary import number
from playground.errors import ShapeError


@kernel
def add_weighted(F, R, w, k):
    """words: total count | first loss | a weight (two words) for each"""
    total = np.float32(0)
    for i in range(w[1]):
        total += number(k, w[3 + 2 * i], w[4 + 2 * i]) * F[w[2] + i]
    F[w[0]] = total


class WeightedSum(Op):
    """Attribute: weights, a number or a knob for each loss. The losses multiply their own gradients by them."""

    id = "weighted_sum"
    is_loss = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if len(inputs) > MOST_HEADS:
            raise ShapeError(f"A network may have {MOST_HEADS} losses; this one has {len(inputs)}.")
        return TensorType(())

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        weights = [float(getattr(weight, "value", weight)) for weight in attributes["weights"]]
        return np.asarray(sum(weight * loss for weight, loss in zip(weights, inputs, strict=True)))

    def forward(self, e: Emit, node: OpNode) -> None:
        heads, total = [e.value(i) for i in node.inputs], e.value(node.output)
        words = [word for weight in node.attributes["weights"] for word in knob_words(weight)]

        def make(f: Whole) -> list[list[Instruction]]:
            return [[("add_weighted", f.at(total), len(heads), f.at(heads[0]), *words)]]

        e.whole(make, reads=heads, writes=[total])

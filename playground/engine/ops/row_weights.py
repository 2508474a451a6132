"""What each row counts in a loss: the product of a mask of steps, a weight of the sample, and a weight of the row's class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Frame, Instruction
from playground.engine.graph import OpNode
from playground.engine.kernel import kernel
from playground.engine.ops.base import Op
from playground.errors import ShapeError


@kernel
def row_weights(F, R, w, k):
    """words: samples steps | y | weights: sample step (0: the same for all steps) | a second likewise, or 0 0 0"""
    for s in range(w[0]):
        for t in range(w[1]):
            v = F[w[3] + s * w[4] + t * w[5]]
            if w[6] != 0:
                v *= F[w[6] + s * w[7] + t * w[8]]
            F[w[2] + s * w[1] + t] = v


@kernel
def class_weights(F, R, w, k):
    """words: rows classes | target y | table (0: all 1) | ignored class | rows of a weight | weights (0: all 1)"""
    for i in range(w[0]):
        label = F[w[2] + i]
        known = label >= 0.0 and label < w[1]  # anything else must not become an address; the loss itself refuses it
        v = np.float32(1)
        if w[4] != 0 and known:
            v = F[w[4] + int(label)]
        if label == np.float32(w[5]):
            v = np.float32(0)
        if w[7] != 0:
            v *= F[w[7] + i // w[6]]
        F[w[3] + i] = v


class RowWeights(Op):
    """Inputs: one or two values of shape (steps,) or (). Output: their product, (steps,) or ()."""

    id = "row_weights"
    carries_gradient = False
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        shapes = {x.shape for x in inputs if x.shape}
        if len(shapes) > 1 or any(x.rank > 1 for x in inputs):
            raise ShapeError(f"Weights are one for each sample or step; {' and '.join(map(str, inputs))} were given.")
        return TensorType(next(iter(shapes), ()))

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        rank = max(x.ndim for x in inputs)
        product = np.ones((), inputs[0].dtype)
        for x in inputs:
            product = product * x.reshape(*x.shape, *([1] * (rank - x.ndim)))
        return product

    def forward(self, e: Emit, node: OpNode) -> None:
        y, steps = e.value(node.output), e.graph.values[node.output].type.count
        given = [(e.value(i), bool(type.shape)) for i, type in zip(node.inputs, e.graph.types(node), strict=True)]

        def make(f: Frame) -> list[Instruction]:
            words = [word for x, by_step in given for word in (f.at(x), steps if by_step else 1, int(by_step))]
            return [("row_weights", f.rows, steps, f.at(y), *words, *([0] * (6 - len(words))))]

        e.rows(make, reads=[x for x, _ in given], writes=[y])


class ClassWeights(Op):
    """Inputs: target () or (steps,) class indices, then with attribute `table` a constant (classes,), then with `weighted` weights.

    Attributes: classes; ignore, the class index that counts 0 (a number that is no index, such as -100, may stand for it too).
    """

    id = "class_weights"
    carries_gradient = False
    is_flat = True

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        if attributes.get("table") and inputs[1].shape != (attributes["classes"],):
            raise ShapeError(f"needs {attributes['classes']} class weights, one for each class; it has {inputs[1]}.")
        if attributes.get("weighted") and inputs[-1].shape not in ((), inputs[0].shape):
            raise ShapeError(f"needs weights of samples or steps; they are {inputs[-1]}, the targets {inputs[0]}.")
        return TensorType(inputs[0].shape)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        target = np.asarray(inputs[0])
        y = np.ones(target.shape)
        if attributes.get("table"):
            known = (target >= 0) & (target < attributes["classes"])
            y = np.where(known, inputs[1][np.where(known, target, 0).astype(int)], 1.0)
        y = np.where(target == attributes.get("ignore", -100), 0.0, y)
        if attributes.get("weighted"):
            weights = inputs[-1]
            y = y * weights.reshape(*weights.shape, *([1] * (y.ndim - weights.ndim)))
        return y

    def forward(self, e: Emit, node: OpNode) -> None:
        target, y, each = e.value(node.inputs[0]), e.value(node.output), e.graph.values[node.output].type.count
        table = e.value(node.inputs[1]) if node.attributes.get("table") else None
        weights = e.value(node.inputs[-1]) if node.attributes.get("weighted") else None
        of_weight = each // e.graph.values[node.inputs[-1]].type.count if weights is not None else 1
        classes, ignore = int(node.attributes["classes"]), int(node.attributes.get("ignore", -100))

        def make(f: Frame) -> list[Instruction]:
            held = [0 if ref is None else f.at(ref) for ref in (table, weights)]
            return [("class_weights", f.rows * each, classes, f.at(target), f.at(y), held[0], ignore, of_weight, held[1])]

        e.rows(make, reads=[target, *(ref for ref in (table, weights) if ref is not None)], writes=[y])

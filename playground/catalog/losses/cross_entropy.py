"""Softmax cross-entropy."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError


@register("cross_entropy", title="Cross-entropy", group="Loss", icon="loss", tail="one of many classes")
class CrossEntropy(Loss):
    """Surprise at the true class, for one class out of many.

    Shapes: prediction (classes,) logits, target () class index -> scalar, the mean over the batch; or (steps, classes) and (steps,).
    It applies the softmax itself, by the log-sum-exp form, which stays exact for logits of any size.
    Guessing evenly costs ln(classes).
    """

    expects = "logits"
    target = "class"
    formula = "L = mean of ( ln Σ exp(z[j]) - z[target] )   (sum over j)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.2.2.3"
    examples = (("ten classes", {}, ((10,), ())), ("two classes", {}, ((2,), ())), ("odd", {}, ((7,), ())))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        if not prediction.shape or prediction.shape[:-1] != target.shape:
            raise ShapeError("needs one number for each class.")
        if weights is None:
            return g.op("softmax_cross_entropy", prediction, target)
        return g.op("softmax_cross_entropy", prediction, target, weights, weighted=True)

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        z = prediction - prediction.max(axis=-1, keepdims=True)
        e = np.exp(z)
        return np.asarray(e / e.sum(axis=-1, keepdims=True))

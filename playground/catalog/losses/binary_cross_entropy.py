"""Binary cross-entropy on logits."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError


@register("binary_cross_entropy", title="Binary cross-entropy", group="Loss", icon="loss", tail="yes or no")
class BinaryCrossEntropy(Loss):
    """Surprise at the true answer, for answers of yes or no.

    Shapes: prediction (outputs,) logits, target (outputs,) of 0 or 1 -> scalar, the mean over the batch and the outputs.
    Two classes need one output: its probability is that of the second class. Several outputs answer several questions at once.
    It applies the sigmoid itself, in a form that stays exact for logits of any size. Guessing evenly costs ln 2.
    """

    expects = "logits"
    target = "binary"
    formula = "L = mean of ( max(z, 0) - z·t + ln(1 + exp(-|z|)) )"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.2.2.2"
    examples = (("one answer", {}, ((1,), (1,))), ("three answers", {}, ((3,), (3,))))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        if prediction.shape != target.shape:
            raise ShapeError("needs one number for each answer.")
        return g.op("binary_cross_entropy_logits", prediction, target)

    def encode(self, target: np.ndarray) -> np.ndarray:
        """Class indices 0 and 1 become one column of 0 and 1. Shapes: (n,) -> (n, 1); (n, k) stays."""
        numbers = np.asarray(target, np.float32)
        return numbers[:, None] if numbers.ndim == 1 else numbers

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        e = np.exp(-np.abs(prediction))
        return np.asarray(np.where(prediction >= 0, 1.0, e) / (1.0 + e))

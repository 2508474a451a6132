"""Negative log-likelihood."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.losses import ClassLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register(
    "negative_log_likelihood", title="Negative log-likelihood", group="Loss", icon="loss_likelihood", tail="after LogSoftmax"
)
class NegativeLogLikelihood(ClassLoss):
    """Surprise at the true class, where the network gives logarithms of probabilities itself.

    Shapes: prediction (classes,) or (steps, classes) logarithms of probabilities, target () or (steps,) class index, weights as the target
    -> scalar, the mean over what counts; it divides by the sum of the weights, those of classes included, as PyTorch's nll_loss.
    With LogSoftmax in front it is cross-entropy. On any other numbers it has no least value and means nothing.
    """

    expects = "log_probabilities"
    formula = "L = mean of -w[t]·ln p[t]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 5.5"
    examples = (
        ("three classes", {}, ((3,), ())),
        ("many classes", {}, ((37,), ())),
        ("class weights", {"class_weights": (0.5, 2.0, 1.0), "ignore": 1}, ((3,), ())),
        ("steps", {}, ((4, 3), (4,))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        self.check(prediction, target)
        rows = self.counted(g, prediction, target, weights)
        if rows is None:
            return g.op("negative_log_likelihood", prediction, target)
        return g.op("negative_log_likelihood", prediction, target, rows, weighted=True)

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(np.minimum(prediction, 0.0)))

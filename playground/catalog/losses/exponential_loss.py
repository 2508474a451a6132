"""Exponential loss."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.losses import SignLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register("exponential_loss", title="Exponential loss", group="Loss", icon="loss_exponential", tail="yes or no, boosting")
class ExponentialLoss(SignLoss):
    """The loss behind AdaBoost: every step on the wrong side multiplies it.

    Shapes: prediction (outputs,) of either sign, target (outputs,) of -1 or 1, weights () or (steps,) -> scalar, the mean over the batch
    and the outputs. Targets of 0 and 1 are taken as -1 and 1.
    Its best answer is half the log-odds, so the probability of yes is 1 / (1 + exp(-2f)). A single wrong label far on the other side
    outweighs all others. Beyond an exponent of 88 it grows no more, since float32 ends there.
    """

    probable = True
    formula = "L = mean of exp(-y·f)"
    source = "Hastie, Tibshirani and Friedman: The Elements of Statistical Learning (2009), equations 10.8 and 10.16"
    examples = (("one answer", {}, ((1,), (1,))), ("three answers", {}, ((3,), (3,))))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        return self.compared(g, "exponential_loss", prediction, target, weights)

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        """The probability of yes for which the prediction would be best."""
        e = np.exp(-2.0 * np.abs(prediction))
        return np.asarray(np.where(prediction >= 0, 1.0, e) / (1.0 + e))

"""Squared hinge loss."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.losses import SignLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register("squared_hinge", title="Squared hinge", group="Loss", icon="loss_hinge_squared", tail="a smooth margin")
class SquaredHinge(SignLoss):
    """The square of the hinge loss: smooth at the margin, and harder on what is far on the wrong side.

    Shapes: prediction (outputs,) of either sign, target (outputs,) of -1 or 1, weights () or (steps,) -> scalar, the mean over the batch
    and the outputs. Targets of 0 and 1 are taken as -1 and 1. The answer is shown as its place between -1 and 1.
    """

    formula = "L = mean of max(0, 1 - y·f)²"
    source = "Hastie, Tibshirani and Friedman: The Elements of Statistical Learning (2009), table 12.1"
    examples = (("one answer", {}, ((1,), (1,))), ("three answers", {}, ((3,), (3,))), ("steps", {}, ((4, 17), (4, 17))))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        return self.compared(g, "squared_hinge", prediction, target, weights)

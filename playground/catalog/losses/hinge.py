"""Hinge loss."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.losses import SignLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register("hinge", title="Hinge", group="Loss", icon="loss_hinge", tail="yes or no by a margin")
class Hinge(SignLoss):
    """Asks for the right sign with a margin of 1, and for nothing more.

    Shapes: prediction (outputs,) of either sign, target (outputs,) of -1 or 1, weights () or (steps,) -> scalar, the mean over the batch
    and the outputs. Targets of 0 and 1 are taken as -1 and 1.
    Samples beyond the margin have no gradient: what is learnt rests on the few that are near the boundary or wrong, the support vectors.
    The answer is shown as its place between -1 and 1; it is no probability.
    """

    formula = "L = mean of max(0, 1 - y·f)"
    source = "C. Cortes and V. Vapnik: Support-vector networks, 1995; Hastie, Tibshirani and Friedman (2009), equation 12.25"
    examples = (("one answer", {}, ((1,), (1,))), ("three answers", {}, ((3,), (3,))), ("steps", {}, ((4, 17), (4, 17))))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        return self.compared(g, "hinge", prediction, target, weights)

"""Logarithm of the softmax."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.shares import AXIS_EXAMPLES, Shares
from playground.core.tensor import Value


@register("log_softmax", title="LogSoftmax", group="Activation", icon="log_softmax", version=2, tail="log of shares")
class LogSoftmax(Shares):
    """Turns numbers into logarithms of shares that sum to 1.

    Shapes: x (..., classes) -> the same, by the last axis or another one; over the steps of a masked sequence those that are absent
    get no share, and 0. Computed without the quotient, so that unlikely classes keep finite numbers. Cross-entropy applies it by
    itself; put none in front of that loss. Unlike a softmax it does not saturate: an unlikely class keeps a slope of nearly 1,
    however unlikely it is.
    """

    preview = "bars"
    gives = "log_probabilities"
    formula = "y[i] = x[i] - log Σ exp(x[j])   (sum over j)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), equation 6.30 and section 6.2.2.3"
    examples = (
        ("classes", {}, ((5,),)),
        ("many classes", {}, ((37,),)),
        ("sequence", {}, ((4, 3),)),
        ("image", {}, ((2, 3, 17),)),
        ("one number", {}, ((1,),)),
        *AXIS_EXAMPLES,
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.along(g, *inputs, op="log_softmax", logarithm=True)

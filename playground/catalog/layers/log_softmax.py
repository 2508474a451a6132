"""Logarithm of the softmax."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence


@register("log_softmax", title="LogSoftmax", group="Activation", icon="log_softmax", tail="log of shares")
class LogSoftmax(Layer):
    """Turns numbers into logarithms of shares that sum to 1.

    Shapes: x (..., classes) -> the same, by the last axis. Computed without the quotient, so that unlikely classes keep finite
    numbers. Cross-entropy applies it by itself; put none in front of that loss. Unlike a softmax it does not saturate: an unlikely
    class keeps a slope of nearly 1, however unlikely it is.
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
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        return g.op("log_softmax", x)

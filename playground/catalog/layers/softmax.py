"""Softmax."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.shares import AXIS_EXAMPLES, Shares
from playground.core.tensor import Value


@register("softmax", title="Softmax", group="Activation", icon="soft", version=2, tail="sums to 1")
class Softmax(Shares):
    """Turns numbers into shares that are positive and sum to 1.

    Shapes: x (..., classes) -> the same, by the last axis or another one. The largest number is taken off first, so that nothing
    overflows. Over the steps of a masked sequence those that are absent get no share.
    Cross-entropy applies it by itself and more exactly; put none in front of that loss. It saturates where one share exceeds 0.99:
    then every slope, p[i]·(1 - p[i]) of a share to its own x and -p[i]·p[j] to another, is within 0.01 of zero.
    """

    preview = "bars"
    gives = "probabilities"
    formula = "y[i] = exp(x[i]) / Σ exp(x[j])   (sum over j)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), equation 6.29; on its saturating: section 6.2.2.3"
    examples = (
        ("classes", {}, ((5,),)),
        ("sequence", {}, ((4, 3),)),
        ("image", {}, ((2, 3, 7),)),
        ("one number", {}, ((1,),)),
        *AXIS_EXAMPLES,
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.along(g, *inputs, op="softmax", logarithm=False)

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray | None:
        """Places whose largest share exceeds 0.99; None along another axis, of whose entries only some may be here.

        Shapes: y (..., classes) -> (...).
        """
        return np.asarray(y.max(axis=-1) > 0.99) if self.axis == -1 else None

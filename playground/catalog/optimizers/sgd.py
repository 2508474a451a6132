"""SGD."""

from __future__ import annotations

from playground.core.descent import l2_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("sgd", title="SGD", group="Gradient descent", icon="descent_zigzag", tail="straight downhill")
class Sgd(Optimizer):
    """Steps straight down the gradient of a batch.

    Shapes: weights, gradients and slots are flat and of equal length.
    With a batch of all samples it is plain gradient descent. Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.01)
    l2: float = l2_field()

    update = "sgd"
    slots = ()
    formula = "w ← w - rate·(g + l2·w)"
    source = (
        "Robbins and Monro: A stochastic approximation method (1951); "
        "Goodfellow, Bengio and Courville: Deep Learning (2016), algorithm 8.1"
    )
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.05, "l2": 0.01}, ()))

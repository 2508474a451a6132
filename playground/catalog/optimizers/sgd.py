"""SGD."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("sgd", title="SGD", group="Gradient descent", icon="descent_zigzag", tail="straight downhill")
class Sgd(Optimizer):
    """Steps straight down the gradient of a batch.

    Shapes: weights, gradients and slots are flat and of equal length.
    With a batch of all samples it is plain gradient descent. Biases and normalisation parameters are not decayed.
    """

    rate: float = real(
        0.01,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="Learning rate",
        help="How far a step goes; the schedule multiplies it.",
    )
    l2: float = real(
        0.0,
        low=0.0,
        high=10.0,
        log=True,
        off="Off",
        live=True,
        label="L2 decay",
        help="Adds this share of every weight to its gradient.",
    )

    update = "sgd"
    slots = ()
    formula = "w ← w - rate·(g + l2·w)"
    source = (
        "Robbins and Monro: A stochastic approximation method (1951); "
        "Goodfellow, Bengio and Courville: Deep Learning (2016), algorithm 8.1"
    )
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.05, "l2": 0.01}, ()))

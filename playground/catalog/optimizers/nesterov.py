"""Nesterov."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("nesterov", title="Nesterov", group="Gradient descent", icon="descent_ahead", tail="looks ahead")
class Nesterov(Optimizer):
    """Momentum that looks one step ahead before it turns.

    Shapes: weights, gradients and slots are flat and of equal length.
    The form of PyTorch, with the gradient taken at the current weights. Biases and normalisation parameters are not decayed.
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
    momentum: float = real(0.9, low=0.0, high=0.9999, live=True, help="Share of the last step's velocity that is kept.")
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

    update = "nesterov"
    slots = ("velocity",)
    formula = "d = g + l2·w;   v ← momentum·v + d;   w ← w - rate·(d + momentum·v)"
    source = "Sutskever et al.: On the importance of initialization and momentum (2013), equations 3 and 4"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.05, "momentum": 0.5, "l2": 0.01}, ()))

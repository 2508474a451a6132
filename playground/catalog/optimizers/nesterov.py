"""Nesterov."""

from __future__ import annotations

from playground.core.descent import l2_field, momentum_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("nesterov", title="Nesterov", group="Gradient descent", icon="descent_ahead", tail="looks ahead")
class Nesterov(Optimizer):
    """Momentum that looks one step ahead before it turns.

    Shapes: weights, gradients and slots are flat and of equal length.
    The form of PyTorch, with the gradient taken at the current weights. Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.01)
    momentum: float = momentum_field(0.9)
    l2: float = l2_field()

    update = "nesterov"
    slots = ("velocity",)
    formula = "d = g + l2·w;   v ← momentum·v + d;   w ← w - rate·(d + momentum·v)"
    source = "Sutskever et al.: On the importance of initialization and momentum (2013), equations 3 and 4"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.05, "momentum": 0.5, "l2": 0.01}, ()))

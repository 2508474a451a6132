"""AdaMax."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, epsilon_field, l2_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adamax", title="AdaMax", group="Adaptive", icon="adaptive_max", tail="Adam by the largest")
class AdaMax(Optimizer):
    """Adam with the largest recent gradient in the place of the mean square.

    Shapes: weights, gradients and slots are flat and of equal length.
    Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.002)
    beta1: float = beta1_field()
    beta2: float = beta2_field(help="Share of the largest gradient so far that a step keeps.")
    epsilon: float = epsilon_field(help="Added to every gradient's size, so that nothing is divided by zero.")
    l2: float = l2_field()

    update = "adamax"
    slots = ("mean", "largest")
    formula = "g ← g + l2·w;   m ← β₁·m + (1-β₁)·g;   u ← max(β₂·u, |g| + ε);   w ← w - rate/(1-β₁ᵗ) · m/u"
    source = "Kingma and Ba: Adam (2015), algorithm 2"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.01, "beta1": 0.8, "beta2": 0.9, "l2": 0.01}, ()))

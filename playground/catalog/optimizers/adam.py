"""Adam."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, epsilon_field, l2_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adam", title="Adam", group="Adaptive", icon="adaptive", tail="own rate for each weight")
class Adam(Optimizer):
    """Gives every weight its own step by the mean and spread of its gradients.

    Shapes: weights, gradients and slots are flat and of equal length.
    Means are corrected for their start at zero. L2 enters the gradient and is rescaled with it; AdamW decays apart from it.
    Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.001)
    beta1: float = beta1_field()
    beta2: float = beta2_field()
    epsilon: float = epsilon_field()
    l2: float = l2_field()

    update = "adam"
    slots = ("mean", "square")
    formula = "g ← g + l2·w;   m ← β₁·m + (1-β₁)·g;   s ← β₂·s + (1-β₂)·g²;   w ← w - rate·(m/(1-β₁ᵗ)) / (√(s/(1-β₂ᵗ)) + ε)"
    source = "Kingma and Ba: Adam (2015), algorithm 1"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.01, "beta1": 0.8, "l2": 0.01}, ()))

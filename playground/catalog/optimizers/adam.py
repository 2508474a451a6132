"""Adam."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adam", title="Adam", group="Adaptive", icon="adaptive", tail="own rate for each weight")
class Adam(Optimizer):
    """Gives every weight its own step by the mean and spread of its gradients.

    Shapes: weights, gradients and slots are flat and of equal length.
    Means are corrected for their start at zero. L2 enters the gradient and is rescaled with it; AdamW decays apart from it.
    Biases and normalisation parameters are not decayed.
    """

    rate: float = real(
        0.001,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="Learning rate",
        help="How far a step goes; the schedule multiplies it.",
    )
    beta1: float = real(
        0.9,
        low=0.0,
        high=0.9999,
        live=True,
        label="Beta 1",
        advanced=True,
        help="Share of the running mean of the gradient that a step keeps.",
    )
    beta2: float = real(
        0.999,
        low=0.0,
        high=0.999999,
        live=True,
        label="Beta 2",
        advanced=True,
        help="Share of the running mean of the squared gradient that a step keeps.",
    )
    epsilon: float = real(
        1e-8,
        low=1e-12,
        high=1.0,
        log=True,
        live=True,
        advanced=True,
        help="Added to the root, so that nothing is divided by zero.",
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

    update = "adam"
    slots = ("mean", "square")
    formula = "g ← g + l2·w;   m ← β₁·m + (1-β₁)·g;   s ← β₂·s + (1-β₂)·g²;   w ← w - rate·(m/(1-β₁ᵗ)) / (√(s/(1-β₂ᵗ)) + ε)"
    source = "Kingma and Ba: Adam (2015), algorithm 1"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.01, "beta1": 0.8, "l2": 0.01}, ()))

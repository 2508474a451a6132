"""NAdam."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, epsilon_field, l2_field, rate_field
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("nadam", title="NAdam", group="Adaptive", icon="adaptive_ahead", tail="Adam that looks ahead")
class NAdam(Optimizer):
    """Adam with Nesterov momentum.

    Shapes: weights, gradients and slots are flat and of equal length.
    The momentum grows from half of beta 1 towards it over the steps, as in PyTorch. Biases and normalisation
    parameters are not decayed.
    """

    rate: float = rate_field(0.002)
    beta1: float = beta1_field()
    beta2: float = beta2_field()
    epsilon: float = epsilon_field()
    slope: float = real(
        0.004,
        low=0.0,
        high=1.0,
        live=True,
        label="Momentum decay",
        advanced=True,
        help="How fast the momentum grows towards beta 1.",
    )
    l2: float = l2_field()

    update = "nadam"
    slots = ("mean", "square")
    formula = "g ← g + l2·w;   μₜ = β₁·(1 - 0.96^(t·slope)/2);   w ← w - rate·((1-μₜ)·g/(1-∏μ) + μₜ₊₁·m/(1-∏μ·μₜ₊₁)) / (√(s/(1-β₂ᵗ)) + ε)"
    source = "Dozat: Incorporating Nesterov momentum into Adam (2016), algorithm 2"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.01, "beta1": 0.8, "slope": 0.02, "l2": 0.01}, ()))

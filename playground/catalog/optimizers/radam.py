"""RAdam."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, epsilon_field, l2_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("radam", title="RAdam", group="Adaptive", icon="adaptive_careful", tail="Adam with a careful start")
class RAdam(Optimizer):
    """Adam that trusts its mean square only once it has seen enough gradients.

    Shapes: weights, gradients and slots are flat and of equal length.
    The first steps are those of plain momentum, so no warm-up is needed. Biases and normalisation parameters are not
    decayed.
    """

    rate: float = rate_field(0.001)
    beta1: float = beta1_field()
    beta2: float = beta2_field()
    epsilon: float = epsilon_field()
    l2: float = l2_field()

    update = "radam"
    slots = ("mean", "square")
    formula = "g ← g + l2·w;   ρₜ = ρ∞ - 2t·β₂ᵗ/(1-β₂ᵗ);   w ← w - rate·m̂·r(ρₜ)·√(1-β₂ᵗ)/(√s + ε) where ρₜ > 5, else w - rate·m̂"
    source = "Liu et al.: On the variance of the adaptive learning rate and beyond (2020), algorithm 2"
    examples = (("plain", {}, ()), ("soon rectified", {"rate": 0.01, "beta1": 0.8, "beta2": 0.9, "l2": 0.01}, ()))

"""AMSGrad."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, epsilon_field, l2_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("amsgrad", title="AMSGrad", group="Adaptive", icon="adaptive_falling", tail="Adam that never speeds up")
class AmsGrad(Optimizer):
    """Adam that divides by the largest mean square so far, so that its steps never grow again.

    Shapes: weights, gradients and slots are flat and of equal length.
    The form of PyTorch's Adam with amsgrad on: the largest is that of the means before their correction. Biases and
    normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.001)
    beta1: float = beta1_field()
    beta2: float = beta2_field()
    epsilon: float = epsilon_field()
    l2: float = l2_field()

    update = "amsgrad"
    slots = ("mean", "square", "largest")
    formula = "m, s as in Adam;   h ← max(h, s);   w ← w - rate·(m/(1-β₁ᵗ)) / (√(h/(1-β₂ᵗ)) + ε)"
    source = "Reddi, Kale and Kumar: On the convergence of Adam and beyond (2018), algorithm 2"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.01, "beta1": 0.8, "beta2": 0.9, "l2": 0.01}, ()))

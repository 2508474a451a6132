"""LAMB."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, decay_field, epsilon_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("lamb", title="LAMB", group="Adaptive", icon="tensors", tail="for very large batches")
class Lamb(Optimizer):
    """Adam whose step in every tensor is as long as the tensor, times the rate.

    Shapes: weights, gradients and slots are flat and of equal length.
    The norms are those of a whole weight or bias tensor; where one is zero, the step is Adam's. The function φ of the
    paper is the identity. Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.001)
    beta1: float = beta1_field()
    beta2: float = beta2_field()
    epsilon: float = epsilon_field(1e-6)
    decay: float = decay_field()

    update = "lamb"
    slots = ("mean", "square")
    formula = "u = m̂/(√ŝ + ε) + decay·w;   w ← w - rate·‖w‖/‖u‖·u"
    source = "You et al.: Large batch optimization for deep learning (2020), algorithm 2"
    examples = (("plain", {}, ()), ("no decay", {"rate": 0.01, "beta1": 0.8, "decay": 0.0}, ()))

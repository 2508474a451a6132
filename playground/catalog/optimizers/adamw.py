"""AdamW."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, decay_field, epsilon_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adamw", title="AdamW", group="Adaptive", icon="adaptive_decay", tail="Adam, decay apart")
class AdamW(Optimizer):
    """Adam with weight decay that its rescaling does not touch.

    Shapes: weights, gradients and slots are flat and of equal length.
    Means are corrected for their start at zero; decay shrinks weights before the step. Biases and normalisation parameters
    are not decayed.
    """

    rate: float = rate_field(0.001)
    beta1: float = beta1_field()
    beta2: float = beta2_field()
    epsilon: float = epsilon_field()
    decay: float = decay_field()

    update = "adamw"
    slots = ("mean", "square")
    formula = "w ← w - rate·decay·w, then as Adam without L2"
    source = "Loshchilov and Hutter: Decoupled weight decay regularization (2019), algorithm 2"
    examples = (("plain", {}, ()), ("no decay", {"rate": 0.01, "beta2": 0.99, "decay": 0.0}, ()))

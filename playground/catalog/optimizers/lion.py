"""Lion."""

from __future__ import annotations

from playground.core.descent import beta1_field, beta2_field, decay_field, rate_field
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("lion", title="Lion", group="Adaptive", icon="sign", tail="steps of equal size")
class Lion(Optimizer):
    """Moves every weight by the same amount, along the sign of a mean gradient.

    Shapes: weights, gradients and slots are flat and of equal length.
    Its steps are larger than Adam's at the same rate: take a rate 3 to 10 times smaller. Decay shrinks weights before
    the step. Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.0001)
    beta1: float = beta1_field()
    beta2: float = beta2_field(0.99, "Share of the running mean of the gradient that is handed on to the next step.")
    decay: float = decay_field(0.0)

    update = "lion"
    slots = ("mean",)
    formula = "w ← w·(1 - rate·decay) - rate·sign(β₁·m + (1-β₁)·g);   m ← β₂·m + (1-β₂)·g"
    source = "Chen et al.: Symbolic discovery of optimization algorithms (2023), algorithm 2"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.002, "beta1": 0.8, "decay": 0.1}, ()))

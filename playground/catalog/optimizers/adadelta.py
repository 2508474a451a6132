"""AdaDelta."""

from __future__ import annotations

from playground.core.descent import epsilon_field, l2_field, rate_field
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adadelta", title="AdaDelta", group="Adaptive", icon="adaptive_delta", tail="needs no learning rate")
class AdaDelta(Optimizer):
    """Sizes its steps by the steps it took before, so that units agree.

    Shapes: weights, gradients and slots are flat and of equal length.
    The rate multiplies the step and is 1 in the paper and in PyTorch; Keras has 0.001. Biases and normalisation
    parameters are not decayed.
    """

    rate: float = rate_field(1.0)
    rho: float = real(0.9, low=0.0, high=0.9999, live=True, help="Share of the running mean squares that a step keeps.")
    epsilon: float = epsilon_field(1e-6, "Added under both roots; it decides how large the first steps are.")
    l2: float = l2_field()

    update = "adadelta"
    slots = ("square", "change")
    formula = "g ← g + l2·w;   s ← ρ·s + (1-ρ)·g²;   u = √(c + ε) / √(s + ε) · g;   c ← ρ·c + (1-ρ)·u²;   w ← w - rate·u"
    source = "Zeiler: ADADELTA, an adaptive learning rate method (2012), algorithm 1"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.5, "rho": 0.8, "epsilon": 1e-4, "l2": 0.01}, ()))

"""AdaGrad."""

from __future__ import annotations

from playground.core.descent import epsilon_field, l2_field, rate_field
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adagrad", title="AdaGrad", group="Adaptive", icon="adaptive_sum", version=2, tail="slows where it went far")
class AdaGrad(Optimizer):
    """Gives every weight a rate that falls with all the gradients it has seen.

    Shapes: weights, gradients and slots are flat and of equal length.
    The sum of squares only grows, so rates only fall. It starts at 0 as in PyTorch; Keras has an initial accumulator of 0.1.
    Biases and normalisation parameters are not decayed.
    """

    rate: float = rate_field(0.01)
    slowing: float = real(
        0.0,
        low=0.0,
        high=10.0,
        live=True,
        label="Rate decay",
        advanced=True,
        help="Divides the rate by 1 plus this times the steps done.",
    )
    initial_accumulator: float = real(
        0.0,
        low=0.0,
        high=1000.0,
        log=True,
        off="Off",
        live=True,
        advanced=True,
        help="What the sum of squares starts from (initial_accumulator_value). The larger it is, the smaller the first steps are.",
    )
    epsilon: float = epsilon_field(1e-10)
    l2: float = l2_field()

    update = "adagrad"
    slots = ("sum",)
    formula = "g ← g + l2·w;   s ← s + g²;   w ← w - rate / (1 + (t-1)·slowing) · g / (√(s₀ + s) + ε)"
    source = "Duchi, Hazan and Singer: Adaptive subgradient methods (2011), section 1.1"
    examples = (
        ("plain", {}, ()),
        ("slowing", {"rate": 0.05, "slowing": 0.1, "l2": 0.01}, ()),
        ("from", {"initial_accumulator": 0.1}, ()),
    )

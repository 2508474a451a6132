"""Momentum."""

from __future__ import annotations

from playground.core.descent import l2_field, momentum_field, rate_field
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("momentum", title="Momentum", group="Gradient descent", icon="descent", version=2, tail="a rolling ball")
class Momentum(Optimizer):
    """Gathers speed along directions that stay the same.

    Shapes: weights, gradients and slots are flat and of equal length.
    The form of PyTorch: the rate multiplies the velocity, not the gradient that enters it. Biases and normalisation
    parameters are not decayed.
    """

    rate: float = rate_field(0.01)
    momentum: float = momentum_field(0.9)
    dampening: float = real(
        0.0,
        low=0.0,
        high=1.0,
        live=True,
        advanced=True,
        help="Share of each gradient but the first that the velocity does not take in.",
    )
    l2: float = l2_field()

    update = "momentum"
    slots = ("velocity",)
    formula = "v ← momentum·v + (1 - dampening)·(g + l2·w);   w ← w - rate·v"
    source = "Sutskever et al.: On the importance of initialization and momentum (2013), section 2"
    examples = (
        ("plain", {}, ()),
        ("decayed", {"rate": 0.05, "momentum": 0.5, "l2": 0.01}, ()),
        ("damped", {"dampening": 0.3, "l2": 0.01}, ()),
    )

"""Momentum."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("momentum", title="Momentum", group="Gradient descent", icon="descent", tail="a rolling ball")
class Momentum(Optimizer):
    """Gathers speed along directions that stay the same.

    Shapes: weights, gradients and slots are flat and of equal length.
    The form of PyTorch: the rate multiplies the velocity, not the gradient that enters it. Biases and normalisation
    parameters are not decayed.
    """

    rate: float = real(
        0.01,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="Learning rate",
        help="How far a step goes; the schedule multiplies it.",
    )
    momentum: float = real(0.9, low=0.0, high=0.9999, live=True, help="Share of the last step's velocity that is kept.")
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

    update = "momentum"
    slots = ("velocity",)
    formula = "v ← momentum·v + g + l2·w;   w ← w - rate·v"
    source = "Sutskever et al.: On the importance of initialization and momentum (2013), section 2"
    examples = (("plain", {}, ()), ("decayed", {"rate": 0.05, "momentum": 0.5, "l2": 0.01}, ()))

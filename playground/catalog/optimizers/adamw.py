"""AdamW."""

from __future__ import annotations

from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Optimizer


@register("adamw", title="AdamW", group="Adaptive", icon="adaptive_decay", tail="Adam, decay apart")
class AdamW(Optimizer):
    """Adam with weight decay that its rescaling does not touch.

    Shapes: weights, gradients and slots are flat and of equal length.
    Means are corrected for their start at zero; decay shrinks weights before the step. Biases and normalisation parameters
    are not decayed.
    """

    rate: float = real(
        0.001,
        low=0.0,
        high=100.0,
        log=True,
        live=True,
        label="Learning rate",
        help="How far a step goes; the schedule multiplies it.",
    )
    beta1: float = real(
        0.9,
        low=0.0,
        high=0.9999,
        live=True,
        label="Beta 1",
        advanced=True,
        help="Share of the running mean of the gradient that a step keeps.",
    )
    beta2: float = real(
        0.999,
        low=0.0,
        high=0.999999,
        live=True,
        label="Beta 2",
        advanced=True,
        help="Share of the running mean of the squared gradient that a step keeps.",
    )
    epsilon: float = real(
        1e-8,
        low=1e-12,
        high=1.0,
        log=True,
        live=True,
        advanced=True,
        help="Added to the root, so that nothing is divided by zero.",
    )
    decay: float = real(
        0.01,
        low=0.0,
        high=10.0,
        log=True,
        off="Off",
        live=True,
        label="Weight decay",
        help="Shrinks every weight by this share of the learning rate.",
    )

    update = "adamw"
    slots = ("mean", "square")
    formula = "w ← w - rate·decay·w, then as Adam without L2"
    source = "Loshchilov and Hutter: Decoupled weight decay regularization (2019), algorithm 2"
    examples = (("plain", {}, ()), ("no decay", {"rate": 0.01, "beta2": 0.99, "decay": 0.0}, ()))

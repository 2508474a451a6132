"""Huber's loss."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.losses import ValueLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register("huber", title="Huber", group="Loss", icon="loss_huber", tail="squares, then straight")
class Huber(ValueLoss):
    """Half the square of a small miss, a straight line for a large one.

    Shapes: prediction (any), target (the same), weights () or (steps,) -> scalar, the mean over the batch and the outputs.
    Smooth at the target as the squared error and as patient with far-off values as the absolute one. With delta 1 it is PyTorch's
    smooth_l1_loss. Weights are divided out again, as everywhere here; PyTorch's huber_loss alone divides by their number instead.
    """

    delta: float = real(
        1.0, low=1e-6, high=1e6, log=True, live=True, help="Distance from which on a miss counts in a straight line."
    )

    formula = "L = mean of ( e²/2 where |e| ≤ δ, else δ·(|e| - δ/2) )   (e = p - t)"
    source = "P. J. Huber: Robust estimation of a location parameter, 1964, equation 3.1"
    examples = (
        ("one value", {}, ((1,), (1,))),
        ("narrow", {"delta": 0.1}, ((3,), (3,))),
        ("wide", {"delta": 30.0}, ((17,), (17,))),
        ("output weights", {"delta": 0.7, "output_weights": (0.5, 3.0, 1.0)}, ((4, 3), (4, 3))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        return self.compared(g, "huber", prediction, target, weights, delta=g.knob("delta"))

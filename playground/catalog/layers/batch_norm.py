"""Batch normalisation."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import flag, part, real
from playground.core.registry import find, register
from playground.core.spec import Initializer, Layer, Spec
from playground.core.tensor import MOST_WRITTEN, TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


def _ones() -> Spec:
    return find("initializer", "constant")(value=1.0)  # type: ignore[call-arg]  # the class is looked up by its id


@register("batch_norm", title="BatchNorm", group="Normalise, regularise", icon="norm", version=2, tail="by batch")
class BatchNorm(Layer):
    """Gives every channel zero mean and unit spread over the batch, then a learned gain and shift.

    Shapes: x (..., channels) -> the same.  Parameters, if affine: gamma, beta (channels,).  Statistics: running_mean, running_variance.
    Mean and variance run over the batch and all axes but the last. Evaluation uses running statistics; every step moves them
    towards those of the batch by the share `momentum` (the running variance is the unbiased one). Keras names what is kept: 0.99
    there is 0.01 here. In a sequence absent steps count for nothing and give 0. Gain and shift are never decayed.
    """

    momentum: float = real(0.1, low=0.0, high=1.0, help="Share by which running statistics move to those of the batch.")
    epsilon: float = real(
        1e-5, low=1e-12, high=1.0, log=True, advanced=True, help="Added to the variance so that its root is never zero."
    )
    affine: bool = flag(True, label="Gain and shift", help="Learn a gain and a shift for every channel.")
    gamma_start: Initializer = part(
        "initializer", _ones, label="Gain starts from", advanced=True, when=("affine", True), help="How the gain starts."
    )
    beta_start: Initializer = part(
        "initializer", "zeros", label="Shift starts from", advanced=True, when=("affine", True), help="How the shift starts."
    )

    formula = "y = γ·(x - mean) / √(variance + ε) + β"
    source = "Ioffe and Szegedy: Batch normalization (2015), algorithm 1"
    examples = (
        ("features", {}, ((5,),)),
        ("image", {"momentum": 0.3}, ((3, 2, 4),)),
        ("sequence", {"epsilon": 1e-3}, ((4, 3),)),
        ("one pixel", {}, ((1, 1, 2),)),
        ("many channels", {}, ((2, 3, 19),)),
        ("neither gain nor shift", {"affine": False}, ((5, 3, 2),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        if x.mask is not None and len(x.shape) == 1:  # steps without features, whose mask is none of positions
            raise ShapeError(sentence("would mix steps that are there with padding."))
        c = x.shape[-1]
        if not self.affine and c > MOST_WRITTEN:
            text = sentence(
                "can leave out gain and shift of {most} channels, and there are {c}.", most=f"{MOST_WRITTEN:,}", c=f"{c:,}"
            )
            raise ShapeError(text, "set affine true")
        if self.affine:
            gamma = g.parameter("gamma", (c,), self.gamma_start, fan_in=c, fan_out=c, decays=False)
            beta = g.parameter("beta", (c,), self.beta_start, fan_in=c, fan_out=c, decays=False)
        else:
            gamma, beta = g.constant("gamma", np.ones(c)), g.constant("beta", np.zeros(c))
        mean, variance = g.statistic("running_mean", (c,), 0.0), g.statistic("running_variance", (c,), 1.0)
        masks = [] if x.mask is None else [x.mask]
        return g.op(
            "batch_norm", x, gamma, beta, mean, variance, *masks, momentum=self.momentum, epsilon=self.epsilon, masked=bool(masks)
        )

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return f"2·{inputs[0].shape[-1]}" if self.affine else ""

    def least_batch(self, inputs: tuple[TensorType, ...]) -> int:
        return 2 if inputs[0].count == inputs[0].shape[-1] else 1

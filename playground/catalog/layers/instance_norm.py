"""Instance normalisation."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import flag, real
from playground.core.registry import find, register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register(
    "instance_norm", title="InstanceNorm", group="Normalise, regularise", icon="norm_instance", tail="by sample and channel"
)
class InstanceNorm(Layer):
    """Gives every channel of every sample zero mean and unit spread over its positions.

    Shapes: x (..., channels) with at least one more axis -> the same.  Parameters, if affine: gamma, beta (channels,).
    It takes the contrast of each image away, which suits the transfer of styles. As in PyTorch there is no gain and no shift
    unless asked for, and no running statistics. In a sequence absent steps count for nothing and give 0.
    """

    epsilon: float = real(
        1e-5, low=1e-12, high=1.0, log=True, advanced=True, help="Added to the variance so that its root is never zero."
    )
    affine: bool = flag(False, label="Gain and shift", help="Learn a gain and a shift for every channel.")

    formula = "y = γ·(x - mean) / √(variance + ε) + β, where γ = 1 and β = 0 unless they are learned"
    source = "Ulyanov, Vedaldi and Lempitsky: Instance normalization (2016), equation 2"
    examples = (
        ("image", {}, ((3, 2, 5),)),
        ("gain and shift", {"affine": True}, ((5, 3, 2),)),
        ("sequence", {"epsilon": 1e-3}, ((5, 3),)),
        ("many channels", {"affine": True}, ((2, 1, 35),)),
        ("one channel", {}, ((7, 1),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) < 2:
            raise ShapeError(sentence("needs channels at several positions: an image or a sequence."), "image")
        c = x.shape[-1]
        if x.type.count == c:
            raise ShapeError(sentence("needs more than one position: a lone number is its own mean."))
        parameters = []
        if self.affine:
            ones = find("initializer", "constant")(value=1.0)  # type: ignore[call-arg]  # the class is looked up by its id
            parameters.append(g.parameter("gamma", (c,), ones, fan_in=c, fan_out=c, decays=False))  # type: ignore[arg-type]
            zeros = find("initializer", "zeros")()
            parameters.append(g.parameter("beta", (c,), zeros, fan_in=c, fan_out=c, decays=False))  # type: ignore[arg-type]
        masks = [] if x.mask is None else [x.mask]
        return g.op("group_norm", x, *parameters, *masks, groups=c, epsilon=self.epsilon, affine=self.affine, masked=bool(masks))

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return f"2·{inputs[0].shape[-1]}" if self.affine else ""

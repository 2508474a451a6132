"""Root mean square normalisation."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import flag, real, whole
from playground.core.registry import find, register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("rms_norm", title="RMSNorm", group="Normalise, regularise", icon="norm_rms", tail="by position, no mean")
class RMSNorm(Layer):
    """Divides the numbers of every position by their root mean square, then applies a learned gain.

    Shapes: x (..., features) -> the same.  Parameters: gamma (the last `axes` extents of x).
    It is LayerNorm without the mean and the shift, and cheaper. The default epsilon is PyTorch's, the spacing of single
    precision; many published models use 1e-6 or 1e-5. The gain is never decayed.
    """

    axes: int = whole(1, low=1, high=8, help="How many of the last axes are normalised together.")
    epsilon: float = real(
        2.0**-23, low=1e-12, high=1.0, log=True, advanced=True, help="Added to the mean square so that its root is never zero."
    )
    affine: bool = flag(True, label="Gain", help="Learn a gain for every number of a position.")

    formula = "y = γ·x / √(mean of x² + ε)"
    source = "Zhang and Sennrich: Root mean square layer normalization (2019), equation 4"
    examples = (
        ("features", {}, ((5,),)),
        ("sequence", {"epsilon": 1e-5}, ((4, 7),)),
        ("whole image", {"axes": 3}, ((3, 2, 5),)),
        ("no gain", {"affine": False}, ((2, 33),)),
        ("wide", {}, ((5, 65),)),
        ("one number", {"epsilon": 0.5}, ((1,),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        if self.axes > len(x.shape):
            raise ShapeError(
                sentence("normalises {axes} axes and needs at least as many.", axes=self.axes), f"set axes {len(x.shape)}"
            )
        if x.mask is not None and self.axes == len(x.shape):
            raise ShapeError(sentence("would mix steps that are there with padding."), "set axes 1" if len(x.shape) > 1 else "")
        shape = x.shape[-self.axes :]
        n, parameters = TensorType(shape).count, []
        if self.affine:
            ones = find("initializer", "constant")(value=1.0)  # type: ignore[call-arg]  # the class is looked up by its id
            parameters.append(g.parameter("gamma", shape, ones, fan_in=n, fan_out=n, decays=False))  # type: ignore[arg-type]
        return g.op(
            "layer_norm", x, *parameters, axes=self.axes, epsilon=self.epsilon, gain=self.affine, shift=False, centred=False
        )

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("last {axes} axes", axes=self.axes) if self.axes > 1 else ""

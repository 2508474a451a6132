"""Layer normalisation."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import flag, real, whole
from playground.core.registry import find, register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("layer_norm", title="LayerNorm", group="Normalise, regularise", icon="norm_layer", tail="by position")
class LayerNorm(Layer):
    """Gives the numbers of every position zero mean and unit spread, then a learned gain and shift.

    Shapes: x (..., features) -> the same.  Parameters: gamma, beta (the last `axes` extents of x).
    Mean and variance (of n numbers, not n - 1) run over the last axis, or over as many as `axes` says; samples never mix, so
    batches of 1 and evaluation are no special case. They are the axes of PyTorch's normalized_shape, with channels last as everywhere
    here. Keras adds 1e-3 to the variance, PyTorch and this layer 1e-5. Gain and shift are never decayed.
    """

    axes: int = whole(1, low=1, high=8, help="How many of the last axes are normalised together.")
    epsilon: float = real(
        1e-5, low=1e-12, high=1.0, log=True, advanced=True, help="Added to the variance so that its root is never zero."
    )
    affine: bool = flag(True, label="Gain and shift", help="Learn a gain for every number of a position.")
    bias: bool = flag(True, label="Shift", when=("affine", True), help="Learn a shift besides the gain.")

    formula = "y = γ·(x - mean) / √(variance + ε) + β"
    source = "Ba, Kiros and Hinton: Layer normalization (2016), equations 3 and 4"
    examples = (
        ("features", {}, ((5,),)),
        ("sequence", {}, ((4, 7),)),
        ("every pixel", {"epsilon": 1e-3}, ((3, 2, 4),)),
        ("whole image", {"axes": 3}, ((3, 2, 5),)),
        ("two axes", {"axes": 2, "bias": False}, ((3, 5, 2),)),
        ("neither gain nor shift", {"affine": False}, ((2, 33),)),
        ("wide", {}, ((3, 65),)),
        ("one number", {}, ((1,),)),
        ("five steps", {}, ((5, 16),)),
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
        if self.affine and self.bias:
            zeros = find("initializer", "zeros")()
            parameters.append(g.parameter("beta", shape, zeros, fan_in=n, fan_out=n, decays=False))  # type: ignore[arg-type]
        return g.op(
            "layer_norm", x, *parameters, axes=self.axes, epsilon=self.epsilon, gain=self.affine, shift=self.affine and self.bias
        )

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("last {axes} axes", axes=self.axes) if self.axes > 1 else ""

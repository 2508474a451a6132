"""Group normalisation."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import flag, real, whole
from playground.core.registry import find, register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import counted_sentence, sentence


@register("group_norm", title="GroupNorm", group="Normalise, regularise", icon="norm_group", tail="by groups of channels")
class GroupNorm(Layer):
    """Gives every group of channels zero mean and unit spread within each sample, then a learned gain and shift.

    Shapes: x (..., channels) -> the same.  Parameters: gamma, beta (channels,).
    Mean and variance run over all positions and the channels of a group; samples never mix, so small batches do no harm. Channels
    next to one another form a group. In a sequence absent steps count for nothing and give 0. Keras counts 32 groups by default
    and adds 1e-3 to the variance; PyTorch and this layer add 1e-5. Gain and shift are never decayed.
    """

    groups: int = whole(1, low=1, high=65_536, log=True, help="How many groups the channels fall into, all of one size.")
    epsilon: float = real(
        1e-5, low=1e-12, high=1.0, log=True, advanced=True, help="Added to the variance so that its root is never zero."
    )
    affine: bool = flag(True, label="Gain and shift", help="Learn a gain and a shift for every channel.")

    formula = "y = γ·(x - mean) / √(variance + ε) + β"
    source = "Wu and He: Group normalization (2018), equations 1 to 7"
    examples = (
        ("one group", {}, ((3, 2, 5),)),
        ("two groups", {"groups": 2}, ((3, 5, 6),)),
        ("sequence", {"groups": 3, "epsilon": 1e-3}, ((5, 9),)),
        ("features", {"groups": 2}, ((6,),)),
        ("neither gain nor shift", {"groups": 2, "affine": False}, ((2, 3, 4),)),
        ("many channels", {"groups": 17}, ((3, 1, 34),)),
        ("one pixel", {"groups": 1}, ((1, 1, 19),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not x.shape:
            raise ShapeError(sentence("needs at least one axis of numbers."), "insert flatten")
        if x.mask is not None and len(x.shape) == 1:  # steps without features, whose mask is none of positions
            raise ShapeError(sentence("would mix steps that are there with padding."))
        c = x.shape[-1]
        if c % self.groups:
            fitting = max(n for n in range(1, min(c, self.groups) + 1) if c % n == 0)
            raise ShapeError(
                sentence("needs channels that fall into {groups} equal groups.", groups=self.groups), f"set groups {fitting}"
            )
        if x.type.count == self.groups:
            raise ShapeError(
                sentence("needs more than one number in a group: a lone one is its own mean."), "set groups 1" if c > 1 else ""
            )
        parameters = []
        if self.affine:
            ones = find("initializer", "constant")(value=1.0)  # type: ignore[call-arg]  # the class is looked up by its id
            parameters.append(g.parameter("gamma", (c,), ones, fan_in=c, fan_out=c, decays=False))  # type: ignore[arg-type]
            zeros = find("initializer", "zeros")()
            parameters.append(g.parameter("beta", (c,), zeros, fan_in=c, fan_out=c, decays=False))  # type: ignore[arg-type]
        masks = [] if x.mask is None else [x.mask]
        return g.op(
            "group_norm", x, *parameters, *masks,
            groups=self.groups, epsilon=self.epsilon, affine=self.affine, masked=bool(masks),
        )  # fmt: skip

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return f"2·{inputs[0].shape[-1]}" if self.affine else ""

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return counted_sentence(self.groups, "group", "groups")

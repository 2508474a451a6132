"""One-dimensional convolution."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, whole
from playground.core.filters import Filters, biases_from, border_of, filter_count, group_count, weights_from, with_bias
from playground.core.registry import register
from playground.core.spec import Initializer
from playground.core.tensor import TensorType, Value
from playground.core.window import STEP_PADDING, step_padding_for, windows_of_steps
from playground.errors import ShapeError
from playground.words import sentence, within


@register("conv1d", title="Conv1d", group="Dense and convolution", icon="conv1d", version=2, tail="slide over time")
class Conv1d(Filters):
    """Slides filters over a sequence and weighs the steps under them.

    Shapes: x (time, channels) -> (time', filters).
    Parameters: weight (kernel, channels / groups, filters), bias (filters,).
    time' = floor((time + padding - dilation·(kernel - 1) - 1) / stride) + 1.
    "causal" pads in front alone, as in Keras: no step sees a later one. "same" divides the padding as Keras does; at stride 1
    PyTorch's "same" is equal to it. Both start with "valid" (no padding), this layer with "same". A border of "edge" or "wrap" is
    PyTorch's padding_mode "replicate" or "circular".
    Absent steps of a masked sequence count as zeros; with "valid" padding a window that sees one is absent, otherwise the
    mask goes on with every stride-th step.
    Weights start as He normal and biases at zero. Biases are never decayed.
    """

    filters: int = filter_count("How many channels come out.")
    kernel: int = whole(3, low=1, high=4096, unit="steps", help="How many steps a filter sees at once.")
    stride: int = whole(1, low=1, high=4096, unit="steps", help="Steps from one place of the filter to the next.")
    padding: str = choice("same", STEP_PADDING, help="How many zeros surround the sequence.")
    amount: int = whole(
        1,
        low=0,
        high=4096,
        unit="steps",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Zeros before and after the sequence.",
    )
    border: str = border_of("same", "causal", "explicit")
    dilation: int = whole(1, low=1, high=4096, unit="steps", help="Distance between the steps that a filter reads.")
    groups: int = group_count()
    bias: bool = with_bias("Add a learned number to every channel.")
    start: Initializer = weights_from()
    bias_start: Initializer = biases_from()

    width = "filters"
    formula = "y[t, o] = b[o] + Σ x[t·s + u·d - p, c] · w[u, c, o]   (sum over u, c)"
    source = "Waibel et al.: Phoneme recognition using time-delay neural networks (1989), section II"
    examples = (
        ("plain", {"filters": 4}, ((7, 3),)),
        ("even kernel, same", {"filters": 3, "kernel": 4}, ((6, 2),)),
        ("valid, stride", {"filters": 2, "padding": "valid", "stride": 2}, ((9, 3),)),
        ("same, stride", {"filters": 2, "stride": 3}, ((7, 5),)),
        ("causal", {"filters": 3, "padding": "causal", "kernel": 2, "dilation": 3}, ((8, 2),)),
        ("causal, stride", {"filters": 3, "padding": "causal", "kernel": 3, "stride": 2}, ((6, 2),)),
        ("explicit", {"filters": 3, "padding": "explicit", "amount": 2, "kernel": 2}, ((5, 2),)),
        ("dilated", {"filters": 2, "dilation": 2, "padding": "valid"}, ((9, 3),)),
        ("groups", {"filters": 6, "groups": 3}, ((5, 9),)),
        ("depthwise", {"filters": 5, "groups": 5, "stride": 2}, ((6, 5),)),
        ("pointwise", {"filters": 7, "kernel": 1, "bias": False}, ((4, 5),)),
        ("one step", {"filters": 2}, ((1, 3),)),
        ("stride beyond kernel", {"filters": 3, "kernel": 2, "stride": 4, "padding": "valid"}, ((11, 2),)),
        ("many channels", {"filters": 17, "kernel": 5}, ((7, 18),)),
        ("causal, first step again", {"filters": 3, "padding": "causal", "kernel": 3, "border": "edge"}, ((6, 2),)),
        ("mirrored border", {"filters": 2, "padding": "explicit", "amount": 3, "stride": 2, "border": "reflect"}, ((5, 3),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        before, after = self._padding(x.shape)
        c = x.shape[1]
        parts = self.trained(g, (self.kernel, c // self.groups, self.filters), self.kernel, c)
        seen = x if x.mask is None else g.op("zero_absent", x, x.mask)
        if self.border != "zeros" and (before or after):
            seen, before, after = self.bordered(g, seen, (before, 0), (after, 0)), 0, 0
        image = g.op("reshape", seen, shape=(1, *seen.shape))
        y = g.op(
            "conv2d", image, *parts,
            stride=(1, self.stride), padding=(0, before, 0, after), dilation=(1, self.dilation), groups=self.groups,
        )  # fmt: skip
        sequence = g.op("reshape", y, shape=y.shape[1:])
        return sequence if x.mask is None else g.masked(sequence, self._mask(g, x.mask, sequence.shape[0]))

    def _mask(self, g: Builder, mask: Value, windows: int) -> Value:
        """Which of the windows are there."""
        if self.padding == "valid":
            rule = {"taps": self.kernel, "dilation": self.dilation, "first": 0}
        else:
            reach = self.dilation * (self.kernel - 1)
            first = reach - 2 * self.amount if self.padding == "explicit" else 0
            rule = {"taps": 1, "dilation": 1, "first": first}
        if windows == mask.shape[0] and rule["taps"] == 1 and rule["first"] == 0 and self.stride == 1:
            return mask
        return g.op("window_mask", mask, windows=windows, stride=self.stride, rule="all", **rule)

    def _padding(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """The padding for this sequence. Raises ShapeError when it cannot be convolved."""
        if len(shape) != 2:
            raise ShapeError(sentence("needs a sequence: time×channels."), "sequence")
        self.check_groups(shape[1])
        padding = step_padding_for(self.padding, self.amount, shape[0], self.kernel, self.stride, self.dilation)
        if windows_of_steps(shape[0], self.kernel, self.stride, padding, self.dilation) < 1:
            need = self.dilation * (self.kernel - 1) + 1
            raise ShapeError(sentence("needs at least {need} steps, padding included.", need=need), 'set padding "same"')
        return padding

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return self.counted(str(self.kernel), inputs[0].shape[1])

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence(
            "{size} {padding}" if self.stride == 1 else "{size} {padding}, stride {stride}",
            size=self.kernel,
            padding=within(self.padding),
            stride=self.stride,
        )

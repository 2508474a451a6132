"""One-dimensional transposed convolution."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, whole
from playground.core.filters import Filters, biases_from, filter_count, group_count, weights_from, with_bias
from playground.core.registry import register
from playground.core.spec import Initializer
from playground.core.tensor import TensorType, Value
from playground.core.window import CUT, cut_for
from playground.errors import ShapeError
from playground.words import sentence


@register(
    "conv_transpose1d",
    title="ConvTranspose1d",
    group="Dense and convolution",
    icon="conv_transpose1d",
    tail="learned lengthening",
)
class ConvTranspose1d(Filters):
    """Lays a weighted filter down for every step and adds up what overlaps: it lengthens sequences.

    Shapes: x (time, channels) -> (time', filters).
    Parameters: weight (kernel, filters / groups, channels), bias (filters,).
    time' = (time - 1)·stride - padding + dilation·(kernel - 1) + 1 + output padding, where padding is the sum of both ends.
    "same" gives time·stride, as in Keras; PyTorch's padding is "explicit".
    The stride starts at 2, which doubles a sequence; in PyTorch and Keras it starts at 1.
    Absent steps of a masked sequence count as zeros. What comes out is present where a present step lays its filter down, less what is
    cut off; a sequence with padding behind it gives as many present steps as it would give alone.
    Weights start as He normal and biases at zero.
    Fans: what a start scales by is kernel·channels / groups numbers in, as one step of the output sees at stride 1, and
    kernel·filters numbers out, so that signals keep their spread on the way forward. PyTorch and Keras read the weight's axes:
    kernel·filters / groups in, kernel·channels out. Without groups, He by the fan out starts as theirs does by the fan in.
    """

    filters: int = filter_count("How many channels come out.")
    kernel: int = whole(4, low=1, high=4096, unit="steps", help="How many steps one step is spread over.")
    stride: int = whole(2, low=1, high=4096, unit="steps", help="Steps from one filter's place to the next.")
    padding: str = choice("same", CUT, help="How much of the ends is cut off.")
    amount: int = whole(
        1,
        low=0,
        high=4096,
        unit="steps",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Steps cut off at both ends.",
    )
    output_padding: int = whole(
        0,
        low=0,
        high=4095,
        unit="steps",
        when=("padding", "explicit"),
        help="Steps added at the end; fewer than the stride or the dilation.",
    )
    dilation: int = whole(1, low=1, high=4096, unit="steps", help="Distance between the steps that a filter writes.")
    groups: int = group_count()
    bias: bool = with_bias("Add a learned number to every channel.")
    start: Initializer = weights_from()
    bias_start: Initializer = biases_from()

    width = "filters"
    formula = "y[t·s + u·d - p, o] = b[o] + Σ x[t, c] · w[u, o, c]   (sum over t, u, c that meet there)"
    source = "Dumoulin and Visin: A guide to convolution arithmetic for deep learning (2016), section 4"
    examples = (
        ("plain", {"filters": 3}, ((4, 2),)),
        ("valid", {"filters": 2, "kernel": 3, "padding": "valid", "stride": 3}, ((3, 5),)),
        ("explicit", {"filters": 3, "kernel": 5, "padding": "explicit", "amount": 2, "output_padding": 1}, ((4, 2),)),
        ("dilated", {"filters": 2, "kernel": 3, "dilation": 3, "padding": "valid"}, ((3, 3),)),
        ("groups", {"filters": 6, "groups": 3, "kernel": 3}, ((3, 9),)),
        ("depthwise", {"filters": 5, "groups": 5, "kernel": 3, "bias": False}, ((4, 5),)),
        ("stride beyond kernel", {"filters": 3, "kernel": 2, "stride": 5}, ((3, 4),)),
        ("one step", {"filters": 3}, ((1, 4),)),
        ("many channels", {"filters": 17, "kernel": 2}, ((3, 18),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 2:
            raise ShapeError(sentence("needs a sequence: time×channels."), "sequence")
        t, c = x.shape
        self.check_groups(c)
        across = (1, self.kernel), (1, self.stride), (1, self.dilation)
        padding, more = cut_for(self.padding, (0, self.amount), (0, self.output_padding), *across)
        if more[1] >= max(self.stride, self.dilation):
            raise ShapeError(sentence("needs an output padding smaller than its stride or its dilation."), "set output_padding 0")
        if (t - 1) * self.stride + self.dilation * (self.kernel - 1) + 1 + more[1] <= padding[1] + padding[3]:
            raise ShapeError(sentence("needs less padding: it cuts off the whole sequence."), 'set padding "same"')
        parts = self.trained(g, (self.kernel, self.filters // self.groups, c), self.kernel, c, turned=True)
        seen = x if x.mask is None else g.op("zero_absent", x, x.mask)
        y = g.op(
            "conv_transpose2d", g.op("reshape", seen, shape=(1, t, c)), *parts,
            stride=across[1], padding=padding, output_padding=more, dilation=across[2], groups=self.groups,
        )  # fmt: skip
        sequence = g.op("reshape", y, shape=y.shape[1:])
        return sequence if x.mask is None else g.masked(sequence, self._mask(g, x.mask, sequence.shape[0]))

    def _mask(self, g: Builder, mask: Value, steps: int) -> Value:
        """Which steps of the output are there: those that a present step spreads over."""
        t, s = mask.shape[0], self.stride
        marks = g.op("upsample1d", g.op("reshape", mask, shape=(t, 1)), scale=s, mode="nearest")
        further = max(steps - t * s, 0)
        rule = {"taps": further + 1, "dilation": 1, "stride": 1, "first": -further, "rule": "any"}
        return g.op("window_mask", g.op("reshape", marks, shape=(t * s,)), windows=steps, **rule)

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return self.counted(str(self.kernel), inputs[0].shape[1])

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{kernel} stride {stride}", kernel=self.kernel, stride=self.stride)

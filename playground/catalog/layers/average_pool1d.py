"""One-dimensional average pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, whole
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.core.window import POOL_PADDING, step_padding_for, windows_of_steps
from playground.errors import ShapeError
from playground.words import sentence


@register("average_pool1d", title="AveragePool1d", group="Pool and shape", icon="pool_average1d", tail="mean of k steps")
class AveragePool1d(Layer):
    """Averages every window of steps.

    Shapes: x (time, channels) -> (time', channels).
    time' = floor((time + padding - kernel) / stride) + 1.
    Padding is not counted, as in Keras; PyTorch counts it unless told otherwise (count_include_pad).
    Absent steps of a masked sequence are not counted either; a window that sees none that is there is absent.
    """

    kernel: int = whole(2, low=1, high=4096, unit="steps", help="How many steps a window sees.")
    stride: int = whole(2, low=1, high=4096, unit="steps", help="Steps from one window to the next.")
    padding: str = choice("valid", POOL_PADDING, help="How far windows may reach over the ends.")
    amount: int = whole(
        1,
        low=0,
        high=4095,
        unit="steps",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Steps before and after the sequence.",
    )

    formula = "y[t, c] = mean over u inside the sequence of x[t·s + u - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = (
        ("plain", {}, ((6, 3),)),
        ("odd length", {}, ((7, 2),)),
        ("overlapping, same", {"kernel": 3, "stride": 1, "padding": "same"}, ((5, 3),)),
        ("explicit", {"kernel": 3, "stride": 2, "padding": "explicit", "amount": 1}, ((6, 2),)),
        ("overlapping, valid", {"kernel": 3, "stride": 1}, ((6, 2),)),
        ("one step", {"kernel": 1, "stride": 1}, ((1, 5),)),
        ("one step, same", {"kernel": 3, "stride": 2, "padding": "same"}, ((1, 3),)),
        ("stride beyond kernel", {"kernel": 2, "stride": 5}, ((9, 2),)),
        ("many channels", {}, ((4, 19),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 2:
            raise ShapeError(sentence("needs a sequence: time×channels."), "sequence")
        if self.padding == "explicit" and self.amount >= self.kernel:
            raise ShapeError(
                sentence("needs a padding smaller than its window, or a window would see padding alone."), 'set padding "same"'
            )
        padding = step_padding_for(self.padding, self.amount, x.shape[0], self.kernel, self.stride)
        n = windows_of_steps(x.shape[0], self.kernel, self.stride, padding)
        if n < 1:
            raise ShapeError(
                sentence("needs at least {kernel} steps, padding included.", kernel=self.kernel), 'set padding "same"'
            )
        masks = [] if x.mask is None else [x.mask]
        y = g.op("average_pool1d", x, *masks, kernel=self.kernel, stride=self.stride, padding=padding)
        if x.mask is None:
            return y
        mask = g.op(
            "window_mask", x.mask, windows=n, taps=self.kernel, dilation=1, stride=self.stride, first=-padding[0], rule="any"
        )
        return g.masked(y, mask)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{kernel} mean", kernel=self.kernel)

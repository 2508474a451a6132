"""Two-dimensional max pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, size
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.core.window import PADDING, padding_for, shown, windows
from playground.errors import ShapeError
from playground.words import sentence


@register("max_pool2d", title="MaxPool2d", group="Pool and shape", icon="pool", tail="largest of k")
class MaxPool2d(Layer):
    """Keeps the largest number of every window.

    Shapes: x (height, width, channels) -> (height', width', channels).
    height' = floor((height + padding - kernel) / stride) + 1, and likewise for the width. Padding never wins.
    The gradient goes to the first largest pixel of each window.
    """

    kernel: tuple[int, int] = size((2, 2), high=255, unit="px", help="Height and width of a window.")
    stride: tuple[int, int] = size((2, 2), high=255, unit="px", help="Rows and columns from one window to the next.")
    padding: str = choice("valid", PADDING, help="How far windows may reach over the rim.")
    amount: tuple[int, int] = size(
        (1, 1),
        low=0,
        high=254,
        unit="px",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Rows above and below, columns left and right.",
    )

    preview = "maps"
    formula = "y[i, j, c] = max over u, v of x[i·s + u - p, j·s + v - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = (
        ("plain", {}, ((4, 6, 3),)),
        ("odd image", {}, ((5, 7, 2),)),
        ("overlapping, same", {"kernel": (3, 2), "stride": (1, 2), "padding": "same"}, ((4, 5, 3),)),
        ("explicit", {"kernel": (3, 3), "stride": (2, 1), "padding": "explicit", "amount": (1, 0)}, ((5, 4, 2),)),
        ("stride 1, same", {"kernel": (3, 3), "stride": (1, 1), "padding": "same"}, ((4, 3, 2),)),
        ("one pixel", {"kernel": (1, 1), "stride": (1, 1)}, ((1, 1, 5),)),
        ("stride beyond kernel", {"kernel": (2, 1), "stride": (3, 4)}, ((8, 9, 2),)),
        ("many channels", {}, ((4, 2, 19),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        if self.padding == "explicit" and not (self.amount[0] < self.kernel[0] and self.amount[1] < self.kernel[1]):
            raise ShapeError(
                sentence("needs a padding smaller than its window, or a window would see padding alone."), 'set padding "same"'
            )
        extents = (x.shape[0], x.shape[1])
        padding = padding_for(self.padding, self.amount, extents, self.kernel, self.stride)
        if min(windows(extents, self.kernel, self.stride, padding)) < 1:
            raise ShapeError(
                sentence("needs at least {shown} pixels, padding included.", shown=shown(self.kernel)), 'set padding "same"'
            )
        return g.op("max_pool2d", x, kernel=self.kernel, stride=self.stride, padding=padding)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{shown} max", shown=shown(self.kernel))

"""Two-dimensional convolution."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, size
from playground.core.filters import Filters, area_of, biases_from, border_of, filter_count, group_count, weights_from, with_bias
from playground.core.registry import register
from playground.core.spec import Initializer
from playground.core.tensor import TensorType, Value
from playground.core.window import PADDING, Padding, padding_for, shown, windows
from playground.errors import ShapeError
from playground.words import sentence, within


@register("conv2d", title="Conv2d", group="Dense and convolution", icon="conv", version=2, tail="slide over image")
class Conv2d(Filters):
    """Slides filters over an image and weighs the pixels under them.

    Shapes: x (height, width, channels) -> (height', width', filters).
    Parameters: weight (kernel height, kernel width, channels / groups, filters), bias (filters,).
    height' = floor((height + padding - dilation·(kernel - 1) - 1) / stride) + 1, and likewise for the width.
    Groups split channels and filters into parts that do not see each other; as many groups as channels is a depthwise
    convolution.
    PyTorch and Keras start without padding ("valid"), this layer with "same". A border of "edge" or "wrap" is PyTorch's padding_mode
    "replicate" or "circular".
    Weights start as He normal and biases at zero. Biases are never decayed.
    """

    filters: int = filter_count("How many maps come out.")
    kernel: tuple[int, int] = size((3, 3), high=255, unit="px", help="Height and width of what a filter sees at once.")
    stride: tuple[int, int] = size((1, 1), high=255, unit="px", help="Rows and columns from one place of the filter to the next.")
    padding: str = choice("same", PADDING, help="How many zeros surround the image.")
    amount: tuple[int, int] = size(
        (1, 1),
        low=0,
        high=255,
        unit="px",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Zero rows above and below, zero columns left and right.",
    )
    border: str = border_of("same", "explicit")
    dilation: tuple[int, int] = size((1, 1), high=255, unit="px", help="Distance between the pixels that a filter reads.")
    groups: int = group_count()
    bias: bool = with_bias("Add a learned number to every map.")
    start: Initializer = weights_from()
    bias_start: Initializer = biases_from()

    preview = "maps"
    width = "filters"
    formula = "y[i, j, o] = b[o] + Σ x[i·s + u·d - p, j·s + v·d - p, c] · w[u, v, c, o]   (sum over u, v, c)"
    source = "LeCun et al.: Gradient-based learning applied to document recognition (1998), section II"
    examples = (
        ("plain", {"filters": 4}, ((5, 7, 3),)),
        ("even kernel, same", {"filters": 3, "kernel": (2, 4)}, ((5, 6, 2),)),
        ("valid, stride", {"filters": 2, "padding": "valid", "stride": (2, 3)}, ((9, 8, 3),)),
        ("same, stride", {"filters": 2, "stride": (3, 2)}, ((7, 8, 3),)),
        ("explicit", {"filters": 3, "padding": "explicit", "amount": (2, 0), "kernel": (3, 2)}, ((4, 5, 2),)),
        ("dilated", {"filters": 2, "dilation": (2, 3), "padding": "valid"}, ((6, 9, 3),)),
        ("groups", {"filters": 6, "groups": 3}, ((4, 5, 9),)),
        ("depthwise", {"filters": 5, "groups": 5, "stride": (2, 1)}, ((5, 4, 5),)),
        ("pointwise", {"filters": 7, "kernel": (1, 1), "bias": False}, ((3, 4, 5),)),
        ("one pixel", {"filters": 2}, ((1, 1, 3),)),
        ("stride beyond kernel", {"filters": 3, "kernel": (2, 2), "stride": (4, 3), "padding": "valid"}, ((9, 7, 2),)),
        ("row", {"filters": 3, "kernel": (1, 5)}, ((1, 11, 2),)),
        ("many channels", {"filters": 17}, ((3, 5, 18),)),
        ("mirrored border", {"filters": 2, "kernel": (3, 5), "border": "reflect"}, ((4, 3, 2),)),
        ("border of the other end", {"filters": 3, "kernel": (4, 2), "stride": (2, 1), "border": "wrap"}, ((5, 3, 2),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        top, left, bottom, right = padding = self._padding(x.shape)
        if self.border != "zeros" and any(padding):
            x, padding = self.bordered(g, x, (top, left, 0), (bottom, right, 0)), (0, 0, 0, 0)
        c, area = x.shape[2], self.kernel[0] * self.kernel[1]
        parts = self.trained(g, (*self.kernel, c // self.groups, self.filters), area, c)
        return g.op("conv2d", x, *parts, stride=self.stride, padding=padding, dilation=self.dilation, groups=self.groups)

    def _padding(self, shape: tuple[int, ...]) -> Padding:
        """The padding for this image. Raises ShapeError when it cannot be convolved."""
        if len(shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        self.check_groups(shape[2])
        extents = (shape[0], shape[1])
        padding = padding_for(self.padding, self.amount, extents, self.kernel, self.stride, self.dilation)
        if min(windows(extents, self.kernel, self.stride, padding, self.dilation)) < 1:
            need = (self.dilation[0] * (self.kernel[0] - 1) + 1, self.dilation[1] * (self.kernel[1] - 1) + 1)
            raise ShapeError(
                sentence("needs at least {shown} pixels, padding included.", shown=shown(need)), 'set padding "same"'
            )
        return padding

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return self.counted(area_of(self.kernel), inputs[0].shape[2])

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        plain = self.stride == (1, 1)
        size, stride = shown(self.kernel), shown(self.stride)
        return sentence(
            "{size} {padding}" if plain else "{size} {padding}, stride {stride}",
            size=size,
            padding=within(self.padding),
            stride=stride,
        )

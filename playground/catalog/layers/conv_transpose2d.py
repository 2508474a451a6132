"""Two-dimensional transposed convolution."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, size
from playground.core.filters import Filters, area_of, biases_from, filter_count, group_count, weights_from, with_bias
from playground.core.registry import register
from playground.core.spec import Initializer
from playground.core.tensor import TensorType, Value
from playground.core.window import CUT, cut_for, shown
from playground.errors import ShapeError
from playground.words import sentence


@register(
    "conv_transpose2d", title="ConvTranspose2d", group="Dense and convolution", icon="conv_transpose", tail="learned enlargement"
)
class ConvTranspose2d(Filters):
    """Lays a weighted filter down for every pixel and adds up what overlaps: it enlarges images.

    Shapes: x (height, width, channels) -> (height', width', filters).
    Parameters: weight (kernel height, kernel width, filters / groups, channels), bias (filters,).
    height' = (height - 1)·stride - padding + dilation·(kernel - 1) + 1 + output padding, and likewise for the width, where
    padding is the sum of both sides. "same" gives height·stride, as in Keras; PyTorch's padding is "explicit".
    The stride starts at 2, which doubles an image; in PyTorch and Keras it starts at 1.
    A kernel that the stride divides avoids checkerboard patterns. Weights start as He normal and biases at zero.
    Fans: what a start scales by is kernel·channels / groups numbers in, as one pixel of the output sees at stride 1, and
    kernel·filters numbers out, so that signals keep their spread on the way forward. PyTorch and Keras read the weight's axes:
    kernel·filters / groups in, kernel·channels out. Without groups, He by the fan out starts as theirs does by the fan in.
    """

    filters: int = filter_count("How many maps come out.")
    kernel: tuple[int, int] = size((4, 4), high=255, unit="px", help="Height and width of what one pixel is spread over.")
    stride: tuple[int, int] = size((2, 2), high=255, unit="px", help="Rows and columns from one filter's place to the next.")
    padding: str = choice("same", CUT, help="How much of the rim is cut off.")
    amount: tuple[int, int] = size(
        (1, 1),
        low=0,
        high=255,
        unit="px",
        label="Padding amount",
        when=("padding", "explicit"),
        help="Rows cut off above and below, columns left and right.",
    )
    output_padding: tuple[int, int] = size(
        (0, 0),
        low=0,
        high=254,
        unit="px",
        when=("padding", "explicit"),
        help="Rows added below and columns added to the right; fewer than the stride or the dilation.",
    )
    dilation: tuple[int, int] = size((1, 1), high=255, unit="px", help="Distance between the pixels that a filter writes.")
    groups: int = group_count()
    bias: bool = with_bias("Add a learned number to every map.")
    start: Initializer = weights_from()
    bias_start: Initializer = biases_from()

    preview = "maps"
    width = "filters"
    formula = (
        "y[i·s + u·d - p, j·s + v·d - p, o] = b[o] + Σ x[i, j, c] · w[u, v, o, c]   (sum over i, j, u, v, c that meet there)"
    )
    source = "Dumoulin and Visin: A guide to convolution arithmetic for deep learning (2016), section 4"
    examples = (
        ("plain", {"filters": 3}, ((3, 4, 2),)),
        ("odd kernel, same", {"filters": 3, "kernel": (3, 5)}, ((3, 2, 5),)),
        ("valid", {"filters": 2, "kernel": (3, 2), "padding": "valid", "stride": (2, 3)}, ((4, 3, 3),)),
        (
            "explicit",
            {"filters": 3, "kernel": (3, 4), "padding": "explicit", "amount": (1, 2), "output_padding": (1, 0)},
            ((4, 5, 2),),
        ),
        ("stride 1", {"filters": 4, "kernel": (3, 3), "stride": (1, 1)}, ((4, 5, 3),)),
        ("dilated", {"filters": 2, "kernel": (2, 3), "dilation": (2, 3), "stride": (2, 1), "padding": "valid"}, ((3, 4, 3),)),
        (
            "output padding below the dilation",
            {
                "filters": 2,
                "kernel": (2, 2),
                "dilation": (3, 3),
                "stride": (1, 2),
                "padding": "explicit",
                "amount": (1, 0),
                "output_padding": (2, 2),
            },
            ((3, 2, 3),),
        ),
        (
            "output padding beyond the padding",
            {
                "filters": 3,
                "kernel": (2, 2),
                "dilation": (3, 2),
                "stride": (1, 1),
                "padding": "explicit",
                "amount": (0, 0),
                "output_padding": (2, 1),
            },
            ((2, 3, 2),),
        ),
        ("groups", {"filters": 6, "groups": 3, "kernel": (3, 3)}, ((3, 2, 9),)),
        ("depthwise", {"filters": 5, "groups": 5, "kernel": (3, 2)}, ((3, 4, 5),)),
        ("stride beyond kernel", {"filters": 3, "kernel": (2, 1), "stride": (3, 2)}, ((2, 3, 4),)),
        ("pointwise", {"filters": 7, "kernel": (1, 1), "stride": (1, 1), "bias": False}, ((3, 2, 5),)),
        ("one pixel", {"filters": 3}, ((1, 1, 4),)),
        ("many channels", {"filters": 17, "kernel": (2, 2)}, ((3, 2, 18),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        c = x.shape[2]
        self.check_groups(c)
        padding, more = cut_for(self.padding, self.amount, self.output_padding, self.kernel, self.stride, self.dilation)
        if any(n >= max(s, d) for n, s, d in zip(more, self.stride, self.dilation, strict=True)):
            raise ShapeError(
                sentence("needs an output padding smaller than its stride or its dilation."), "set output_padding [0, 0]"
            )
        for axis in (0, 1):
            spread = (x.shape[axis] - 1) * self.stride[axis] + self.dilation[axis] * (self.kernel[axis] - 1) + 1
            if spread + more[axis] <= padding[axis] + padding[axis + 2]:
                raise ShapeError(sentence("needs less padding: it cuts off the whole image."), 'set padding "same"')
        parts = self.trained(g, (*self.kernel, self.filters // self.groups, c), self.kernel[0] * self.kernel[1], c, turned=True)
        return g.op(
            "conv_transpose2d", x, *parts,
            stride=self.stride, padding=padding, output_padding=more, dilation=self.dilation, groups=self.groups,
        )  # fmt: skip

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        return self.counted(area_of(self.kernel), inputs[0].shape[2])

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{shown} stride {shown2}", shown=shown(self.kernel), shown2=shown(self.stride))

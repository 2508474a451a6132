"""Enlargement of images without weights."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, flag, size
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.core.window import shown
from playground.errors import ShapeError
from playground.words import joined, sentence, within

MODES = {
    "nearest": "Every pixel is repeated.",
    "bilinear": "Weighted means of the four nearest pixels.",
    "bicubic": "Weighted sums of the sixteen nearest pixels, smoother and sharper; edges may overshoot.",
}


@register("upsample", title="Upsample", group="Pool and shape", icon="upsample", version=2, tail="enlarge an image")
class Upsample(Layer):
    """Enlarges images by whole factors.

    Shapes: x (height, width, channels) -> (height·rows, width·columns, channels).
    Centres keep their places, as in PyTorch with align_corners=False, unless corners are to. It has no weights; followed by a
    convolution it enlarges without the checkerboard patterns of a transposed one.
    """

    scale: tuple[int, int] = size((2, 2), high=64, help="How many rows and columns come from each.")
    mode: str = choice("nearest", MODES, help="What the new pixels are.")

    align_corners: bool = flag(
        False,
        advanced=True,
        when=("mode", ("bilinear", "bicubic")),
        help="The corner pixels of both images lie on each other, and all others evenly between them; else their rims do.",
    )

    preview = "maps"
    formula = "nearest: y[i, j, c] = x[⌊i/s⌋, ⌊j/s⌋, c]; else: x read at (i + ½)/s - ½, (j + ½)/s - ½; corners aligned: at i·(h - 1)/(h·s - 1), ..."
    source = (
        "Odena, Dumoulin and Olah: Deconvolution and checkerboard artifacts (2016); bicubic: Keys (1981), equation 4, with a = -0.75; "
        "PyTorch: torch.nn.Upsample"
    )
    examples = (
        ("nearest", {}, ((3, 4, 5),)),
        ("bilinear", {"mode": "bilinear"}, ((3, 4, 5),)),
        ("nearest, uneven", {"scale": (3, 1)}, ((2, 3, 2),)),
        ("bilinear, uneven", {"scale": (1, 3), "mode": "bilinear"}, ((4, 3, 2),)),
        ("bilinear, large", {"scale": (5, 4), "mode": "bilinear"}, ((2, 3, 1),)),
        ("one pixel", {"mode": "bilinear"}, ((1, 1, 3),)),
        ("same size", {"scale": (1, 1), "mode": "bilinear"}, ((3, 2, 3),)),
        ("many channels", {"mode": "bilinear"}, ((2, 3, 19),)),
        ("many channels, nearest", {}, ((2, 1, 33),)),
        ("bicubic", {"mode": "bicubic"}, ((3, 4, 5),)),
        ("bicubic, uneven", {"scale": (1, 3), "mode": "bicubic"}, ((5, 3, 2),)),
        ("bicubic, one pixel", {"mode": "bicubic", "align_corners": True}, ((1, 1, 3),)),
        ("bicubic, corners", {"scale": (3, 2), "mode": "bicubic", "align_corners": True}, ((4, 5, 17),)),
        ("bilinear, corners", {"scale": (3, 2), "mode": "bilinear", "align_corners": True}, ((3, 4, 2),)),
        ("bilinear, corners, one row", {"scale": (1, 5), "mode": "bilinear", "align_corners": True}, ((1, 2, 19),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        more = {"align_corners": True} if self.align_corners and self.mode != "nearest" else {}
        return g.op("upsample", x, scale=self.scale, mode=self.mode, **more)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return joined((within(self.mode), shown(self.scale)), " ")

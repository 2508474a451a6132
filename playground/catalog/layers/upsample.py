"""Enlargement of images without weights."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, size
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.core.window import shown
from playground.errors import ShapeError
from playground.words import joined, sentence, within

MODES = {
    "nearest": "Every pixel is repeated.",
    "bilinear": "Weighted means of the four nearest pixels; centres keep their places (align_corners=False in PyTorch).",
}


@register("upsample", title="Upsample", group="Pool and shape", icon="upsample", tail="enlarge an image")
class Upsample(Layer):
    """Enlarges images by whole factors.

    Shapes: x (height, width, channels) -> (height·rows, width·columns, channels).
    It has no weights; followed by a convolution it enlarges without the checkerboard patterns of a transposed one.
    """

    scale: tuple[int, int] = size((2, 2), high=64, help="How many rows and columns come from each.")
    mode: str = choice("nearest", MODES, help="What the new pixels are.")

    preview = "maps"
    formula = "nearest: y[i, j, c] = x[⌊i/s⌋, ⌊j/s⌋, c]; bilinear: x read at (i + ½)/s - ½, (j + ½)/s - ½"
    source = "Odena, Dumoulin and Olah: Deconvolution and checkerboard artifacts (2016); PyTorch: torch.nn.Upsample"
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
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        return g.op("upsample", x, scale=self.scale, mode=self.mode)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return joined((within(self.mode), shown(self.scale)), " ")

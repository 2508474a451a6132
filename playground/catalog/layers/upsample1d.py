"""Lengthening of sequences without weights."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, flag, whole
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import joined, sentence, within

MODES = {
    "nearest": "Every step is repeated.",
    "linear": "Weighted means of the two nearest steps.",
}


@register("upsample1d", title="Upsample1d", group="Pool and shape", icon="upsample1d", version=2, tail="lengthen a sequence")
class Upsample1d(Layer):
    """Lengthens sequences by a whole factor.

    Shapes: x (time, channels) -> (time·scale, channels).
    Centres keep their places, as in PyTorch with align_corners=False, unless the ends are to. It has no weights. Each step of a
    masked sequence becomes as many, present or absent as it was; absent steps count for nothing, so the steps that are there give
    what they would give alone.
    """

    scale: int = whole(2, low=1, high=4096, help="How many steps come from each.")
    mode: str = choice("nearest", MODES, help="What the new steps are.")

    align_corners: bool = flag(
        False,
        advanced=True,
        when=("mode", "linear"),
        help="The first and the last steps of both sequences lie on each other, and all others evenly between them.",
    )

    formula = "nearest: y[t, c] = x[⌊t/s⌋, c]; linear: x read at (t + ½)/s - ½; corners aligned: at t·(n - 1)/(n·s - 1)"
    source = "PyTorch: torch.nn.Upsample; Keras: UpSampling1D for nearest"
    examples = (
        ("nearest", {}, ((5, 3),)),
        ("linear", {"mode": "linear"}, ((5, 3),)),
        ("nearest, threefold", {"scale": 3}, ((4, 2),)),
        ("linear, threefold", {"scale": 3, "mode": "linear"}, ((4, 2),)),
        ("linear, large", {"scale": 7, "mode": "linear"}, ((2, 1),)),
        ("one step", {"mode": "linear"}, ((1, 4),)),
        ("same length", {"scale": 1, "mode": "linear"}, ((6, 2),)),
        ("many channels", {"mode": "linear"}, ((3, 19),)),
        ("many channels, nearest", {}, ((2, 33),)),
        ("corners", {"scale": 3, "mode": "linear", "align_corners": True}, ((5, 3),)),
        ("corners, one step", {"mode": "linear", "align_corners": True}, ((1, 17),)),
        ("corners, nearest", {"align_corners": True}, ((3, 2),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) != 2:
            raise ShapeError(sentence("needs a sequence: time×channels."), "sequence")
        if self.align_corners and self.mode == "linear":
            return self._between_ends(g, x)
        masks = [] if x.mask is None else [x.mask]
        y = g.op("upsample1d", x, *masks, scale=self.scale, mode=self.mode)
        if x.mask is None:
            return y
        steps = x.shape[0]
        marks = g.op("upsample1d", g.op("reshape", x.mask, shape=(steps, 1)), scale=self.scale, mode="nearest")
        return g.masked(y, g.op("reshape", marks, shape=(steps * self.scale,)))

    def _between_ends(self, g: Builder, x: Value) -> Value:
        """x as an image of one column. Raises ShapeError for masked steps, of which the last is no end."""
        if x.mask is not None:
            raise ShapeError(sentence("needs a sequence without padding to align its ends."), "set align_corners false")
        steps, channels = x.shape
        image = g.op("reshape", x, shape=(steps, 1, channels))
        y = g.op("upsample", image, scale=(self.scale, 1), mode="bilinear", align_corners=True)
        return g.op("reshape", y, shape=(steps * self.scale, channels))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return joined((within(self.mode), f"×{self.scale}"), " ")

"""Dropout of whole channels."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import real
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register(
    "spatial_dropout", title="SpatialDropout", group="Normalise, regularise", icon="spatial_drop", tail="hide whole channels"
)
class SpatialDropout(Layer):
    """Hides a random share of the channels of every sample in every training step.

    Shapes: x (..., channels) -> the same, for sequences and images. Neighbouring pixels tell much the same, so hiding single numbers
    hides little; this hides a map as a whole. What stays is divided by 1 - rate; in evaluation nothing is hidden.
    """

    rate: float = real(0.25, low=0.0, high=0.95, live=True, label="Dropout", help="Share of the channels that is hidden.")

    passes = "in evaluation"
    formula = "y[..., c] = x[..., c]·m[c] / (1 - rate), m = 0 with probability rate, else 1"
    source = "Tompson et al.: Efficient object localization using convolutional networks (2015), section 3.2"
    examples = (
        ("image", {}, ((3, 2, 5),)),
        ("sequence", {"rate": 0.4}, ((4, 19),)),
        ("off", {"rate": 0.0}, ((2, 3, 1),)),
        ("most", {"rate": 0.95}, ((1, 7),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) < 2:
            raise ShapeError(sentence("needs channels with several numbers each: a sequence or an image."), "image")
        return g.op("spatial_dropout", x, rate=g.knob("rate"))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("hides {value} %", value=f"{100 * self.rate:.3g}")

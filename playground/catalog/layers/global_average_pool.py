"""Global average pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("global_average_pool", title="GlobalAveragePool", group="Pool and shape", icon="pool_global", tail="mean of a map")
class GlobalAveragePool(Layer):
    """Averages every channel over all its positions.

    Shapes: x (height, width, channels) or (time, channels) -> (channels,).
    It makes a classifier independent of the image's size and needs no weights.
    Absent steps of a masked sequence do not count; without any step the result is 0.
    """

    preview = "bars"
    formula = "y[c] = mean over i, j of x[i, j, c]"
    source = "Lin, Chen and Yan: Network in network (2014), section 3.2"
    examples = (
        ("image", {}, ((3, 5, 7),)),
        ("sequence", {}, ((6, 4),)),
        ("one pixel", {}, ((1, 1, 3),)),
        ("one step", {}, ((1, 5),)),
        ("many channels", {}, ((2, 3, 21),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if len(x.shape) not in (2, 3):
            raise ShapeError(sentence("needs an image or a sequence: height×width×channels or time×channels."))
        return g.op("global_average_pool", x, *([] if x.mask is None else [x.mask]))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("mean of {count}", count=inputs[0].count // inputs[0].shape[-1])

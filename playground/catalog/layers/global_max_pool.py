"""Global max pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register("global_max_pool", title="GlobalMaxPool", group="Pool and shape", icon="pool_global_max", tail="largest of a map")
class GlobalMaxPool(Layer):
    """Keeps the largest number of every channel, wherever it lies.

    Shapes: x (height, width, channels) or (time, channels) -> (channels,).
    The gradient goes to the first largest position. Absent steps of a masked sequence never win; without any step the result is 0.
    """

    preview = "bars"
    formula = "y[c] = max over i, j of x[i, j, c]"
    source = "Collobert et al.: Natural language processing (almost) from scratch (2011), section 3.2.2"
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
        return g.op("global_max_pool", x, *([] if x.mask is None else [x.mask]))

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("max of {count}", count=inputs[0].count // inputs[0].shape[-1])

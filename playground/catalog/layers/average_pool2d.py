"""Two-dimensional average pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.pools import IMAGE_EXAMPLES, ImagePool, counted_field, uncounted
from playground.core.registry import register
from playground.core.tensor import TensorType, Value
from playground.core.window import shown
from playground.words import sentence


@register("average_pool2d", title="AveragePool2d", group="Pool and shape", icon="pool_average", version=2, tail="mean of k")
class AveragePool2d(ImagePool):
    """Averages every window.

    Shapes: x (height, width, channels) -> (height', width', channels).
    height' = floor((height + padding - kernel) / stride) + 1, and likewise for the width.
    Padding of a chosen amount counts as zeros unless switched off, as in PyTorch, which darkens a rim; that of "same" never does.
    """

    counted: bool = counted_field()

    migrations = {1: uncounted}
    preview = "maps"
    formula = "y[i, j, c] = mean over u, v inside the image and its counted padding of x[i·s + u - p, j·s + v - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = (
        *IMAGE_EXAMPLES,
        ("padding left out", {"kernel": (3, 4), "stride": (2, 3), "padding": "explicit", "counted": False}, ((5, 6, 3),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.pooled(g, "average_pool2d", *inputs, counted=self.counted and self.padding == "explicit")

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{shown} mean", shown=shown(self.kernel))

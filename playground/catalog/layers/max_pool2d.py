"""Two-dimensional max pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import size
from playground.core.pools import DILATED_IMAGES, IMAGE_EXAMPLES, ImagePool
from playground.core.registry import register
from playground.core.tensor import TensorType, Value
from playground.core.window import shown
from playground.words import sentence


@register("max_pool2d", title="MaxPool2d", group="Pool and shape", icon="pool", version=3, tail="largest of k")
class MaxPool2d(ImagePool):
    """Keeps the largest number of every window.

    Shapes: x (height, width, channels) -> (height', width', channels).
    height' = floor((height + padding - dilation·(kernel - 1) - 1) / stride) + 1, and likewise for the width. Padding never wins.
    The gradient goes to the first largest pixel of each window.
    """

    dilation: tuple[int, int] = size(
        (1, 1), high=255, unit="px", advanced=True, help="Distance between the pixels that a window sees."
    )

    preview = "maps"
    formula = "y[i, j, c] = max over u, v of x[i·s + u·d - p, j·s + v·d - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = (*IMAGE_EXAMPLES, *DILATED_IMAGES)

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.pooled(g, "max_pool2d", *inputs, dilation=self.dilation)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{shown} max", shown=shown(self.kernel))

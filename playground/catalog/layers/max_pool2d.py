"""Two-dimensional max pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.pools import IMAGE_EXAMPLES, ImagePool
from playground.core.registry import register
from playground.core.tensor import TensorType, Value
from playground.core.window import shown
from playground.words import sentence


@register("max_pool2d", title="MaxPool2d", group="Pool and shape", icon="pool", version=2, tail="largest of k")
class MaxPool2d(ImagePool):
    """Keeps the largest number of every window.

    Shapes: x (height, width, channels) -> (height', width', channels).
    height' = floor((height + padding - kernel) / stride) + 1, and likewise for the width. Padding never wins.
    The gradient goes to the first largest pixel of each window.
    """

    preview = "maps"
    formula = "y[i, j, c] = max over u, v of x[i·s + u - p, j·s + v - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = IMAGE_EXAMPLES

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.pooled(g, "max_pool2d", *inputs)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{shown} max", shown=shown(self.kernel))

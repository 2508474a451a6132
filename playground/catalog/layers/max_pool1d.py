"""One-dimensional max pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import whole
from playground.core.pools import DILATED_STEPS, STEP_EXAMPLES, StepPool
from playground.core.registry import register
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register("max_pool1d", title="MaxPool1d", group="Pool and shape", icon="pool_max1d", version=3, tail="largest of k steps")
class MaxPool1d(StepPool):
    """Keeps the largest number of every window of steps.

    Shapes: x (time, channels) -> (time', channels).
    time' = floor((time + padding - dilation·(kernel - 1) - 1) / stride) + 1. Padding never wins.
    Absent steps of a masked sequence never win either; a window that sees none that is there is absent.
    The gradient goes to the first largest step of each window.
    """

    dilation: int = whole(1, low=1, high=4096, unit="steps", advanced=True, help="Distance between the steps that a window sees.")

    formula = "y[t, c] = max over u of x[t·s + u·d - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = (*STEP_EXAMPLES, *DILATED_STEPS)

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.pooled(g, "max_pool1d", *inputs, dilation=self.dilation)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{kernel} max", kernel=self.kernel)

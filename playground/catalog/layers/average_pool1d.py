"""One-dimensional average pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.pools import STEP_EXAMPLES, StepPool
from playground.core.registry import register
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register("average_pool1d", title="AveragePool1d", group="Pool and shape", icon="pool_average1d", tail="mean of k steps")
class AveragePool1d(StepPool):
    """Averages every window of steps.

    Shapes: x (time, channels) -> (time', channels).
    time' = floor((time + padding - kernel) / stride) + 1.
    Padding is not counted, as in Keras; PyTorch counts it unless told otherwise (count_include_pad).
    Absent steps of a masked sequence are not counted either; a window that sees none that is there is absent.
    """

    formula = "y[t, c] = mean over u inside the sequence of x[t·s + u - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = STEP_EXAMPLES

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.pooled(g, "average_pool1d", *inputs)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{kernel} mean", kernel=self.kernel)

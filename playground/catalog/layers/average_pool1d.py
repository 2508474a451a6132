"""One-dimensional average pooling."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.pools import STEP_EXAMPLES, StepPool, counted_field, uncounted
from playground.core.registry import register
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register(
    "average_pool1d", title="AveragePool1d", group="Pool and shape", icon="pool_average1d", version=2, tail="mean of k steps"
)
class AveragePool1d(StepPool):
    """Averages every window of steps.

    Shapes: x (time, channels) -> (time', channels).
    time' = floor((time + padding - kernel) / stride) + 1.
    Padding of a chosen amount counts as zeros unless switched off, as in PyTorch; that of "same" never does, as in Keras.
    Absent steps of a masked sequence are not counted, nor is padding then; a window that sees none that is there is absent.
    """

    counted: bool = counted_field()

    migrations = {1: uncounted}
    formula = "y[t, c] = mean over u inside the sequence and its counted padding of x[t·s + u - p, c]"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 9.3"
    examples = (
        *STEP_EXAMPLES,
        ("padding left out", {"kernel": 4, "stride": 3, "padding": "explicit", "amount": 2, "counted": False}, ((7, 2),)),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        return self.pooled(g, "average_pool1d", *inputs, counted=self.counted and self.padding == "explicit")

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{kernel} mean", kernel=self.kernel)

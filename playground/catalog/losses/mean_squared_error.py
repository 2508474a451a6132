"""Mean squared error."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.losses import ValueLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register("mean_squared_error", title="Mean squared error", group="Loss", icon="loss_squared", version=2, tail="squares")
class MeanSquaredError(ValueLoss):
    """Mean of the squared differences between prediction and target.

    Shapes: prediction (any), target (the same), weights () or (steps,) -> scalar, the mean over the batch and the outputs.
    A miss counts by its square, so far-off values weigh most; the best constant answer is the mean.
    """

    formula = "L = mean of (p - t)²"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 5.1.4"
    examples = (
        ("one value", {}, ((1,), (1,))),
        ("three values", {}, ((3,), (3,))),
        ("image", {}, ((3, 2, 5), (3, 2, 5))),
        ("output weights", {"output_weights": (0.5, 3.0, 1.0)}, ((3,), (3,))),
        ("weights of channels", {"output_weights": (0.5, 3.0)}, ((3, 5, 2), (3, 5, 2))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        return self.compared(g, "mean_squared_error", prediction, target, weights)

"""Mean absolute error."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.losses import ValueLoss
from playground.core.registry import register
from playground.core.tensor import Value


@register(
    "mean_absolute_error", title="Mean absolute error", group="Loss", icon="loss_absolute", version=2, tail="absolute values"
)
class MeanAbsoluteError(ValueLoss):
    """Mean of the absolute differences between prediction and target.

    Shapes: prediction (any), target (the same), weights () or (steps,) -> scalar, the mean over the batch and the outputs.
    A miss counts by its size, so far-off values weigh less than squared; the best constant answer is the median.
    """

    formula = "L = mean of |p - t|"
    source = "Hastie, Tibshirani and Friedman: The Elements of Statistical Learning (2009), section 10.6"
    examples = (
        ("one value", {}, ((1,), (1,))),
        ("three values", {}, ((3,), (3,))),
        ("image", {}, ((3, 2, 5), (3, 2, 5))),
        ("output weights", {"output_weights": (0.5, 3.0, 1.0)}, ((3,), (3,))),
        ("weights of channels", {"output_weights": (0.5, 3.0)}, ((3, 5, 2), (3, 5, 2))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        return self.compared(g, "mean_absolute_error", prediction, target, weights)

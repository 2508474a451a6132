"""Mean squared error."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError


@register("mean_squared_error", title="Mean squared error", group="Loss", icon="loss", tail="squares")
class MeanSquaredError(Loss):
    """Mean of the squared differences between prediction and target.

    Shapes: prediction (any), target (the same) -> scalar, the mean over the batch and the outputs.
    A miss counts by its square, so far-off values weigh most; the best constant answer is the mean.
    """

    formula = "L = mean of (p - t)²"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 5.1.4"
    examples = (("one value", {}, ((1,), (1,))), ("three values", {}, ((3,), (3,))), ("image", {}, ((3, 2, 5), (3, 2, 5))))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        if prediction.shape != target.shape:
            raise ShapeError("needs one number for each value of the target.")
        return g.op("mean_squared_error", prediction, target)

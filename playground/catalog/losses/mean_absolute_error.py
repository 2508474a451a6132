"""Mean absolute error."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.registry import register
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError


@register("mean_absolute_error", title="Mean absolute error", group="Loss", icon="loss", tail="absolute values")
class MeanAbsoluteError(Loss):
    """Mean of the absolute differences between prediction and target.

    Shapes: prediction (any), target (the same) -> scalar, the mean over the batch and the outputs.
    A miss counts by its size, so far-off values weigh less than squared; the best constant answer is the median.
    """

    formula = "L = mean of |p - t|"
    source = "Hastie, Tibshirani and Friedman: The Elements of Statistical Learning (2009), section 10.6"
    examples = (("one value", {}, ((1,), (1,))), ("three values", {}, ((3,), (3,))), ("image", {}, ((3, 2, 5), (3, 2, 5))))

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        if prediction.shape != target.shape:
            raise ShapeError("needs one number for each value of the target.")
        return g.op("mean_absolute_error", prediction, target)

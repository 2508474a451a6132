"""Kullback-Leibler divergence."""

from __future__ import annotations

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice
from playground.core.losses import softmax
from playground.core.registry import register
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence


@register("kl_divergence", title="KL divergence", group="Loss", icon="loss_divergence", tail="between distributions")
class KlDivergence(Loss):
    """How far the predicted distribution is from the target's, in nats; it is not the same both ways.

    Shapes: prediction (..., k), target (..., k) shares that sum to 1, weights () or (steps,) -> scalar, the mean over the batch (PyTorch's
    "batchmean"; its "mean" divides by k as well and is no divergence).
    Forward, KL(t ‖ p), is infinite where the target expects what the prediction rules out, so the prediction covers everything. Reverse,
    KL(p ‖ t), is large where the prediction expects what the target rules out, so it settles on a part. A target of 0 counts as 1e-12
    there. No gradient goes into the target, even where it is another layer's output.

    For the target (0.5, 0.5, 0):

    | prediction | KL(t ‖ p) | KL(p ‖ t) |
    |---|---|---|
    | (0.5, 0.49, 0.01) | 0.0101 | 0.2204 |
    | (0.98, 0.01, 0.01) | 1.6195 | 0.8506 |
    | (0.34, 0.33, 0.33) | 0.4006 | 8.4841 |
    """

    prediction: str = choice(
        "logits",
        {
            "logits": "Any numbers; the softmax is applied here, exactly for numbers of any size.",
            "log_probabilities": "Logarithms of probabilities, as LogSoftmax gives them.",
        },
        help="What the network gives.",
    )
    direction: str = choice(
        "forward",
        {
            "forward": "KL(target ‖ prediction): covers all that the target expects.",
            "reverse": "KL(prediction ‖ target): settles on a part of it.",
        },
        help="From which of the two distributions the other is looked at.",
    )

    target = "distribution"
    formula = "forward: L = mean of Σ t[j]·ln(t[j] / p[j]);  reverse: L = mean of Σ p[j]·ln(p[j] / t[j])"
    source = "Kullback and Leibler: On information and sufficiency (1951); Goodfellow, Bengio and Courville: Deep Learning (2016), section 3.13, figure 3.6"
    examples = (
        ("forward", {}, ((5,), (5,))),
        ("reverse", {"direction": "reverse"}, ((5,), (5,))),
        ("log probabilities", {"prediction": "log_probabilities"}, ((3,), (3,))),
        ("many", {}, ((37,), (37,))),
        ("steps in reverse", {"direction": "reverse"}, ((4, 17), (4, 17))),
    )

    @property
    def expects(self) -> str:  # type: ignore[override]
        return self.prediction

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        if not prediction.shape or prediction.shape != target.shape:
            raise ShapeError(sentence("needs one number for each share of the target."))
        said = {"logits": self.prediction == "logits", "reverse": self.direction == "reverse"}
        if weights is None:
            return g.op("kl_divergence", prediction, target, **said)
        return g.op("kl_divergence", prediction, target, weights, weighted=True, **said)

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        return softmax(prediction) if self.prediction == "logits" else np.asarray(np.exp(np.minimum(prediction, 0.0)))

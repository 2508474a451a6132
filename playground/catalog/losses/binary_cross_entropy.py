"""Binary cross-entropy on logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import real, reals
from playground.core.registry import register
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence


@register("binary_cross_entropy", title="Binary cross-entropy", group="Loss", icon="loss_binary", version=2, tail="yes or no")
class BinaryCrossEntropy(Loss):
    """Surprise at the true answer, for answers of yes or no.

    Shapes: prediction (..., outputs) logits, target (..., outputs) of 0 or 1, weights () or (steps,) -> scalar, the mean over the batch and
    the outputs.
    Two classes need one output: its probability is that of the second class. Several outputs answer several questions at once.
    It applies the sigmoid itself, in a form that stays exact for logits of any size. Guessing evenly costs ln 2.
    The weights of the positive answers are not divided out again, as in PyTorch; those of samples are divided by their sum.
    """

    positive_weights: tuple[float, ...] = reals(
        low=0.0,
        high=1e6,
        most=1000,
        off="all 1",
        help="What the true answer yes counts, for each output or one number for all; above 1 it finds more of them (pos_weight).",
    )
    smoothing: float = real(
        0.0, low=0.0, high=1.0, live=True, advanced=True, label="Label smoothing",
        help="Draws the target towards one half, so that no answer is wanted surer than that.",
    )  # fmt: skip

    expects = "logits"
    target = "binary"
    formula = "L = mean of ( w·t·ln(1 + exp(-z)) + (1 - t)·ln(1 + exp(z)) )   (t = target·(1 - s) + s/2)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.2.2.2"
    examples = (
        ("one answer", {}, ((1,), (1,))),
        ("three answers", {}, ((3,), (3,))),
        ("rare answers", {"positive_weights": (0.5, 3.0, 1.0)}, ((3,), (3,))),
        ("one weight for all", {"positive_weights": (4.0,)}, ((5,), (5,))),
        ("smoothed", {"smoothing": 0.2, "positive_weights": (2.0,)}, ((2,), (2,))),
        ("steps", {"positive_weights": (2.0, 1.0)}, ((3, 2), (3, 2))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        if prediction.shape != target.shape:
            raise ShapeError(sentence("needs one number for each answer."))
        inputs, said = [prediction, target], dict[str, Any](smoothing=g.knob("smoothing"))
        if weights is not None:
            inputs.append(weights)
            said["weighted"] = True
        if self.positive_weights:
            outputs = prediction.shape[-1]
            if len(self.positive_weights) not in (1, outputs):
                text = sentence(
                    "has {positive_weights_count} positive weights and needs {outputs}, one for each answer.",
                    positive_weights_count=len(self.positive_weights),
                    outputs=outputs,
                )
                raise ShapeError(text, "set positive_weights []")
            inputs.append(g.constant("positive_weights", np.broadcast_to(self.positive_weights, (outputs,))))
            said["by_column"] = True
        return g.op("binary_cross_entropy_logits", *inputs, **said)

    def encode(self, target: np.ndarray) -> np.ndarray:
        """Class indices 0 and 1 become one column of 0 and 1. Shapes: (n,) -> (n, 1); (n, k) stays."""
        numbers = np.asarray(target, np.float32)
        return numbers[:, None] if numbers.ndim == 1 else numbers

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        e = np.exp(-np.abs(prediction))
        return np.asarray(np.where(prediction >= 0, 1.0, e) / (1.0 + e))

"""Multi-class hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice, real
from playground.core.losses import ClassLoss, softmax
from playground.core.registry import register
from playground.core.tensor import Value


@register("multi_class_hinge", title="Multi-class hinge", group="Loss", icon="loss_hinge_multi", tail="many classes by a margin")
class MultiClassHinge(ClassLoss):
    """Asks that the true class leads every other by a margin, and for nothing more.

    Shapes: prediction (classes,) or (steps, classes), target () or (steps,) class index, weights as the target -> scalar, the mean over
    the batch and the classes.
    The weights of classes multiply and are not divided out again, as in PyTorch's MultiMarginLoss; those of samples are divided by their
    sum. What is shown as shares is the softmax of the prediction; it is no probability.
    """

    power: str = choice(
        "1", {"1": "The lack of margin counts as it is.", "2": "It counts squared."}, help="How a lack of margin counts (p)."
    )
    margin: float = real(1.0, low=0.0, high=1e4, live=True, help="By how much the true class is to lead.")

    expects = "margin"
    formula = "L = mean of w[t]/k · Σ max(0, m - f[t] + f[j])^p   (sum over the other classes j of k)"
    source = "Weston and Watkins: Support vector machines for multi-class pattern recognition (1999); PyTorch: torch.nn.MultiMarginLoss"
    examples = (
        ("three classes", {}, ((3,), ())),
        ("squared", {"power": "2"}, ((17,), ())),
        ("wide", {"margin": 2.5, "power": "2", "class_weights": (0.5, 2.0)}, ((2,), ())),
        ("steps", {"class_weights": (0.5, 2.0, 1.0), "ignore": 2}, ((4, 3), (4,))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        self.check(prediction, target)
        rows = self.counted(g, prediction, target, weights, by_class=False)
        inputs, said = [prediction, target], dict[str, Any](margin=g.knob("margin"), power=int(self.power))
        if rows is not None:
            inputs.append(rows)
            said["weighted"] = True
        if self.class_weights:
            inputs.append(self.table(g, prediction))
            said["table"] = True
        return g.op("multi_class_hinge", *inputs, **said)

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        return softmax(prediction)

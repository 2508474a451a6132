"""Softmax cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import real, reals
from playground.core.losses import ClassLoss, softmax
from playground.core.registry import register
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence


@register("cross_entropy", title="Cross-entropy", group="Loss", icon="loss", version=2, tail="one of many classes")
class CrossEntropy(ClassLoss):
    """Surprise at the true class, for one class out of many.

    Shapes: prediction (classes,) logits, target () class index -> scalar, the mean over the batch; for sequences (steps, classes),
    (steps,), the mean over the steps that are there.
    It applies the softmax itself, by the log-sum-exp form, which stays exact for logits of any size.
    Guessing evenly costs ln(classes). The mean divides by the sum of what the samples count, class weights included, as in PyTorch.
    Smoothing moves a share s of the target from the true class to a distribution u over all classes, which is even unless you give one;
    class weights then count for each class of u, as in PyTorch. A target of -100 is ignored in sequences.
    """

    smoothing: float = real(
        0.0, low=0.0, high=1.0, live=True, advanced=True, label="Label smoothing",
        help="Share of the target that is spread over all classes, so that no answer is wanted quite sure.",
    )  # fmt: skip
    distribution: tuple[float, ...] = reals(
        low=0.0,
        high=1e6,
        most=1000,
        off="even",
        advanced=True,
        label="Smoothing distribution",
        help="How smoothing spreads over the classes, one number for each; they are divided by their sum.",
    )

    expects = "logits"
    formula = "L = mean of ( (1 - s)·w[t]·(-ln p[t]) + s·Σ u[j]·w[j]·(-ln p[j]) )   (p = softmax of z)"
    source = "Goodfellow, Bengio and Courville: Deep Learning (2016), section 6.2.2.3; smoothing: Szegedy et al., arXiv:1512.00567 (2016), section 7"
    examples = (
        ("ten classes", {}, ((10,), ())),
        ("two classes", {}, ((2,), ())),
        ("odd", {}, ((7,), ())),
        ("many classes", {}, ((37,), ())),
        ("class weights", {"class_weights": (0.5, 2.0, 1.0)}, ((3,), ())),
        ("ignored class", {"ignore": 1}, ((3,), ())),
        ("smoothed", {"smoothing": 0.1}, ((17,), ())),
        ("smoothed by class", {"smoothing": 0.3, "distribution": (1.0, 2.0, 5.0), "class_weights": (0.5, 2.0, 1.0)}, ((3,), ())),
        ("steps", {}, ((4, 3), (4,))),
        ("steps by class", {"class_weights": (0.5, 2.0, 1.0), "smoothing": 0.2, "ignore": 0}, ((4, 3), (4,))),
    )

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        self.check(prediction, target)
        rows = self.counted(g, prediction, target, weights)
        said: dict[str, Any] = {"smoothing": g.knob("smoothing")}
        inputs = [prediction, target]
        if rows is not None:
            inputs.append(rows)
            said["weighted"] = True
        spread = self._spread(prediction.shape[-1])
        if spread is not None:
            inputs.append(g.constant("distribution", spread))
            said["spread"] = True
        if self.class_weights:
            plain = self.counted(g, prediction, target, weights, by_class=False)
            inputs += [] if plain is None else [plain]
            said["plain"] = True
        return g.op("softmax_cross_entropy", *inputs, **said)

    def _spread(self, classes: int) -> np.ndarray | None:
        """What smoothing multiplies each class's surprise by; None where that is even."""
        if not self.distribution and not self.class_weights:
            return None
        u = np.array(self.distribution or (1.0,) * classes)
        if len(u) != classes or not u.sum():
            text = sentence(
                "needs a smoothing distribution of {classes} numbers, not all 0; it has {u_count}.",
                classes=classes,
                u_count=len(u),
            )
            raise ShapeError(text, "set distribution []")
        return np.asarray(u / u.sum() * (np.array(self.class_weights) if self.class_weights else 1.0))

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        return softmax(prediction)

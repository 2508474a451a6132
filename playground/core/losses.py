"""What several losses share: classes that weigh differently, outputs that weigh differently, answers of yes or no by their sign."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import reals, whole
from playground.core.samples import NO_CLASS
from playground.core.spec import Loss
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassLoss(Loss):
    """A loss whose target is one class out of many, for a sample or for each of its steps."""

    class_weights: tuple[float, ...] = reals(
        low=0.0, high=1e6, most=1000, off="all alike", help="What the samples of each class count, in the order of the classes."
    )
    ignore: int = whole(
        NO_CLASS,
        low=NO_CLASS,
        high=100_000,
        off="none",
        label="Ignored class",
        advanced=True,
        help="Number of a class, counted from 0, whose samples or steps count for nothing.",
    )

    target: ClassVar[str] = "class"

    def check(self, prediction: Value, target: Value) -> None:
        """Raises ShapeError unless there is a number for each class and a class index."""
        if not prediction.shape or prediction.shape[:-1] != target.shape:
            raise ShapeError(sentence("needs one number for each class."))

    def counted(
        self, g: Builder, prediction: Value, target: Value, weights: Value | None, *, by_class: bool = True
    ) -> Value | None:
        """What each row counts: 0 where it is ignored, times its own weight, times that of its class; None where all count 1.

        Shapes: target () or (steps,); weights () or (steps,) -> as the target.
        """
        table = self.class_weights if by_class else ()
        if not table and self.ignore == NO_CLASS and not target.shape:
            return weights
        inputs = [target]
        if table:
            inputs.append(self.table(g, prediction))
        if weights is not None:
            inputs.append(weights)
        said = {"classes": prediction.shape[-1], "ignore": self.ignore, "table": bool(table), "weighted": weights is not None}
        return g.op("class_weights", *inputs, **said)

    def table(self, g: Builder, prediction: Value) -> Value:
        """The weights of the classes as a constant. Raises ShapeError when they are not one for each, or all 0."""
        if len(self.class_weights) != prediction.shape[-1]:
            text = sentence(
                "has {class_weights_count} class weights and needs {shape}, one for each class.",
                class_weights_count=len(self.class_weights),
                shape=prediction.shape[-1],
            )
            raise ShapeError(text, "set class_weights []")
        if not any(self.class_weights):
            raise ShapeError(sentence("needs a class weight above 0; all are 0."), "set class_weights []")
        return g.constant("class_weights", np.array(self.class_weights))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ValueLoss(Loss):
    """A loss that compares number with number."""

    output_weights: tuple[float, ...] = reals(
        low=0.0,
        high=1e6,
        most=1000,
        off="all alike",
        help="What each output counts, by the last axis. The mean divides by their sum, as PyTorch's mse_loss does with weights.",
    )

    def compared(self, g: Builder, op: str, prediction: Value, target: Value, weights: Value | None, **attributes: Any) -> Value:
        """The op on prediction and target. Raises ShapeError when the two or the weights do not fit."""
        if prediction.shape != target.shape:
            raise ShapeError(sentence("needs one number for each value of the target."))
        inputs = [prediction, target]
        if weights is not None:
            inputs.append(weights)
            attributes["weighted"] = True
        if self.output_weights:
            outputs, total = prediction.shape[-1] if prediction.shape else 1, sum(self.output_weights)
            if len(self.output_weights) != outputs or not prediction.shape:
                text = sentence(
                    "has {output_weights_count} output weights and needs {outputs}, one for each output.",
                    output_weights_count=len(self.output_weights),
                    outputs=outputs,
                )
                raise ShapeError(text, "set output_weights []")
            if not total:
                raise ShapeError(sentence("needs an output weight above 0; all are 0."), "set output_weights []")
            inputs.append(g.constant("output_weights", np.array(self.output_weights) * (outputs / total)))
            attributes["by_column"] = True
        return g.op(op, *inputs, **attributes)


class SignLoss(Loss):
    """A loss whose prediction says yes by its sign and how surely by its size; the target is y = 1 for yes, -1 for no."""

    expects: ClassVar[str] = "margin"
    target: ClassVar[str] = "binary"
    probable: ClassVar[bool] = False

    def compared(self, g: Builder, op: str, prediction: Value, target: Value, weights: Value | None) -> Value:
        """The op on prediction and target. Raises ShapeError when the two do not fit."""
        if prediction.shape != target.shape:
            raise ShapeError(sentence("needs one number for each answer."))
        if weights is None:
            return g.op(op, prediction, target)
        return g.op(op, prediction, target, weights, weighted=True)

    def encode(self, target: np.ndarray) -> np.ndarray:
        """Class indices 0 and 1, or columns of 0 and 1, become -1 and 1. Shapes: (n,) -> (n, 1); (n, ...) stays."""
        numbers = np.asarray(target)
        signs = np.where(numbers > 0, 1, -1).astype(np.float32)
        return signs[:, None] if numbers.ndim == 1 else signs

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        """Where the prediction lies between a sure no (-1) and a sure yes (1), as 0 to 1. It is no probability."""
        return np.asarray(np.clip((prediction + 1.0) / 2.0, 0.0, 1.0))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Shares along the last axis that sum to 1; no numbers where a logit is infinite. Shapes: (..., c) -> the same."""
    with np.errstate(invalid="ignore", over="ignore"):
        e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))

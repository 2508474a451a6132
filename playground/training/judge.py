"""Losses and metrics of a part of the data, in the data's own unit, for every loss of the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core import registry
from playground.core.losses import ClassLoss
from playground.core.samples import NO_CLASS
from playground.core.spec import Loss, Metric
from playground.data.prepare import Prepared, Split
from playground.data.scaling import Scaler
from playground.engine.tally import Evaluated
from playground.lowering.network import INPUTS, TARGETS, Head

Array = npt.NDArray[Any]


def kind_of_task(loss: Loss, task: str, y: Array | None = None) -> str:
    """What a metric must be for: "classification", "binary", "distribution" or "regression".

    task: of the data whose targets the loss reads, "" where its target comes by wire.  y: the targets, where they are known.
    """
    if loss.target == "distribution":
        return "distribution"
    if not task:
        return {"class": "classification", "binary": "binary"}.get(loss.target, "regression")
    if task == "regression":
        yes_or_no = loss.target == "binary" and y is not None and bool(np.isin(y, (-1, 0, 1)).all())
        return "binary" if yes_or_no else "regression"
    return "binary" if loss.target == "binary" else "classification"


class Judge:
    """Turns what a network gives into losses and metrics of the catalogue.

    A network with one loss has its metrics by their ids; of several, each has "<node>" for its loss and "<node>: <id>".
    """

    def __init__(self, heads: tuple[Head, ...], task: str, prepared: Prepared) -> None:
        self._heads = [_HeadJudge(head, task, prepared) for head in heads]
        self._several = len(heads) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """Of all figures, in a fixed order, those of the first loss first."""
        return tuple(name for head in self._heads for name in self._named(head, head.nothing(), 0.0))

    def respond(self, outputs: Array) -> Array:
        """Probabilities, or values in the original unit, of the first loss. Shapes: (n, ...) -> (n, ...)."""
        return self._heads[0].respond(outputs)

    def scaler(self, at: int) -> Scaler | None:
        """How the numbers that a loss compares were scaled; None where they are the data's own. at: the loss's place."""
        return self._heads[at].scaler

    def finds(self, id: str) -> tuple[str, Metric] | None:
        """A metric of the first loss by its id, with the name that its figure has; None where the task has none such."""
        head = self._heads[0]
        metric = head.known.get(id)
        return None if metric is None else (f"{head.head.name}: {id}" if self._several else id, metric)

    def metrics(self, found: Evaluated, split: Split) -> dict[str, float]:
        """Name -> value, from what the network gave for the samples of the split."""
        figures: dict[str, float] = {}
        for at, head in enumerate(self._heads):
            figures |= self._named(head, head.metrics(at, found, split), found.losses[at] if self._several else 0.0)
        return figures

    def _named(self, head: _HeadJudge, figures: dict[str, float], loss: float) -> dict[str, float]:
        if not self._several:
            return figures
        return {**{f"{head.head.name}: {name}": value for name, value in figures.items()}, head.head.name: loss}


class _HeadJudge:
    """The figures of one loss."""

    def __init__(self, head: Head, task: str, prepared: Prepared) -> None:
        self.head = head
        self._kind = kind_of_task(head.loss, task if head.column else "", prepared.train.y)
        metrics = [cls for cls in registry.entries("metric") if issubclass(cls, Metric) and self._kind in cls.tasks]
        fitting = [cls for cls in metrics if head.loss.probable or not cls.of_probabilities]
        self.known: dict[str, Metric] = {cls.id: cls() for cls in fitting}
        values = self._kind == "regression"
        own = values and task == "regression" and (head.column or head.wired == TARGETS)
        #: What leads from the network's numbers to the data's; None where they are the same.
        self.scaler = prepared.target_scaler if own else prepared.scaler if values and head.wired == INPUTS else None
        self._targets: dict[int, Array] = {}

    def nothing(self) -> dict[str, float]:
        """The metrics of no answers."""
        return dict.fromkeys(self.known, float("nan"))

    def respond(self, outputs: Array) -> Array:
        response = self.head.loss.respond(outputs)
        return response if self._kind != "regression" else self._unscaled(response, outputs.shape)

    def metrics(self, at: int, found: Evaluated, split: Split) -> dict[str, float]:
        """at: the place of this loss among those of the network."""
        response, target = self.respond(found.heads[at]), self._target(found, split)
        classes = self._kind == "classification"
        mask = None if self.head.mask_at is None else found.heads[self.head.mask_at] > 0
        if classes and target.ndim > 1:
            known = (target != NO_CLASS) & (target >= 0)
            known &= np.asarray(mask) if mask is not None else True
            if isinstance(self.head.loss, ClassLoss):
                known &= target != self.head.loss.ignore
            response, target = response[known], target[known]
        elif classes and isinstance(self.head.loss, ClassLoss) and self.head.loss.ignore >= 0:
            known = target != self.head.loss.ignore
            response, target = response[known], target[known]
        elif mask is not None:
            n, steps = mask.shape
            response, target = response.reshape(n, steps, -1)[mask], target.reshape(n, steps, -1)[mask]
        elif not classes and target.ndim == 3:  # steps are judged one by one, as they are where some are absent
            response, target = response.reshape(-1, target.shape[-1]), target.reshape(-1, target.shape[-1])
        if not len(response):
            return self.nothing()
        response = response.reshape(len(response), -1)
        target = target if classes or target.ndim == 1 else target.reshape(len(target), -1)
        return {name: float(metric.compute(response, target)) for name, metric in self.known.items()}

    def _target(self, found: Evaluated, split: Split) -> Array:
        """What the answers are held against, in the original unit; of the split's own targets computed once."""
        if self.head.target_at is not None:
            return found.heads[self.head.target_at]
        known = self._targets.get(id(split))
        if known is None:
            y = split.x if self.head.wired == INPUTS else np.asarray(split.y)
            known = self._targets[id(split)] = self._unscaled(y, y.shape) if self._kind == "regression" else y
        return known

    def _unscaled(self, values: Array, shape: tuple[int, ...]) -> Array:
        if self.scaler is None or not self.scaler.shift:
            return values
        return self.scaler.invert(values.reshape(*shape[:1], -1, len(self.scaler.shift))).reshape(shape)

"""Metrics of a part of the data, in the data's own unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core import registry
from playground.core.spec import Loss, Metric
from playground.data.prepare import Prepared, Split

Array = npt.NDArray[Any]


def kind_of_task(loss: Loss, task: str) -> str:
    """What a metric must be for: "classification", "binary" or "regression"."""
    if task == "regression":
        return "regression"
    return "binary" if loss.target == "binary" else "classification"


class Judge:
    """Turns raw outputs into the metrics of the catalogue that apply."""

    def __init__(self, loss: Loss, task: str, prepared: Prepared) -> None:
        self._loss = loss
        self._kind = kind_of_task(loss, task)
        self._scaler = prepared.target_scaler
        found = [cls for cls in registry.entries("metric") if issubclass(cls, Metric) and self._kind in cls.tasks]
        self._metrics: dict[str, Metric] = {cls.id: cls() for cls in found}
        self._targets: dict[int, Array] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the metrics, in a fixed order."""
        return tuple(self._metrics)

    def respond(self, outputs: Array) -> Array:
        """Probabilities, or values in the original unit. Shapes: (n, ...) -> (n, ...)."""
        response = self._loss.respond(outputs)
        if self._kind != "regression":
            return response
        flat = response.reshape(len(response), -1)
        return self._scaler.invert(flat).reshape(response.shape)

    def metrics(self, outputs: Array, split: Split) -> dict[str, float]:
        """Id -> value. Shapes: outputs (n, ...) for the n samples of the split."""
        response = self.respond(outputs)
        response = response.reshape(len(response), -1)
        target = self._target(split)
        return {name: float(metric.compute(response, target)) for name, metric in self._metrics.items()}

    def _target(self, split: Split) -> Array:
        """The split's targets in the original unit, computed once."""
        known = self._targets.get(id(split))
        if known is None:
            y = split.y
            known = self._scaler.invert(y.reshape(len(y), -1)) if self._kind == "regression" else np.asarray(y)
            self._targets[id(split)] = known
        return known

"""Figures about samples for a data panel: one row for each column or channel, and how many samples each class has."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.core.samples import Samples
from playground.words import sentence

#: Above so many numbers in a column or channel, counting the distinct ones would take seconds.
_MOST_TO_SORT = 4_000_000


@dataclasses.dataclass(frozen=True)
class ColumnSummary:
    """One input, channel or target. The figures are of the finite numbers; missing counts the others.

    distinct: how many different values there are, or None where that was not counted.
    """

    name: str
    minimum: float
    maximum: float
    mean: float
    spread: float
    missing: int
    distinct: int | None


@dataclasses.dataclass(frozen=True)
class Description:
    """What a data panel shows. classes: (name, samples, or steps where each has a class) in class order, empty for regression."""

    count: int
    shape: tuple[int, ...]
    inputs: tuple[ColumnSummary, ...]
    targets: tuple[ColumnSummary, ...]
    classes: tuple[tuple[str, int], ...]


def describe(samples: Samples) -> Description:
    """The figures of all samples, before any split or scaling."""
    inputs = _inputs(samples)
    if samples.task == "classification":
        return Description(samples.count, samples.shape, inputs, (), class_counts(samples))
    targets = samples.y
    if samples.lengths is not None and targets.ndim > 2:
        targets = targets[np.arange(samples.steps) < samples.lengths[:, None]]
    return Description(
        samples.count, samples.shape, inputs, _summaries(targets, samples.target_names, sentence("target {n}")), ()
    )


def class_counts(samples: Samples) -> tuple[tuple[str, int], ...]:
    """(name, how many samples or steps have it) in class order; empty for regression."""
    if samples.task != "classification":
        return ()
    counts = np.bincount(samples.labels(), minlength=samples.classes).tolist()
    return tuple(zip(samples.class_names, counts, strict=True))


def _inputs(samples: Samples) -> tuple[ColumnSummary, ...]:
    """Of sequences only the steps that are there; of tokens one row for all steps."""
    if not samples.steps:
        return _summaries(
            samples.x, samples.feature_names, sentence("channel {n}") if len(samples.shape) > 1 else sentence("input {n}")
        )
    there = samples.x
    if samples.lengths is not None:
        there = there[np.arange(samples.steps) < samples.lengths[:, None]]
    if samples.tokens:
        return (_summary(sentence("token"), there),)
    names = samples.feature_names
    return _summaries(there.reshape(-1, samples.shape[-1] if len(samples.shape) > 1 else 1), names, sentence("feature {n}"))


def _summaries(values: np.ndarray, names: tuple[str, ...], word: str) -> tuple[ColumnSummary, ...]:
    columns = values.shape[-1]
    shown = names if len(names) == columns else tuple(sentence(word, n=i + 1) for i in range(columns))
    return tuple(_summary(shown[i], values[..., i]) for i in range(columns))


def _summary(name: str, column: np.ndarray) -> ColumnSummary:
    flat = column.ravel()
    finite = flat[np.isfinite(flat)]
    missing = flat.size - finite.size
    if not finite.size:
        return ColumnSummary(name, np.nan, np.nan, np.nan, np.nan, missing, 0)
    distinct = len(np.unique(finite)) if finite.size <= _MOST_TO_SORT else None
    mean, spread = float(finite.mean(dtype=np.float64)), float(finite.std(dtype=np.float64))
    return ColumnSummary(name, float(finite.min()), float(finite.max()), mean, spread, missing, distinct)

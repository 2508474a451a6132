"""From samples to what a run trains, validates and tests on: split first, then scaling learnt from the training part alone."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.core.samples import Samples
from playground.data.scaling import NoScaling, Scaler, fit
from playground.data.split import split
from playground.errors import DataError


@dataclasses.dataclass(frozen=True)
class Split:
    """One part. index: the rows of the samples that it holds, ascending.

    Shapes: x (n, *sample) float32, scaled; y (n,) int64 or (n, k) float32, scaled where asked; index (n,) int64.
    weights, lengths: as in the samples, (n,) or None.
    """

    x: np.ndarray
    y: np.ndarray
    index: np.ndarray
    weights: np.ndarray | None = None
    lengths: np.ndarray | None = None

    @property
    def count(self) -> int:
        return len(self.index)


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Parts of the data and the scalings that lead back to the original numbers. notes: sentences worth showing."""

    train: Split
    validation: Split | None
    test: Split | None
    scaler: Scaler
    target_scaler: Scaler
    notes: tuple[str, ...] = ()


def prepare(
    samples: Samples,
    *,
    validation: float = 0.2,
    test: float = 0.0,
    stratified: bool = True,
    scaling: str = "standardise",
    scale_targets: bool = True,
    seed: int = 0,
) -> Prepared:
    """Split and scale. The arguments are the fields of the data plan. Raises DataError or BadValue."""
    _check(samples)
    by_class = samples.y if stratified and samples.task == "classification" else None
    indices = split(samples.count, validation, test, seed=seed, classes=by_class)
    scaler = NoScaling() if samples.tokens else fit(scaling, samples.x[indices[0]])
    scales_targets = scale_targets and samples.task == "regression"
    target_scaler = fit("standardise", samples.y[indices[0]]) if scales_targets else NoScaling()
    train, kept, held = (_part(samples, index, scaler, target_scaler) for index in indices)
    notes = (*_constant(samples, indices[0]), *_missing_classes(samples, indices))
    return Prepared(train, kept if kept.count else None, held if held.count else None, scaler, target_scaler, notes)


def _part(samples: Samples, index: np.ndarray, scaler: Scaler, target_scaler: Scaler) -> Split:
    y, x = samples.y[index], scaler.apply(samples.x[index])
    weights = None if samples.weights is None else samples.weights[index]
    lengths = None if samples.lengths is None else samples.lengths[index]
    if lengths is not None and not samples.tokens:  # padding stays 0, whatever the scaling makes of a 0
        steps = np.arange(x.shape[1]) < lengths[:, None]
        x = np.where(steps.reshape(*steps.shape, *([1] * (x.ndim - 2))), x, np.float32(0))
    return Split(x, y if samples.task == "classification" else target_scaler.apply(y), index, weights, lengths)


def _check(samples: Samples) -> None:
    if samples.task not in ("classification", "regression"):
        raise DataError(f"Samples must be for classification or regression; {samples.task!r} was given.")
    if len(samples.x) != len(samples.y):
        raise DataError(f"There are {len(samples.x)} inputs but {len(samples.y)} targets. Give one target for each input.")
    for name, given in (("weights", samples.weights), ("lengths", samples.lengths)):
        if given is not None and (given.shape != (samples.count,) or not np.isfinite(given).all() or (given < 0).any()):
            raise DataError(f"The {name} of the samples must be one number of at least 0 for each; look at the data source.")
    for name, values in (("input", samples.x), ("output", samples.y)):
        bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if bad.any():
            raise DataError(
                f"{bad.sum():,} samples have an {name} that is not a finite number; the first is sample {bad.argmax() + 1:,}. "
                "Mend these rows or leave them out."
            )


def _constant(samples: Samples, train: np.ndarray) -> list[str]:
    """A note when inputs never change in training: no network can learn from them."""
    if samples.x.ndim != 2:
        return []
    x = samples.x[train]
    names = samples.feature_names or tuple(f"input {i + 1}" for i in range(x.shape[1]))
    constant = [names[i] for i in np.flatnonzero((x == x[0]).all(axis=0))]
    if not constant:
        return []
    shown = ", ".join(constant[:5]) + (f" and {len(constant) - 5} more" if len(constant) > 5 else "")
    return [f"The same value in every training sample: {shown}."]


def _missing_classes(samples: Samples, indices: tuple[np.ndarray, ...]) -> list[str]:
    if samples.task != "classification":
        return []
    notes = []
    for part, index in zip(("training", "validation", "test"), indices, strict=True):
        found = np.bincount(samples.y[index], minlength=samples.classes)
        absent = [name for name, count in zip(samples.class_names, found, strict=True) if count == 0]
        if absent and len(index):
            shown = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
            notes.append(f"No sample in the {part} part: {shown}.")
    return notes

"""From samples to what a run trains, validates and tests on: split first, then scaling learnt from the training part alone."""

from __future__ import annotations

import dataclasses

import numpy as np

from playground.core.samples import NO_CLASS, Samples
from playground.data.scaling import NoScaling, Scaler, fit
from playground.data.split import split
from playground.errors import DataError
from playground.words import joined, sentence


@dataclasses.dataclass(frozen=True)
class Split:
    """One part. index: the rows of the samples that it holds, ascending.

    Shapes: x (n, *sample) float32, scaled; y (n,) or (n, steps) int64, or (n, k) or (n, steps, k) float32, scaled where asked;
    index (n,) int64.
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

    def at(self, rows: np.ndarray) -> Split:
        """Some of its samples. Shapes: rows (k,) places in this part."""
        return Split(
            self.x[rows],
            self.y[rows],
            self.index[rows],
            None if self.weights is None else self.weights[rows],
            None if self.lengths is None else self.lengths[rows],
        )

    def first(self, count: int) -> Split:
        """Its first samples, without copies."""
        return Split(
            self.x[:count],
            self.y[:count],
            self.index[:count],
            None if self.weights is None else self.weights[:count],
            None if self.lengths is None else self.lengths[:count],
        )


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
    by_class = samples.y if stratified and samples.task == "classification" and not samples.per_step else None
    indices = split(samples.count, validation, test, seed=seed, classes=by_class)
    scaler = NoScaling() if samples.tokens else fit(scaling, _present(samples, samples.x, indices[0]))
    scales_targets = scale_targets and samples.task == "regression"
    target_scaler = fit("standardise", _present(samples, samples.y, indices[0])) if scales_targets else NoScaling()
    train, kept, held = (_part(samples, index, scaler, target_scaler) for index in indices)
    notes = (*_constant(samples, indices[0]), *_missing_classes(samples, indices))
    return Prepared(train, kept if kept.count else None, held if held.count else None, scaler, target_scaler, notes)


def _part(samples: Samples, index: np.ndarray, scaler: Scaler, target_scaler: Scaler) -> Split:
    y, x = samples.y[index], scaler.apply(samples.x[index])
    weights = None if samples.weights is None else samples.weights[index]
    lengths = None if samples.lengths is None else samples.lengths[index]
    if samples.task != "classification":
        y = target_scaler.apply(y)
    if lengths is not None:
        x, y = x if samples.tokens else _without_padding(x, lengths), _without_padding(y, lengths) if y.ndim > 2 else y
    return Split(x, y, index, weights, lengths)


def _without_padding(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Zeros behind shorter sequences, whatever a scaling made of them. Shapes: (n, steps, ...) -> the same."""
    there = np.arange(values.shape[1]) < lengths[:, None]
    return np.where(there.reshape(*there.shape, *([1] * (values.ndim - 2))), values, np.float32(0))


def _present(samples: Samples, values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """What a scaling learns from: inputs or targets of some samples, without the padding behind shorter sequences.

    Shapes: (n, ...), or (steps of all, features) for sequences of varied length.
    """
    chosen = values[index]
    if samples.lengths is None or chosen.ndim < 3:
        return np.asarray(chosen)
    return np.asarray(chosen[np.arange(chosen.shape[1]) < samples.lengths[index, None]])


def _check(samples: Samples) -> None:
    if samples.task not in ("classification", "regression"):
        raise DataError(sentence("Samples must be for classification or regression; {task} was given.", task=f"{samples.task!r}"))
    if len(samples.x) != len(samples.y):
        raise DataError(
            sentence(
                "There are {x_count} inputs but {y_count} targets. Give one target for each input.",
                x_count=len(samples.x),
                y_count=len(samples.y),
            )
        )
    for name, given in (("weights", samples.weights), ("lengths", samples.lengths)):
        if given is not None and (given.shape != (samples.count,) or not np.isfinite(given).all() or (given < 0).any()):
            raise DataError(
                sentence(
                    "The {name} of the samples must be one number of at least 0 for each; look at the data source.", name=name
                )
            )
    if samples.lengths is not None and samples.count and not 0 < samples.lengths.min() <= samples.lengths.max() <= samples.steps:
        found = f"{samples.lengths.min():,} to {samples.lengths.max():,}"
        raise DataError(
            sentence(
                "The lengths of sequences with {steps} steps must be 1 to {steps}; these are {found}.",
                steps=f"{samples.steps:,}",
                found=found,
            )
        )
    for name, values in (("input", samples.x), ("output", samples.y)):
        bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if bad.any():
            raise DataError(
                sentence(
                    "{bad} samples have an {name} that is not a finite number; the first is sample {bad2}. Mend these "
                    "rows or leave them out.",
                    bad=f"{bad.sum():,}",
                    name=name,
                    bad2=f"{bad.argmax() + 1:,}",
                )
            )
    if samples.tokens and samples.count:
        _check_tokens(samples)
    if samples.task == "classification" and samples.count:
        _check_classes(samples)


def _check_tokens(samples: Samples) -> None:
    bad = (
        ((samples.x < 0) | (samples.x >= samples.tokens) | (samples.x != np.floor(samples.x)))
        .reshape(samples.count, -1)
        .any(axis=1)
    )
    if bad.any():
        raise DataError(
            sentence(
                "Tokens must be whole numbers from 0 to {tokens}; {bad} samples hold others, the first is sample {bad2}.",
                tokens=f"{samples.tokens - 1:,}",
                bad=f"{bad.sum():,}",
                bad2=f"{bad.argmax() + 1:,}",
            )
        )


def _check_classes(samples: Samples) -> None:
    found = samples.labels()
    if samples.y.ndim > 2 or (samples.per_step and samples.y.shape[1] > samples.steps):
        form = "×".join(map(str, samples.y.shape))
        raise DataError(
            sentence(
                "Classes must be one for each sample, or for each of its {steps} steps or fewer; these are {form}.",
                steps=samples.steps,
                form=form,
            )
        )
    if not len(found):
        raise DataError(
            sentence("Every step has the class {no_class}, which stands for none: there is nothing to learn.", no_class=NO_CLASS)
        )
    if found.min() < 0 or found.max() >= samples.classes:
        raise DataError(
            sentence(
                "Classes must be 0 to {classes}{none}; these are {found} to {found2}.",
                classes=f"{samples.classes - 1:,}",
                none=sentence(", or {no_class} for none", no_class=NO_CLASS) if samples.per_step else "",
                found=f"{found.min():,}",
                found2=f"{found.max():,}",
            )
        )


def _constant(samples: Samples, train: np.ndarray) -> list[str]:
    """A note when inputs never change in training: no network can learn from them."""
    if samples.x.ndim != 2 or samples.tokens:
        return []
    x = samples.x[train]
    names = samples.feature_names or tuple(sentence("input {number}", number=i + 1) for i in range(x.shape[1]))
    constant = [names[i] for i in np.flatnonzero((x == x[0]).all(axis=0))]
    if not constant:
        return []
    shown = _first_five(constant)
    return [sentence("The same value in every training sample: {shown}.", shown=shown)]


def _missing_classes(samples: Samples, indices: tuple[np.ndarray, ...]) -> list[str]:
    if samples.task != "classification":
        return []
    notes = []
    one = "step" if samples.per_step else "sample"
    for part, index in zip(("training", "validation", "test"), indices, strict=True):
        labels = samples.y[index]
        found = np.bincount(labels[labels != NO_CLASS], minlength=samples.classes)
        absent = [name for name, count in zip(samples.class_names, found, strict=True) if count == 0]
        if absent and len(index):
            notes.append(
                sentence(
                    "No {one} in the {part} part: {shown}.", one=sentence(one), part=sentence(part), shown=_first_five(absent)
                )
            )
    return notes


def _first_five(names: list[str]) -> str:
    more = sentence(" and {count} more", count=len(names) - 5) if len(names) > 5 else ""
    return joined((joined(names[:5]), more), "")

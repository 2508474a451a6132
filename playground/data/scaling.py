"""Scaling of inputs and targets: statistics from the training part alone, arithmetic in float64, results in float32.

Samples of rank 1 have one pair of numbers for each feature; sequences and images one pair for each channel (the last axis).
A column that never changes is only shifted, so it stays finite. Scalers are plain data: `to_dict` and `from_dict` are JSON.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from playground.errors import BadValue, DataError
from playground.words import sentence

#: Rows are scaled in blocks of about so many numbers, so that float64 copies stay small.
_BLOCK = 1 << 20
_LARGEST = float(np.finfo(np.float32).max)


@dataclasses.dataclass(frozen=True)
class Scaler:
    """Scaled value = (value - shift) / spread, along the last axis. Both tuples are empty when nothing is changed."""

    shift: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()
    word: ClassVar[str] = "none"

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Shapes: (n, ..., c) -> the same, float32."""
        if not self.shift:
            return np.ascontiguousarray(x, np.float32)
        return self._blockwise(x, lambda block: (block - self.shift) / self.spread)

    def invert(self, x: np.ndarray) -> np.ndarray:
        """Values as they were before `apply`. Shapes: (n, ..., c) -> the same, float32."""
        if not self.shift:
            return np.ascontiguousarray(x, np.float32)
        return self._blockwise(x, lambda block: block * self.spread + self.shift)

    def _blockwise(self, x: np.ndarray, formula: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        if x.ndim < 2 or x.shape[-1] != len(self.shift):
            raise DataError(
                sentence(
                    "This scaling knows {shift_count} columns or channels; the values have the shape {shape}.",
                    shift_count=len(self.shift),
                    shape=x.shape,
                )
            )
        out = np.empty(x.shape, np.float32)
        for rows in _blocks(x):
            # Far outliers in the validation part must not become infinite.
            out[rows] = np.clip(formula(x[rows].astype(np.float64)), -_LARGEST, _LARGEST)
        return out

    def to_dict(self) -> dict[str, Any]:
        return {"scaling": self.word, "shift": list(self.shift), "spread": list(self.spread)}


class NoScaling(Scaler):
    """Leave the numbers as they are."""

    word = "none"

    @classmethod
    def fit(cls, x: np.ndarray) -> NoScaling:
        return cls()


class Standardise(Scaler):
    """Zero mean and unit spread (population standard deviation) on the training part."""

    word = "standardise"

    @classmethod
    def fit(cls, x: np.ndarray) -> Standardise:
        """Shapes: (n, ..., c) with at least one row. Raises DataError."""
        count = _count(x)
        axes = tuple(range(x.ndim - 1))
        total = sum((x[rows].sum(axis=axes, dtype=np.float64) for rows in _blocks(x)), np.zeros(x.shape[-1]))
        mean = total / count
        squares = sum((np.square(x[rows] - mean).sum(axis=axes) for rows in _blocks(x)), np.zeros(x.shape[-1]))
        variance = squares / count
        # The rounding error of a two-pass variance: below it, a column is constant.
        constant = variance <= count * np.finfo(np.float64).eps * variance + np.square(count * mean * np.finfo(np.float64).eps)
        spread = np.where(constant, 1.0, np.sqrt(variance))
        return cls(tuple(mean.tolist()), tuple(spread.tolist()))


class Unit(Scaler):
    """Map the training range of every column to 0 to 1."""

    word = "unit"

    @classmethod
    def fit(cls, x: np.ndarray) -> Unit:
        """Shapes: (n, ..., c) with at least one row. Raises DataError."""
        _count(x)
        axes = tuple(range(x.ndim - 1))
        low, high = x.min(axis=axes).astype(np.float64), x.max(axis=axes).astype(np.float64)
        span = high - low
        return cls(tuple(low.tolist()), tuple(np.where(span == 0, 1.0, span).tolist()))


SCALINGS: dict[str, type[NoScaling] | type[Standardise] | type[Unit]] = {c.word: c for c in (NoScaling, Standardise, Unit)}


def fit(word: str, x: np.ndarray) -> Scaler:
    """The scaler called `word`, fitted on the training part x. Raises BadValue or DataError."""
    if word not in SCALINGS:
        raise BadValue(
            sentence("Scaling must be one of {scalings}; {word} was given.", scalings=", ".join(SCALINGS), word=f"{word!r:.60}")
        )
    return SCALINGS[word].fit(x)


def from_dict(data: Any) -> Scaler:
    """The scaler of a `to_dict`. Raises BadValue with a sentence, as the dictionary may come from a file."""
    if not isinstance(data, Mapping) or data.get("scaling") not in SCALINGS:
        raise BadValue(sentence("A scaling must be an object whose scaling is one of {scalings}.", scalings=", ".join(SCALINGS)))
    shift, spread = data.get("shift"), data.get("spread")
    if not isinstance(shift, list) or not isinstance(spread, list) or len(shift) != len(spread):
        raise BadValue(sentence("A scaling needs two lists of the same length, shift and spread."))
    if any(isinstance(v, bool) or not isinstance(v, int | float) or not math.isfinite(v) for v in (*shift, *spread)):
        raise BadValue(sentence("The numbers of a scaling must be finite."))
    if any(v <= 0 for v in spread):
        raise BadValue(sentence("The spreads of a scaling must be above zero."))
    if (data["scaling"] == "none") != (not shift):
        raise BadValue(sentence("Only the scaling none has no numbers."))
    return SCALINGS[data["scaling"]](tuple(map(float, shift)), tuple(map(float, spread)))


def _count(x: np.ndarray) -> int:
    """Numbers behind each column or channel."""
    if x.ndim < 2 or x.size == 0:
        raise DataError(
            sentence("Scaling needs at least one training sample with at least one number; the shape is {shape}.", shape=x.shape)
        )
    return x.size // int(x.shape[-1])


def _blocks(x: np.ndarray) -> Iterator[slice]:
    rows = max(1, _BLOCK // max(1, x[0].size)) if len(x) else 1
    return (slice(start, start + rows) for start in range(0, len(x), rows))

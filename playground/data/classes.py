"""Class labels of any kind as indices 0, 1, 2 … and names."""

from __future__ import annotations

import re

import numpy as np

from playground.errors import DataError
from playground.words import sentence

MOST_CLASSES = 10_000


def number_classes(labels: np.ndarray, place: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers that stand for classes: their ranks and, as names, the numbers. Shapes: (n,) -> (n,) int64. Raises DataError.

    place: what the labels are called in an error, such as "column 'kind'".
    """
    if not np.isfinite(labels).all():
        raise DataError(
            sentence(
                "The labels in {place} must be finite; sample {flatnonzero} is not.",
                place=place,
                flatnonzero=f"{np.flatnonzero(~np.isfinite(labels))[0] + 1:,}",
            )
        )
    values, ranks = np.unique(labels, return_inverse=True)
    if not 2 <= len(values) <= MOST_CLASSES:
        raise DataError(
            sentence(
                "The labels in {place} hold {values_count} different numbers; 2 to {most_classes} classes were expected. "
                "Choose other labels, or regression.",
                place=place,
                values_count=f"{len(values):,}",
                most_classes=f"{MOST_CLASSES:,}",
            )
        )
    return ranks.reshape(-1).astype(np.int64), tuple(
        f"{value:.0f}" if value == np.floor(value) else repr(float(value)) for value in values
    )


def natural_order(words: tuple[str, ...]) -> list[int]:
    """Indices of the words in an order in which "9" comes before "10"."""

    def key(index: int) -> list[tuple[int, int, str]]:
        parts = re.split(r"([0-9]+)", words[index])
        return [(0, int(part[:18]), part) if part.isascii() and part.isdigit() else (1, 0, part) for part in parts if part]

    return sorted(range(len(words)), key=key)

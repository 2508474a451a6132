"""Class labels of any kind as indices 0, 1, 2 … and names."""

from __future__ import annotations

import re

import numpy as np

from playground.errors import DataError

MOST_CLASSES = 10_000


def number_classes(labels: np.ndarray, place: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers that stand for classes: their ranks and, as names, the numbers. Shapes: (n,) -> (n,) int64. Raises DataError.

    place: what the labels are called in an error, such as "column 'kind'".
    """
    if not np.isfinite(labels).all():
        raise DataError(f"The labels in {place} must be finite; sample {np.flatnonzero(~np.isfinite(labels))[0] + 1:,} is not.")
    values, ranks = np.unique(labels, return_inverse=True)
    if not 2 <= len(values) <= MOST_CLASSES:
        raise DataError(
            f"The labels in {place} hold {len(values):,} different numbers; 2 to {MOST_CLASSES:,} classes were expected. "
            "Choose other labels, or regression."
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

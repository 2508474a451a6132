"""Which sample falls into which part: seeded, exact shares, stratified, and the same on every machine."""

from __future__ import annotations

import math

import numpy as np

from playground.errors import DataError
from playground.words import sentence


def permutation(count: int, seed: int) -> np.ndarray:
    """A seeded order of 0 .. count-1, from the counter-based Philox generator's raw bits, which no NumPy release changes."""
    return np.argsort(np.random.Philox(seed).random_raw(count), kind="stable")


def part_sizes(count: int, validation: float, test: float) -> tuple[int, int, int]:
    """Samples in training, validation and test. The kept shares are rounded up, so none that is above zero is empty. Raises DataError."""
    if not (0 <= validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise DataError(
            sentence(
                "Validation and test must leave something to train on; shares of {validation} and {test} were given. "
                "Lower one until their sum is below 1.",
                validation=f"{validation:g}",
                test=f"{test:g}",
            )
        )
    kept = [_up(count * share) for share in (validation, test)]
    train = count - sum(kept)
    if train < 1:
        raise DataError(
            sentence(
                "{count} samples are too few for a training part beside a validation share of {validation} and a test "
                "share of {test}. Lower the shares or add samples.",
                count=count,
                validation=f"{validation:g}",
                test=f"{test:g}",
            )
        )
    return train, kept[0], kept[1]


def split(
    count: int, validation: float, test: float, *, seed: int, classes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted indices of the training, validation and test parts; together they are every sample exactly once.

    classes: class index of each sample, when the shares of the classes are to be equal in all parts. Raises DataError.
    """
    _, n_validation, n_test = part_sizes(count, validation, test)
    order = permutation(count, seed)
    if classes is None:
        groups = [order]
    else:
        groups = [order[classes[order] == c] for c in range(int(classes.max(initial=0)) + 1)]
    parts: list[np.ndarray] = []
    for wanted in (n_test, n_validation):
        taken = allot(np.array([len(g) for g in groups]), wanted)
        parts.append(np.concatenate([g[:k] for g, k in zip(groups, taken, strict=True)]))
        groups = [g[k:] for g, k in zip(groups, taken, strict=True)]
    return np.sort(np.concatenate(groups)), np.sort(parts[1]), np.sort(parts[0])


def allot(sizes: np.ndarray, wanted: int) -> np.ndarray:
    """How many of `wanted` come from each group, in proportion to the sizes (largest remainder, exact sum).

    Every group keeps one member as long as the others can give enough, so that no class is missing from training.
    """
    if wanted == 0:
        return np.zeros_like(sizes)
    # Whole numbers all the way: floats would round differently on ties.
    taken, remainder = np.divmod(sizes * wanted, sizes.sum())
    spare = np.maximum(sizes - 1, 0) if wanted <= np.maximum(sizes - 1, 0).sum() else sizes
    taken = np.minimum(taken, spare)
    for group in np.lexsort((np.arange(len(sizes)), -remainder)):
        if taken.sum() < wanted and taken[group] < spare[group] and remainder[group]:
            taken[group] += 1
    while taken.sum() < wanted:
        taken[np.argmax(spare - taken)] += 1
    return np.asarray(taken)


def _up(value: float) -> int:
    # Rounded up as scikit-learn does; ten digits hide that 0.15 * 20 is 3.0000000000000004.
    return math.ceil(round(value, 10))

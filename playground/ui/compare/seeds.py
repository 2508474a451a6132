"""Runs of the same settings with different seeds as one: their mean and how far they spread. No widget."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from playground.training.messages import EpochRecord
from playground.training.runs import Kept, settings_of

#: Settings in which runs of one group may differ.
SEEDS = ("seed", "data.seed")


@dataclasses.dataclass(frozen=True)
class Spread:
    """Of several runs at the steps that all of them have: the mean, and one standard deviation below and above it. Shapes: (n,)."""

    steps: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


_settings: dict[int, tuple[Any, tuple[tuple[str, str], ...]]] = {}


def likeness(run: Kept) -> tuple[tuple[str, str], ...]:
    """What runs must agree in to differ in nothing but the seed."""
    known = _settings.get(id(run.project))
    if known is None or known[0] is not run.project:
        found = tuple((path, repr(value)) for path, value in sorted(settings_of(run.project).items()) if path not in SEEDS)
        if len(_settings) > 10_000:
            _settings.clear()
        known = _settings[id(run.project)] = (run.project, found)
    return known[1]


def together(runs: Sequence[tuple[Kept, int]]) -> list[tuple[list[Kept], int]]:
    """Runs with the numbers of their colours -> groups of runs that differ only in the seed, in the colour of the first of each."""
    groups: dict[tuple[tuple[str, str], ...], tuple[list[Kept], int]] = {}
    for run, color in runs:
        groups.setdefault((*likeness(run), ("parent", f"{run.parent}, {run.fork}")), ([], color))[0].append(run)
    return list(groups.values())


def spread(runs: Sequence[Kept], value: Callable[[EpochRecord], float | None]) -> Spread | None:
    """None where fewer than two runs have the number at common steps. Standard deviation of a sample: divided by n − 1."""
    tables = []
    for run in runs:
        known = {record.step: one for record in run.epochs if (one := value(record)) is not None and np.isfinite(one)}
        if known:
            tables.append(known)
    steps = sorted(set.intersection(*(set(table) for table in tables))) if len(tables) > 1 else []
    if not steps:
        return None
    values = np.array([[table[step] for step in steps] for table in tables])
    mean, apart = values.mean(axis=0), values.std(axis=0, ddof=1)
    return Spread(np.array(steps, float), mean, mean - apart, mean + apart)

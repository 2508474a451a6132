"""Runs of the same settings with different seeds as one: their mean and how far they spread. No widget."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from playground.document.project import Project
from playground.training.messages import EpochRecord
from playground.training.runs import Kept, settings_of

#: Settings in which runs of one group may differ.
SEEDS = ("seed", "data.seed")
#: What a person did to a run while it went on; with it, other seeds of its settings are no repetitions.
BY_HAND = ("knob", "plan", "rewind", "reinit", "fork")
#: Ends after which a run has its result; one that was stopped by hand, or goes on, has not.
ENDED = ("done", "early")


@dataclasses.dataclass(frozen=True)
class Spread:
    """Of several runs at the steps that all of them have: the mean, and one standard deviation below and above it. Shapes: (n,)."""

    steps: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


#: By the project's id: the project, its settings, these as text.
_settings: dict[int, tuple[Project, dict[str, Any], dict[str, str]]] = {}


def known_settings(project: Project) -> tuple[dict[str, Any], dict[str, str]]:
    """`settings_of` a project, and each value as a text that tells values apart; found once for a project."""
    known = _settings.get(id(project))
    if known is None or known[0] is not project:
        found = settings_of(project)
        if len(_settings) > 10_000:
            _settings.clear()
        known = _settings[id(project)] = (project, found, {path: repr(value) for path, value in sorted(found.items())})
    return known[1], known[2]


def likeness(run: Kept) -> tuple[tuple[str, str], ...]:
    """What the settings of runs must agree in to differ in nothing but the seed."""
    return tuple(item for item in known_settings(run.project)[1].items() if item[0] not in SEEDS)


def steered(run: Kept) -> bool:
    """A person changed it while it went on, or it left another run: its result is not one of its settings and its seed alone."""
    return bool(run.parent) or any(
        entry.kind in BY_HAND or (entry.kind == "start" and entry.what == "checkpoint") for entry in run.journal
    )


def group_key(run: Kept) -> object:
    """Runs for which it is equal are repetitions of one setting with other seeds. A run that was steered is alone."""
    return ("alone", str(run.folder)) if steered(run) else likeness(run)


def seed_of(run: Kept) -> tuple[int, int]:
    """All that repetitions differ in."""
    return run.project.training.seed, run.project.data.seed


def draws(runs: Iterable[Kept]) -> list[Kept]:
    """Of repetitions those that have a result, one for each seed: two runs of one seed are the same numbers twice, not two draws."""
    return list({seed_of(run): run for run in runs if run.state in ENDED}.values())


def together(runs: Sequence[tuple[Kept, int]]) -> list[tuple[list[Kept], int]]:
    """Runs with the numbers of their colours -> groups of runs that differ only in the seed, in the colour of the first of each."""
    groups: dict[object, tuple[list[Kept], int]] = {}
    for run, color in runs:
        groups.setdefault(group_key(run), ([], color))[0].append(run)
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

"""Tasks in levels: a level becomes one parallel stage. Row tasks follow one another within a chain; a whole task needs a new level."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from playground.engine.emit import Ref, Task


@dataclasses.dataclass(frozen=True)
class Segment:
    """Consecutive row tasks of a level that run frame by frame, depth first. grain: "block" or "part"."""

    grain: str
    tasks: tuple[Task, ...]


@dataclasses.dataclass(frozen=True)
class Level:
    """What runs side by side: the segments of every chain, and whole tasks that depend on earlier levels only."""

    segments: tuple[Segment, ...]
    whole: tuple[Task, ...]


def schedule(tasks: Sequence[Task], root: Callable[[Ref], Ref]) -> tuple[list[Level], list[Task]]:
    """Levels in order, and the update tasks. root: the storage behind a reference (views share one)."""
    rows: dict[int, list[Task]] = {}
    whole: dict[int, list[Task]] = {}
    updates: list[Task] = []
    written: dict[Ref, tuple[int, bool]] = {}
    read: dict[Ref, tuple[int, bool]] = {}
    for task in tasks:
        if task.kind == "update":
            updates.append(task)
            continue
        by_rows = task.kind == "rows"
        level = 0
        before = [written.get(root(ref)) for ref in (*task.reads, *task.writes)] + [read.get(root(ref)) for ref in task.writes]
        for found in before:
            if found is not None:
                level = max(level, found[0] if found[1] and by_rows else found[0] + 1)
        (rows if by_rows else whole).setdefault(level, []).append(task)
        for ref in task.writes:
            written[root(ref)] = (level, by_rows)
        for ref in task.reads:
            had = read.get(root(ref))
            if had is None or had[0] < level or (had[0] == level and had[1]):
                read[root(ref)] = (level, by_rows)
    count = max([*rows, *whole], default=-1) + 1
    return [Level(_segments(rows.get(n, [])), tuple(whole.get(n, []))) for n in range(count)], updates


def _segments(tasks: list[Task]) -> tuple[Segment, ...]:
    """Runs of one grain. A task of any grain joins the run before it, at the start the run after it."""
    first = next((task.grain for task in tasks if task.grain != "any"), "part")
    found: list[tuple[str, list[Task]]] = []
    grain = first
    for task in tasks:
        grain = grain if task.grain == "any" else task.grain
        if not found or found[-1][0] != grain:
            found.append((grain, []))
        found[-1][1].append(task)
    return tuple(Segment(grain, tuple(run)) for grain, run in found)

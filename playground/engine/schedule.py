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


class Turns:
    """Gives the pieces of what is shared out to chains.

    Where there is one for every chain, the n-th goes to the n-th chain: what a chain has made of a gradient it also updates, while it
    is in the cache of its core. From another core's it takes two to ten times as long. Fewer pieces go to the chains in turn.
    """

    def __init__(self, chains: int) -> None:
        self.chains, self._next = chains, 0

    def take(self, pieces: int) -> list[int]:
        """The chain of each piece."""
        if pieces == self.chains:
            return list(range(pieces))
        first, self._next = self._next, self._next + pieces
        return [(first + n) % self.chains for n in range(pieces)]


def schedule(tasks: Sequence[Task], root: Callable[[Ref], Ref], *, late: bool = False) -> tuple[list[Level], list[Task]]:
    """Levels in order, and the update tasks. root: the storage behind a reference (views share one).

    A task begins as early as it may; late: a row task as late as it may, beside those that use what it makes. There are as many
    levels either way.
    """
    updates = [task for task in tasks if task.kind == "update"]
    stepwise = [task for task in tasks if task.kind != "update"]
    levels = _earliest(stepwise, root)
    if late:
        levels = _latest(stepwise, levels, root)
    rows: dict[int, list[Task]] = {}
    whole: dict[int, list[Task]] = {}
    for task, level in zip(stepwise, levels, strict=True):
        (rows if task.kind == "rows" else whole).setdefault(level, []).append(task)
    count = max(levels, default=-1) + 1
    return [Level(_segments(rows.get(n, [])), tuple(whole.get(n, []))) for n in range(count)], updates


def _earliest(tasks: Sequence[Task], root: Callable[[Ref], Ref]) -> list[int]:
    """The level of each task: after all that it depends on, or in the level of row tasks if it is one too, likewise by features."""
    levels: list[int] = []
    written: dict[Ref, tuple[int, str]] = {}
    read: dict[Ref, tuple[int, str]] = {}
    for task in tasks:
        kind = task.kind if task.kind in ("rows", "features") else ""
        level = 0
        before = [written.get(root(ref)) for ref in (*task.reads, *task.writes)] + [read.get(root(ref)) for ref in task.writes]
        for found in before:
            if found is not None:
                level = max(level, found[0] if kind and found[1] == kind else found[0] + 1)
        levels.append(level)
        for ref in task.writes:
            written[root(ref)] = (level, kind)
        for ref in task.reads:
            had = read.get(root(ref))
            if had is None or had[0] < level:
                read[root(ref)] = (level, kind)
            elif had[0] == level and had[1] != kind:
                read[root(ref)] = (level, "")
    return levels


def _latest(tasks: Sequence[Task], levels: Sequence[int], root: Callable[[Ref], Ref]) -> list[int]:
    """Row tasks moved to the last level in which nothing that comes after them has to wait."""
    moved = list(levels)
    before_use: dict[Ref, int] = {}
    before_change: dict[Ref, int] = {}
    for at in range(len(tasks) - 1, -1, -1):
        task = tasks[at]
        reads, writes = {root(ref) for ref in task.reads}, {root(ref) for ref in task.writes}
        if task.kind == "rows":
            limits = [before_use[ref] for ref in writes if ref in before_use]
            limits += [before_change[ref] for ref in reads if ref in before_change]
            moved[at] = max(moved[at], min(limits, default=moved[at]))
        limit = moved[at] if task.kind == "rows" else moved[at] - 1
        for ref in reads | writes:
            before_use[ref] = min(limit, before_use.get(ref, limit))
        for ref in writes:
            before_change[ref] = min(limit, before_change.get(ref, limit))
    return moved


def _segments(tasks: list[Task]) -> tuple[Segment, ...]:
    """Runs of one grain. Tasks of any grain between two runs join the one that goes by blocks: what they read or write is still in
    the cache there.
    """
    found: list[tuple[str, list[Task]]] = []
    waiting: list[Task] = []
    for task in tasks:
        if task.grain == "any":
            waiting.append(task)
            continue
        if found and found[-1][0] in (task.grain, "block"):
            found[-1][1].extend(waiting)
            waiting = []
        if not found or found[-1][0] != task.grain:
            found.append((task.grain, []))
        found[-1][1].extend([*waiting, task])
        waiting = []
    if not found:
        found.append(("part", []))
    found[-1][1].extend(waiting)
    return tuple(Segment(grain, tuple(run)) for grain, run in found if run)

"""The rows of the table of runs: a run, or a group of runs that differ in nothing but the seed, with what its numbers are as one."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

from playground.training.runs import Kept
from playground.ui.compare.noise import spread_of
from playground.ui.compare.seeds import draws, group_key


@dataclasses.dataclass(frozen=True)
class Line:
    """One row. run: after which it is named, the oldest of its runs.  runs: newest first; one, but in a group.

    inside: a run of a group that is folded open.
    """

    run: Kept
    runs: tuple[Kept, ...]
    inside: bool = False

    @property
    def grouped(self) -> bool:
        return len(self.runs) > 1

    @property
    def seeds(self) -> int:
        """How many different seeds it has a result of."""
        return len(draws(self.runs)) if self.grouped else 1

    def mean_of(self, value: Callable[[Kept], float | None]) -> tuple[float | None, float]:
        """Mean and standard deviation of a number over the seeds that have a result; without any, over all that have the number."""
        if not self.grouped:
            return value(self.run), 0.0
        known = finite(draws(self.runs), value) or finite(self.runs, value)
        return spread_of(known) if known else (None, 0.0)


def alone(run: Kept, inside: bool = False) -> Line:
    """A run as a row of its own."""
    return Line(run, (run,), inside)


def grouped(runs: Sequence[Kept]) -> list[Line]:
    """Runs, newest first -> a row for each setting, where its newest run stands."""
    groups: dict[object, list[Kept]] = {}
    for run in runs:
        groups.setdefault(group_key(run), []).append(run)
    return [Line(group[-1], tuple(group)) for group in groups.values()]


def finite(runs: Sequence[Kept], value: Callable[[Kept], float | None]) -> list[float]:
    """The numbers that there are."""
    return [found for run in runs if (found := value(run)) is not None and math.isfinite(found)]

"""How many steps to do at a time, and on how many threads: measured, not configured. Neither changes a bit of the result."""

from __future__ import annotations

import os
from statistics import median

#: Steps are done in bursts of about so long, so that commands and curves wait no longer.
BURST_SECONDS = 0.02
#: The thread counts are compared again after so long.
AGAIN_SECONDS = 5.0
_TRIES = 3
#: More threads must bring the time to this share, or the cores are better left to the window, the battery and whatever else runs.
PAYS = 0.8
#: A burst that is so many times slower than usual asks for a new comparison.
_SLOWED = 2.5


class Pace:
    """Sizes bursts by what the last ones took and compares thread counts now and then. chains: those of the plan.

    Another core is used where it saves a fifth of the time or more.

    The usual time counts, not the best: where something else needs the cores, two threads are fast once and slow ten times.
    """

    def __init__(self, chains: int, most_steps: int) -> None:
        cores = len(os.sched_getaffinity(0))
        self._choices = tuple(n for n in (1, 2, 4, 8) if n <= min(chains, cores))
        self._most = most_steps
        self._since = 0.0
        self._burst = 1
        self._usual = 0.0
        self.threads = self._choices[0]
        self._begin_trials()

    def _begin_trials(self) -> None:
        self._trials = list(self._choices) * _TRIES if len(self._choices) > 1 else []
        self._seen: dict[int, list[float]] = {n: [] for n in self._choices}
        self._since = 0.0

    def follow(self, other: Pace) -> None:
        """Begin with the threads of the same run's last plan; they are compared soon."""
        if self._choices == other._choices:
            self.threads, self._trials = other.threads, []

    @property
    def compares(self) -> bool:
        """There is more than one thread count to choose from."""
        return len(self._choices) > 1

    @property
    def settled(self) -> bool:
        """No thread counts are being compared, and bursts are as long as they are going to be."""
        return not self._trials and (self._usual > 0.0 or len(self._choices) == 1)

    def next_burst(self) -> tuple[int, int]:
        """Steps and threads of the next burst."""
        return self._burst, self._trials[0] if self._trials else self.threads

    def took(self, steps: int, threads: int, seconds: float) -> None:
        """Learn from a burst."""
        if not steps:
            return
        each = seconds / steps
        wanted = max(1, int(BURST_SECONDS / max(each, 1e-9)))
        self._burst = min(wanted, 8 * self._burst, self._most)
        if self._trials:
            self._compare(threads, each, reliable=seconds >= BURST_SECONDS / 10)
            return
        self._since += seconds
        slowed = self._since > AGAIN_SECONDS / 10 and each > _SLOWED * self._usual
        if len(self._choices) > 1 and (slowed or self._since > AGAIN_SECONDS):
            self._begin_trials()

    def _compare(self, threads: int, each: float, *, reliable: bool) -> None:
        """One trial; a burst that is too short says nothing, unless it cannot be longer."""
        if not reliable and self._burst < self._most and each * self._burst < BURST_SECONDS / 10:
            return
        self._seen[threads].append(each)
        self._trials.pop(0)
        if not self._trials:
            self.threads = self._choices[0]
            for n in self._choices[1:]:
                if median(self._seen[n]) < PAYS * median(self._seen[self.threads]):
                    self.threads = n
            self._usual = median(self._seen[self.threads])


class Governor:
    """Holds a run to so many steps a second, for those who want to watch single steps. Changes no number.

    limit: steps a second; 0 is as fast as the machine can.
    """

    def __init__(self) -> None:
        self.limit = 0.0
        self._due = 0.0

    def set(self, limit: float) -> None:
        self.limit, self._due = limit, 0.0

    def most(self) -> int | None:
        """Steps that the next burst may have: what belongs to a thirtieth of a second."""
        return max(1, int(self.limit / 30)) if self.limit > 0 else None

    def wait(self, now: float) -> float:
        """Seconds until the next burst is due."""
        return max(0.0, self._due - now) if self.limit > 0 else 0.0

    def did(self, steps: int, now: float) -> None:
        """A burst has been done; a run that fell behind does not hurry to catch up."""
        if self.limit > 0:
            self._due = max(self._due, now - 1 / 30) + steps / self.limit

"""How many steps to do at a time, and on how many threads: measured, not configured. Neither changes a bit of the result."""

from __future__ import annotations

import os

#: Steps are done in bursts of about so long, so that commands and curves wait no longer.
BURST_SECONDS = 0.02
#: The thread counts are compared again after so long.
AGAIN_SECONDS = 5.0
_TRIES = 3


class Pace:
    """Sizes bursts by what the last ones took and compares one and two threads now and then. chains: those of the plan."""

    def __init__(self, chains: int, most_steps: int) -> None:
        cores = len(os.sched_getaffinity(0))
        self._choices = (1, 2) if chains > 1 and cores > 1 else (1,)
        self._most = most_steps
        self._fastest = dict.fromkeys(self._choices, 0.0)
        self._trials = list(self._choices) * _TRIES if len(self._choices) > 1 else []
        self._since = 0.0
        self._burst = 1
        self.threads = self._choices[0]

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
        else:
            self._since += seconds
            if len(self._choices) > 1 and self._since > AGAIN_SECONDS:
                self._trials = list(self._choices) * _TRIES
                self._fastest = dict.fromkeys(self._choices, 0.0)
                self._since = 0.0

    def _compare(self, threads: int, each: float, *, reliable: bool) -> None:
        """One trial; a burst that is too short says nothing, unless it cannot be longer."""
        if not reliable and self._burst < self._most and each * self._burst < BURST_SECONDS / 10:
            return
        best = self._fastest[threads]
        self._fastest[threads] = min(best, each) if best else each
        self._trials.pop(0)
        if not self._trials:
            self.threads = min(self._choices, key=lambda n: self._fastest[n])

"""What watching a run costs it: what the worker measures for the eyes, and what the window draws on a core that the run wants too."""

from __future__ import annotations

import os
import time
import weakref
from typing import TYPE_CHECKING

from playground.training.messages import Progress
from playground.ui.status_part import Part, StatusPart
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.status import StatusLine

#: Seconds over which the window's share is taken.
SPAN = 1.0
CORES = os.cpu_count() or 1


class Cost:
    """Shares of the last moments: what the worker measured, of its time, and what the window's thread did, of one core's."""

    def __init__(self, watched: float) -> None:
        self._wall, self._spent, self._watched = time.monotonic(), time.thread_time(), watched
        self._shares: tuple[float, float] | None = None

    def look(self, watched: float) -> tuple[float, float]:
        """Worker and window. watched: seconds that the worker has measured so far."""
        wall, spent = time.monotonic(), time.thread_time()
        if wall - self._wall >= SPAN or self._shares is None:
            passed = max(wall - self._wall, 1e-3)
            shares = max(watched - self._watched, 0.0) / passed, (spent - self._spent) / passed
            if wall - self._wall < SPAN:  # the first second: what is known so far
                return shares
            self._shares = shares
            self._wall, self._spent, self._watched = wall, spent, watched
        return self._shares


_COSTS: weakref.WeakKeyDictionary[StatusLine, Cost] = weakref.WeakKeyDictionary()


def say_cost(line: StatusLine) -> list[Part]:
    """The worker's part is a share of its time. The window's thread counts where it and those of the run are more than the cores:
    then one of them stands still meanwhile, and a step waits for the slowest."""
    found = line.session.client.watching
    if line.session.run.state != "running" or found is None or found.run_seconds <= 0:
        _COSTS.pop(line, None)
        return []
    seconds = found.watch_seconds
    worker, window = _COSTS.setdefault(line, Cost(seconds)).look(seconds)
    progress = line.newest(Progress)
    crowded = progress is not None and progress.threads + 1 > CORES
    share = min(1.0, worker + (window if crowded else 0.0))
    return [Part(say("Cost of watching {percent} %", percent=f"{100 * share:.1f}"))]


PARTS = (StatusPart(id="cost", say=say_cost, hears=(Progress,), side="right", order=30),)

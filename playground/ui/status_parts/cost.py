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
    """The window's share of one core over the last moments. It counts all that the window's thread does while a run goes on."""

    def __init__(self) -> None:
        self._wall, self._spent = time.monotonic(), time.thread_time()
        self.share: float | None = None

    def look(self) -> float:
        """Its share now."""
        wall, spent = time.monotonic(), time.thread_time()
        if wall - self._wall >= SPAN:
            self.share = (spent - self._spent) / (wall - self._wall)
            self._wall, self._spent = wall, spent
        elif self.share is None and wall > self._wall:
            return (spent - self._spent) / (wall - self._wall)
        return self.share or 0.0


_COSTS: weakref.WeakKeyDictionary[StatusLine, Cost] = weakref.WeakKeyDictionary()


def say_cost(line: StatusLine) -> list[Part]:
    """The worker's part is a share of its time. The window's thread counts where it and those of the run are more than the cores:
    then one of them stands still meanwhile, and a step waits for the slowest."""
    found = line.session.client.watching
    if line.session.run.state != "running" or found is None or found.run_seconds <= 0:
        _COSTS.pop(line, None)
        return []
    worker = found.watch_seconds / (found.run_seconds + found.watch_seconds)
    window = _COSTS.setdefault(line, Cost()).look()
    progress = line.newest(Progress)
    crowded = progress is not None and progress.threads + 1 > CORES
    share = min(1.0, worker + (window if crowded else 0.0))
    return [Part(say("Cost of watching {percent} %", percent=f"{100 * share:.1f}"))]


PARTS = (StatusPart(id="cost", say=say_cost, hears=(Progress,), side="right", order=30),)

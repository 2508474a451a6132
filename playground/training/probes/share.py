"""A share of the time."""

from __future__ import annotations

import time


class Share:
    """Lets something happen so seldom that it takes at most a share of the time, and at most so often a second.

    What it takes is counted in time of the thread: a wait for another program's turn is no cost.
    """

    def __init__(self, share: float, per_second: float) -> None:
        self._share, self._interval = share, 1.0 / per_second
        self._due = 0.0
        self._begun = 0.0

    @property
    def due(self) -> bool:
        return time.perf_counter() >= self._due

    def soon(self) -> None:
        """Due at once."""
        self._due = 0.0

    def follow(self, other: Share) -> None:
        """Due when another one would have been."""
        self._due = other._due

    def spent(self, seconds: float) -> None:
        """It has just happened, and took so long."""
        self._due = time.perf_counter() + self._pause(seconds)

    def _pause(self, seconds: float) -> float:
        return max(self._interval, seconds / self._share)

    def __enter__(self) -> None:
        self._begun = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self.spent(time.thread_time() - self._begun)


class ThreadShare(Share):
    """A share of the thread's own time: what belongs to so many steps comes as often among them on a busy machine as on a quiet one."""

    _own = 0.0

    @property
    def due(self) -> bool:
        """The thread's clock is asked last: it takes a hundred times as long to read."""
        return super().due and time.thread_time() >= self._own

    def spent(self, seconds: float) -> None:
        super().spent(seconds)
        self._own = time.thread_time() + self._pause(seconds)

"""A run's probes: one of every kind, when each has its turn, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from playground.training import probes
from playground.training.areas.watching import WATCHING
from playground.training.probes import Probe

if TYPE_CHECKING:
    from playground.training.loop import Burst, Watch
    from playground.training.run import Run

P = TypeVar("P", bound=Probe[Any])


class Advance(Protocol):
    """`Trainer.advance`."""

    def __call__(self, most: int | None, watch: Watch | None) -> Burst: ...


class RunProbes:
    """All probes of a run; `run.probes[NormProbe]` is the one of that kind.

    What they cost is counted in time of the thread: a wait for another program's turn is no cost of watching.
    """

    def __init__(self, run: Run) -> None:
        self._by_kind: dict[type[Probe[Any]], Probe[Any]] = {kind: kind(run) for kind in probes.kinds()}
        self._all = tuple(self._by_kind.values())
        self._costs = run.board[WATCHING]
        self._wanted: dict[int, list[Probe[Any]]] = {}
        self._kept: list[tuple[Probe[Any], Any, float]] = []

    def __getitem__(self, kind: type[P]) -> P:
        return cast(P, self._by_kind[kind])

    def carry(self, previous: RunProbes) -> None:
        """Take turns as the run did until now, with another plan: not all at once because they are new."""
        for kind, probe in self._by_kind.items():
            probe.share.follow(previous._by_kind[kind].share)

    def advance(self, burst: Advance, most: int | None) -> Burst:
        """A burst of at most so many steps, some of which probes measure; several that want one share it."""
        begun = time.perf_counter()
        done = burst(most, self)
        if done.status == "fault":
            self._timed(lambda probe: probe.refused())
        self._costs.ran(time.perf_counter() - begun)
        return done

    def choose(self, first: int, count: int) -> Sequence[int]:
        """Steps of the next burst that some probe wants."""
        self._wanted.clear()
        for probe in self._all:
            for step in probe.steps(first, count):
                self._wanted.setdefault(step, []).append(probe)
        return sorted(self._wanted)

    def before(self, step: int) -> None:
        """Just before such a step."""
        self._kept.clear()
        begun = last = time.thread_time()
        for probe in self._wanted[step]:
            kept = probe.before()
            now = time.thread_time()
            self._kept.append((probe, kept, now - last))
            last = now
        self._costs.watched(last - begun)

    def after(self, step: int) -> None:
        """Just after it."""
        begun = last = time.thread_time()
        for probe, kept, seconds in self._kept:
            probe.after(kept)
            now = time.thread_time()
            probe.share.spent(seconds + now - last)
            last = now
        self._costs.watched(last - begun)

    def look(self, *, force: bool = False) -> None:
        """After a burst, or (force) when the run comes to rest, which slows nothing and is not counted."""
        if force:
            for probe in self._all:
                probe.look(force=True)
        else:
            self._timed(lambda probe: probe.look(force=False))

    def _timed(self, act: Callable[[Probe[Any]], None]) -> None:
        begun = time.thread_time()
        for probe in self._all:
            act(probe)
        self._costs.watched(time.thread_time() - begun)

"""A run's probes: one of every kind, and when each has its turn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from playground.training import probes
from playground.training.probes import Probe

if TYPE_CHECKING:
    from playground.training.loop import Burst
    from playground.training.run import Run

P = TypeVar("P", bound=Probe[Any])


class RunProbes:
    """All probes of a run; `run.probes[NormProbe]` is the one of that kind."""

    def __init__(self, run: Run) -> None:
        self._by_kind: dict[type[Probe[Any]], Probe[Any]] = {kind: kind(run) for kind in probes.kinds()}
        self._all = tuple(self._by_kind.values())

    def __getitem__(self, kind: type[P]) -> P:
        return cast(P, self._by_kind[kind])

    def advance(self, burst: Callable[[int | None], Burst], most: int | None) -> Burst:
        """A burst of at most so many steps, or of a single one that a probe measures; several that are due share it."""
        due = [probe for probe in self._all if probe.due]
        if not due:
            return burst(most)
        with contextlib.ExitStack() as shares:
            for probe in due:
                shares.enter_context(probe.share)
            kept = [probe.before() for probe in due]
            done = burst(1)
            if done.status != "finished" and len(done.rows):
                for probe, before in zip(due, kept, strict=True):
                    probe.after(before, done)
        return done

    def look(self, *, force: bool = False) -> None:
        """After a burst, or (force) when the run comes to rest."""
        for probe in self._all:
            probe.look(force=force)

"""What is measured only because somebody looks at it."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grid(Event):
    """A new output surface lies in shared memory: `Client.grid()` reads it."""

    newest = True

    step: int
    size: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class WatchGrid(Command):
    """Keep the output over a square of the input plane up to date. low, high: (x, y) in the data's own unit; size 0: stop."""

    stands = True
    waits = True

    low: tuple[float, float]
    high: tuple[float, float]
    size: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class WatchNorms(Command):
    """Measure norms, outputs and histograms of the layers now and then, or stop doing so."""

    stands = True
    waits = True

    on: bool

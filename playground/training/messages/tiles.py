"""Pictures of nodes while a run goes on."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pictured(Event):
    """A new set of pictures lies in shared memory: `Client.pictures()` reads it."""

    newest = True

    step: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class WatchTiles(Command):
    """Keep pictures of these nodes up to date. nodes: names in the run and the first unit that shows; none: stop.

    low, high: corners of the input plane in the data's own unit, for data with two inputs.  sample: whose outputs are shown.
    mark: a number that comes back with the pictures.
    """

    stands = True
    during_step = True
    waits = True

    nodes: tuple[tuple[str, int], ...]
    low: tuple[float, float]
    high: tuple[float, float]
    sample: int
    mark: int

"""The way back: to stand at an earlier step again, and to begin a layer anew."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event
from playground.training.messages.run import Start, Started


@dataclasses.dataclass(frozen=True, kw_only=True)
class Travel(Command):
    """Stand at an earlier step again: weights, optimizer, statistics, random streams, data order and knobs.

    kind: "rewind", or "fork" to keep the curve that is left as a branch.  step: at most the present one.
    go_on: train on from there; else as before.  folder: where the run of a fork is kept from there on; "": where it was.
    plan: serial number of the plan that this step was done with.  start: for another plan than the present one, as in `Change`, with a
    descriptor for each of its blocks.
    """

    kind: str
    step: int
    go_on: bool
    folder: str
    plan: int
    start: Start | None

    @property
    def descriptors(self) -> int:
        return self.start.descriptors if self.start is not None else 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Travelling(Event):
    """Steps are done once more on the way to a step. share: of the way that is done.  seconds_left: about, soon as measured."""

    newest = True

    kind: str
    step: int
    share: float
    seconds_left: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stayed(Event):
    """A way back was not gone to its end, by the button "cancel_travel", another command, or because it is not possible.

    The run stands, or goes on, where it did. text: why, "" where it was asked for.  folder: that of the fork that did not come about.
    """

    kind: str
    step: int
    text: str
    folder: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reinitialise(Command):
    """Give a layer start weights from the next step on, drawn with this seed. layer: its name in the run."""

    layer: str
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Travelled(Event):
    """The run stands at an earlier step. before: where it stood. knobs: as they are now, by name.

    rows: counts of rows on the board's lists of steps, epochs and norms then; what is listed after them is new.
    change: serial number of the command.  plan: that of the plan that the run has now; started: its sizes where it is another one
    than before; in_place: as in `Replanned`.  folder: where the run is kept.
    """

    kind: str
    step: int
    before: int
    knobs: dict[str, float]
    rows: tuple[int, ...]
    change: int
    plan: int
    started: Started | None
    in_place: bool
    folder: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reinitialised(Event):
    """A layer has start weights from this step on."""

    layer: str
    step: int

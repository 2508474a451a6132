"""The way back: to stand at an earlier step again, and to begin a layer anew."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class Travel(Command):
    """Stand at an earlier step again: weights, optimizer, statistics, random streams, data order and knobs.

    kind: "rewind", or "fork" to keep the curve that is left as a branch.  step: at most the present one.
    go_on: train on from there; else as before.
    """

    kind: str
    step: int
    go_on: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reinitialise(Command):
    """Give a layer start weights from the next step on, drawn with this seed. layer: its name in the run."""

    layer: str
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Travelled(Event):
    """The run stands at an earlier step. before: where it stood. knobs: as they are now, by name.

    rows: counts of rows on the board's lists of steps, epochs and norms then; what is listed after them is new.
    """

    kind: str
    step: int
    before: int
    knobs: dict[str, float]
    rows: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reinitialised(Event):
    """A layer has start weights from this step on."""

    layer: str
    step: int

"""Changes of a whole run while it goes on: of its plan, its frozen layers, its data; and the journal's entries."""

from __future__ import annotations

import dataclasses
from typing import Any

from playground.training.messages.base import Command, Event, Message
from playground.training.messages.run import Start, Started


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry(Message):
    """One thing that was done to a run, or that happened to it. serial: counts from 1.  step: steps done when it was (see `journal`).

    kind: a word from `journal.KINDS`.  what: of a knob its name, else a word of the kind.  before, after: strict JSON.
    note: what a person should know besides, "" for nothing.
    """

    serial: int
    step: int
    kind: str
    what: str
    before: Any
    after: Any
    note: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change(Command):
    """Go on with another plan, or other data, as soon as it is made ready; until then the run goes on as it is, and of several changes
    the last one counts. A descriptor travels with it for each of `start.blocks`.

    start: as for a new run, with an arena and a board that are still empty; it says nothing of folder, checkpoint and pause.
    same_samples: x and y are those that the run has.
    """

    waits = True

    start: Start
    same_samples: bool

    @property
    def descriptors(self) -> int:
        return self.start.descriptors


@dataclasses.dataclass(frozen=True, kw_only=True)
class Replanned(Event):
    """The run goes on with the plan of the change with this serial number, in the memory that came with it. started: its new sizes.

    in_place: in the memory that it had before; that which came with the change is not used.
    """

    change: int
    started: Started
    entry: Entry
    in_place: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangeRefused(Event):
    """The run goes on as it was. text: why, and what to do.  batch: one that would fit in memory, 0 if that is not the matter.

    problems: (node, field, sentence) of each for a project that cannot be trained.
    """

    change: int
    text: str
    batch: int
    problems: tuple[tuple[str, str, str], ...]

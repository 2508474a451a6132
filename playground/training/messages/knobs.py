"""Numbers that may change while a run goes on."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class KnobChanged(Event):
    """A knob has its new value from this step (0-based) on; the curves mark it."""

    name: str
    value: float
    before: float
    step: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetKnob(Command):
    """Change a knob from the next step on."""

    waits = True

    name: str
    value: float

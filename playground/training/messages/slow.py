"""A step in slow motion."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepPhase(Command):
    """Do the next phase of a training step: what one node does in one direction. Any other command first ends the step."""

    during_step = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class PhaseDone(Event):
    """A phase is done. direction: "forward", "backward" or "update".  step: done before this one.

    done: phases so far; total: of a step with one batch.  values: the first numbers of what it wrote for its first sample, of `count`;
    low, high: the least and the greatest of all of them that are finite.
    """

    node: str
    op: str
    direction: str
    step: int
    done: int
    total: int
    values: tuple[float, ...]
    count: int
    low: float
    high: float

"""The fan of rates."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event, Message

#: What the rate is multiplied by, and the steps of a ray, where nobody says otherwise.
FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
STEPS = 50


@dataclasses.dataclass(frozen=True, kw_only=True)
class RayRecord(Message):
    """The losses of some steps at a multiple of the rate. end: mean of the last quarter, infinite where a number was not finite."""

    factor: float
    rate: float
    losses: tuple[float, ...]
    end: float
    fault: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class FanPoint(Event):
    """How far the fan is: the losses so far of its newest ray."""

    newest = True

    ray: int
    rays: int
    factor: float
    first: int
    losses: tuple[float, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FanDone(Event):
    """The whole fan. best: the place of the ray that ends lowest, -1 for none.  first: steps done before it.  base: the rate.

    stopped: "end" or "cancelled".  sha256: of the state, the same before and after.
    """

    rays: tuple[RayRecord, ...]
    best: int
    first: int
    base: float
    stopped: str
    sha256: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class FanRates(Command):
    """Try multiples of the rate from the present state, which stays as it is."""

    factors: tuple[float, ...]
    steps: int

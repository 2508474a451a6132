"""The search for a learning rate."""

from __future__ import annotations

import dataclasses

from playground.training.messages.base import Command, Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinderPoint(Event):
    """How far the search for a learning rate is; the newest of the points, which `FinderDone` gives in full."""

    newest = True

    done: int
    total: int
    rate: float
    loss: float
    smoothed: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinderDone(Event):
    """The finder's curve and what it suggests. stopped: "end", "diverged", "fault" or "cancelled". None: no clear answer.

    sha256: of the state, the same before and after.  factor: the most that the schedule multiplies the base rate by; a rate that was found
    is reached with this share of it as the base rate.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    valley: float | None
    minimum: float | None
    stopped: str
    step: int
    sha256: str
    text: str
    factor: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class FindRate(Command):
    """Search for a learning rate from the present state and leave that state as it is."""

    low: float
    high: float
    steps: int
    smoothing: float
    stop_factor: float


def base_rate(found: float, factor: float) -> float:
    """The base rate with which a run comes to a rate that was found, where the schedule multiplies it by `factor` at most."""
    return float(f"{found / factor:.3g}")

"""The learning-rate finder: what the loss does while the rate rises with every batch. The state is left exactly as it was.

Source: L. Smith, Cyclical Learning Rates for Training Neural Networks (2017), section 3.3; the smoothing, the stop and the
suggestions as in fastai 2.7, fastai/callback/schedule.py (`LRFinder`, `steep`, `valley`, `minimum`) and fastai/learner.py (`AvgSmoothLoss`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.engine.machine import Machine
from playground.engine.registers import RATE
from playground.errors import BadValue
from playground.training.messages import FinderDone
from playground.training.shadow import Shadow
from playground.words import joined, sentence

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Options:
    """From low to high in so many steps. smoothing: weight of the past; stop_factor: times the best smoothed loss."""

    low: float = 1e-7
    high: float = 10.0
    steps: int = 100
    smoothing: float = 0.98
    stop_factor: float = 4.0

    def check(self) -> None:
        """Raises BadValue."""
        if not 0.0 < self.low < self.high <= 1e6:
            raise BadValue(
                sentence(
                    "The rates must rise from above 0 to at most 1,000,000; {low} to {high} was given.",
                    low=f"{self.low:g}",
                    high=f"{self.high:g}",
                )
            )
        if not 2 <= self.steps <= 10_000:
            raise BadValue(sentence("The search must have 2 to 10,000 steps; {steps} was given.", steps=self.steps))
        if not 0.0 <= self.smoothing < 1.0:
            raise BadValue(
                sentence("Smoothing must lie in 0 to below 1; {smoothing} was given.", smoothing=f"{self.smoothing:g}")
            )
        if not self.stop_factor > 1.0:
            raise BadValue(
                sentence(
                    "The search must stop at more than 1 times the best loss; {stop_factor} was given.",
                    stop_factor=f"{self.stop_factor:g}",
                )
            )

    def rates(self) -> Array:
        """Shapes: (steps,) float32, rising geometrically."""
        return np.geomspace(self.low, self.high, self.steps).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Point:
    """One batch: the rate it was trained at, its loss before that update, and the smoothed loss."""

    rate: float
    loss: float
    smoothed: float


@dataclasses.dataclass(frozen=True)
class Found:
    """The curve and what it suggests. stopped: "end", "diverged", "fault" or "cancelled"."""

    points: tuple[Point, ...]
    steepest: float | None
    valley: float | None
    minimum: float | None
    stopped: str


class Search:
    """One search on a machine that is at rest. Iterate for the points; `finish` gives the result and restores the state.

    The state is also restored when the search is left early or raises, for it is a context manager.
    """

    def __init__(self, machine: Machine, options: Options, threads: int = 1) -> None:
        options.check()
        self._machine, self._options, self._threads = machine, options, threads
        self._shadow = Shadow(machine)
        self.points: list[Point] = []
        self._stopped = "cancelled"

    def __enter__(self) -> Search:
        self._shadow.__enter__()
        self._machine.knobs[RATE] = 1.0
        return self

    def __exit__(self, *found: object) -> None:
        self._shadow.__exit__(*found)

    def __iter__(self) -> Iterator[Point]:
        """Points until the rates are through, the loss has grown beyond the stop factor, or a number is not finite."""
        machine, ring = self._machine, self._machine.ring()
        average, best = 0.0, math.inf
        weight = self._options.smoothing
        for done, rate in enumerate(self._options.rates(), start=1):
            row = machine.step % len(ring)
            if machine.run(1, np.array([rate], np.float32), self._threads).steps < 1:
                self._stopped = "fault"
                return
            loss = float(ring[row, 0])
            average = weight * average + (1.0 - weight) * loss
            smoothed = average / (1.0 - weight**done)
            self.points.append(Point(float(rate), loss, smoothed))
            yield self.points[-1]
            best = min(best, smoothed)
            if smoothed > self._options.stop_factor * best:
                self._stopped = "diverged"
                return
        self._stopped = "end"

    def found(self) -> Found:
        """The points so far with their suggestions."""
        trimmed = self.points[self._options.steps // 10 : -5] if len(self.points) > self._options.steps // 10 + 5 + 2 else []
        rates, losses = [p.rate for p in trimmed], [p.smoothed for p in trimmed]
        return Found(
            tuple(self.points), steepest(rates, losses), valley(rates, losses), minimum(rates, losses), self._stopped
        )


def find_rate(machine: Machine, options: Options | None = None, threads: int = 1) -> Found:
    """A whole search. The machine's state, knobs and random streams are the same before and after, at any moment of a run."""
    with Search(machine, options or Options(), threads) as search:
        for _ in search:
            pass
        return search.found()


def steepest(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The rate at which the loss falls fastest over the logarithm of the rate; None when it never falls."""
    if len(rates) < 2:
        return None
    slopes = np.diff(losses) / np.diff(np.log(rates))
    at = int(np.argmin(slopes))
    return float(rates[at]) if slopes[at] < 0 else None


def valley(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The middle of the longest valley: half-way down its second third. None when the loss never falls.

    The longest valley is the longest falling subsequence of the losses.
    """
    n = len(losses)
    if n < 2:
        return None
    y = np.asarray(losses)
    length = np.ones(n, int)
    for i in range(1, n):
        higher = y[:i] > y[i]
        if higher.any():
            length[i] = length[:i][higher].max() + 1
    end = int(np.argmax(length))
    if length[end] < 2:
        return None
    start = end - int(length[end])
    third = (end - start) / 3
    return float(rates[max(0, start + int(third) + int(third / 2))])


def minimum(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """A tenth of the rate at which the loss is least; None when it never falls below its start."""
    if len(rates) < 2:
        return None
    at = int(np.argmin(losses))
    return float(rates[at]) / 10 if losses[at] < losses[0] else None


def outcome(found: Found) -> str:
    """What came out, in words."""
    how = {
        "end": sentence("Tried {points_count} rates.", points_count=len(found.points)),
        "diverged": sentence("The loss diverged at a rate of {rate}.", rate=f"{found.points[-1].rate:.2g}")
        if found.points
        else "",
        "fault": sentence("A number was no longer finite; the search stopped there."),
        "cancelled": sentence("The search was left early."),
    }[found.stopped]
    if found.valley is None and found.steepest is None:
        return sentence("{how} The loss never fell, so there is nothing to suggest.", how=how)
    named = [
        joined((name, f"{value:.2g}"), " ")
        for name, value in ((sentence("valley"), found.valley), (sentence("steepest descent"), found.steepest))
        if value
    ]
    return sentence("{how} Suggested: {named}.", how=how, named=joined(named))


def told(found: Found, step: int, sha256: str) -> FinderDone:
    """The result as a message."""
    return FinderDone(
        rates=tuple(p.rate for p in found.points),
        losses=tuple(p.loss for p in found.points),
        smoothed=tuple(p.smoothed for p in found.points),
        steepest=found.steepest,
        valley=found.valley,
        minimum=found.minimum,
        stopped=found.stopped,
        step=step,
        sha256=sha256,
        text=outcome(found),
    )

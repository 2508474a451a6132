"""The learning-rate finder: what the loss does while the rate rises with every batch. The state is left exactly as it was.

Source: L. Smith, Cyclical Learning Rates for Training Neural Networks (2017), section 3.3; the smoothing, the stop and the
suggestions as in fastai 2.7, fastai/callback/schedule.py (`LRFinder`, `steep`, `valley`, `minimum`) and fastai/learner.py (`AvgSmoothLoss`),
but for two things: the first tenth of the batches does not end a search, and a fall that noise explains suggests nothing.
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

#: A fall of the smoothed loss counts from so many standard errors on. Of curves of noise alone, whose least value is sought over all
#: pairs of points, one in a hundred falls that far.
CLEAR = 5.0
#: Points of the curve that are held against one another.
_PAIRED = 400


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
    """The curve and what it suggests. stopped: "end", "diverged", "fault" or "cancelled".

    noise: how much the loss goes up and down from batch to batch, where the smoothed one falls nowhere by more than follows from that;
    nothing is suggested then. None where it does fall.
    """

    points: tuple[Point, ...]
    steepest: float | None
    valley: float | None
    minimum: float | None
    stopped: str
    noise: float | None = None


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
            if done <= self._options.steps // 10:
                continue  # the mean of a few batches is no yardstick: one lucky batch would end the search of a trained network
            best = min(best, smoothed)
            if smoothed > self._options.stop_factor * best:
                self._stopped = "diverged"
                return
        self._stopped = "end"

    def found(self) -> Found:
        """The points so far with their suggestions."""
        first = self._options.steps // 10
        trimmed = self.points[first:-5] if len(self.points) > first + 5 + 2 else []
        rates, losses = [p.rate for p in trimmed], [p.smoothed for p in trimmed]
        noise, fall = falls([p.loss for p in self.points], losses, first, self._options.smoothing)
        if losses and fall < CLEAR:
            return Found(tuple(self.points), None, None, None, self._stopped, noise)
        return Found(tuple(self.points), steepest(rates, losses), valley(rates, losses), minimum(rates, losses), self._stopped)


def find_rate(machine: Machine, options: Options | None = None, threads: int = 1) -> Found:
    """A whole search. The machine's state, knobs and random streams are the same before and after, at any moment of a run."""
    with Search(machine, options or Options(), threads) as search:
        for _ in search:
            pass
        return search.found()


def falls(raw: Sequence[float], smoothed: Sequence[float], first: int, smoothing: float) -> tuple[float, float]:
    """The noise of some losses, and by how many standard errors their smoothed curve falls at most between two of its points.

    raw: losses of all batches.  smoothed: the curve from point `first` on.  The noise is the standard deviation of a batch's loss about
    the trend, from second differences, which a straight slope leaves at nothing (variance 6σ²; J. von Neumann et al., The mean square
    successive difference, 1941), up to the least of the curve, behind which the loss may run away, but over half of the batches at least.
    """
    curve = np.asarray(smoothed, float)
    if len(curve) < 2:
        return 0.0, 0.0
    until = max(first + int(np.argmin(curve)) + 1, len(raw) // 2)
    seconds = np.diff(np.asarray(raw, float)[:until], 2)
    noise = math.sqrt(float(np.mean(seconds**2)) / 6) if len(seconds) else 0.0
    some = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), _PAIRED)).astype(int))
    with np.errstate(invalid="ignore", over="ignore"):
        drop = np.triu(curve[some][:, None] - curve[some][None, :], 1)
    if not drop.max() > 0:
        return noise, 0.0
    error = noise * standard_error(some[:, None] + first + 1.0, some[None, :] + first + 1.0, smoothing)
    return noise, float(
        np.max(np.divide(drop, error, out=np.full_like(drop, np.inf), where=error > 0), where=drop > 0, initial=0.0)
    )


def standard_error(i: Array, j: Array, smoothing: float) -> Array:
    """Of the difference of the i-th and the j-th point, from 1, of the smoothed curve, where batches' losses have a variance of 1.

    For i <= j a bias-corrected moving average with weight w of the past has Cov(s_i, s_j) = w^(j-i) (1-w^(2i)) (1-w) / ((1-w^i)(1-w^j)(1+w)).
    """
    w, low, high = smoothing, np.minimum(i, j), np.maximum(i, j)

    def shared(low: Array, high: Array) -> Array:
        return np.asarray(w ** (high - low) * (1 - w ** (2 * low)) / ((1 - w**low) * (1 - w**high)) * (1 - w) / (1 + w))

    return np.asarray(np.sqrt(np.maximum(shared(low, low) + shared(high, high) - 2 * shared(low, high), 0.0)))


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
    if found.noise is not None:
        return sentence(
            "{how} The loss falls nowhere by more than its noise of {noise}: no suggestion. The present rate may stay.",
            how=how,
            noise=f"{found.noise:.2g}",
        )
    if found.valley is None and found.steepest is None and found.stopped == "diverged":
        return sentence(
            "The loss ran away within {n} batches, too few for a suggestion. Begin at a lower rate, or smooth more.",
            n=len(found.points),
        )
    if found.valley is None and found.steepest is None:
        return sentence("{how} The loss never fell, so there is nothing to suggest.", how=how)
    named = [
        joined((name, f"{value:.2g}"), " ")
        for name, value in ((sentence("valley"), found.valley), (sentence("steepest descent"), found.steepest))
        if value
    ]
    return sentence("{how} Suggested: {named}.", how=how, named=joined(named))


def told(found: Found, step: int, sha256: str, factor: float) -> FinderDone:
    """The result as a message. factor: see there."""
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
        factor=factor,
    )

"""The fan of rates: what the next steps would come to at a tenth, a third, once, three and ten times the rate. Nothing is changed.

Every ray starts from the same state and sees the same batches with the same random numbers, so that the rate alone tells them apart;
the schedule goes on as planned in each of them.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.engine.machine import Machine
from playground.engine.registers import RATE
from playground.errors import BadValue
from playground.training.loop import Trainer
from playground.training.messages.fan import FACTORS, STEPS, FanDone, RayRecord
from playground.training.shadow import Shadow
from playground.words import sentence

Array = npt.NDArray[Any]
#: (first step, count) -> what the schedule makes of rate and momentum. Shapes: -> (count, 3).
Planned = Callable[[int, int], Array]

#: Steps between two looks at whether the fan is still wanted, where a step takes no longer than so many seconds.
_PIECE, _PATIENCE = 5, 0.02


@dataclasses.dataclass(frozen=True)
class Options:
    """What the rate is multiplied by, a ray each, and how many steps a ray has."""

    factors: tuple[float, ...] = FACTORS
    steps: int = STEPS

    def check(self) -> None:
        """Raises BadValue."""
        if not 1 <= len(self.factors) <= 20 or not all(1e-6 <= factor <= 1e6 for factor in self.factors):
            raise BadValue(sentence("A fan has 1 to 20 rays, each at 0.000001 to 1,000,000 times the rate."))
        if not 2 <= self.steps <= 10_000:
            raise BadValue(sentence("A ray must have 2 to 10,000 steps; {steps} was given.", steps=self.steps))


@dataclasses.dataclass(frozen=True)
class Ray:
    """Losses of the steps at one multiple of the rate. fault: a number was no longer finite after them."""

    factor: float
    rate: float
    losses: tuple[float, ...]
    fault: bool

    @property
    def end(self) -> float:
        """The mean loss of the last quarter of its steps; infinite where it broke off."""
        last = self.losses[-max(1, len(self.losses) // 4) :]
        return math.inf if self.fault or not last or not all(map(math.isfinite, last)) else float(np.mean(last))


@dataclasses.dataclass(frozen=True)
class Found:
    """The rays that are whole, in the order of the factors. best: the place of the one that ends lowest, None without any.

    first: steps done before.  base: the rate they are multiples of, before the schedule.
    """

    rays: tuple[Ray, ...]
    best: int | None
    first: int
    base: float
    stopped: str


class Fan:
    """One fan on a machine at rest. Iterate for (ray, its losses so far); a context manager that puts everything back."""

    def __init__(self, machine: Machine, planned: Planned, options: Options | None = None, threads: int = 1) -> None:
        self.options = options or Options()
        self.options.check()
        self._machine, self._planned, self._threads = machine, planned, threads
        self._shadow = Shadow(machine)
        self.first, self.base = machine.step, float(machine.knobs[RATE])
        self.rays: list[Ray] = []

    def __enter__(self) -> Fan:
        self._shadow.__enter__()
        return self

    def __exit__(self, *found: object) -> None:
        self._shadow.__exit__(*found)

    def __iter__(self) -> Iterator[tuple[int, tuple[float, ...]]]:
        """After every few steps of every ray."""
        planned = np.asarray(self._planned(self.first, self.options.steps), np.float32)
        wanted = 1
        for at, factor in enumerate(self.options.factors):
            self._shadow.restart()
            losses: list[float] = []
            fault = False
            while len(losses) < self.options.steps and not fault:
                piece = planned[len(losses) : len(losses) + wanted] * np.array([factor, 1.0, 1.0], np.float32)
                began = time.perf_counter()
                more = self._steps(piece)
                wanted = _PIECE if time.perf_counter() - began < _PATIENCE * len(piece) else 1
                losses += more
                fault = len(more) < len(piece)
                yield at, tuple(losses)
            self.rays.append(Ray(factor, self.base * factor, tuple(losses), fault))

    def _steps(self, factors: Array) -> list[float]:
        """The losses of some steps; fewer where one could not be done."""
        machine, ring = self._machine, self._machine.ring()
        first = machine.step
        done = machine.run(len(factors), factors, self._threads).steps
        return [float(loss) for loss in ring[np.arange(first, first + done) % len(ring), 0]]

    def found(self) -> Found:
        """What the whole rays so far say."""
        ends = [ray.end for ray in self.rays]
        best = int(np.argmin(ends)) if ends and math.isfinite(min(ends)) else None
        stopped = "end" if len(self.rays) == len(self.options.factors) else "cancelled"
        return Found(tuple(self.rays), best, self.first, self.base, stopped)


def planned(trainer: Trainer) -> Planned:
    """The schedule of a run. Beyond its end the last factor stays; where that is nothing, the base rate is meant."""

    def factors(first: int, count: int) -> Array:
        known = trainer.factors(first, max(1, min(count, trainer.total_steps - first)))
        found = np.concatenate([known, np.repeat(known[-1:], count - len(known), axis=0)])
        if not found[:, 0].any():
            found[:, 0] = 1.0
        return found

    return factors


def outcome(found: Found) -> str:
    """What came out, in words."""
    if found.best is None:
        return sentence("No rate gave a finite loss. Rewind, or clip the gradient.")
    ray = found.rays[found.best]
    if ray.factor == 1.0:
        return sentence(
            "The present rate of {rate} does best over the next {steps} steps.", rate=f"{ray.rate:.3g}", steps=len(ray.losses)
        )
    return sentence(
        "{factor} times the rate, {rate}, does best over the next {steps} steps: loss {loss}.",
        factor=f"{ray.factor:g}",
        rate=f"{ray.rate:.3g}",
        steps=len(ray.losses),
        loss=f"{ray.end:.3g}",
    )


def told(found: Found, sha256: str) -> FanDone:
    """The result as a message."""
    rays = tuple(RayRecord(factor=r.factor, rate=r.rate, losses=r.losses, end=r.end, fault=r.fault) for r in found.rays)
    best = -1 if found.best is None else found.best
    return FanDone(
        rays=rays, best=best, first=found.first, base=found.base, stopped=found.stopped, sha256=sha256, text=outcome(found)
    )

"""The batch-size finder: samples a second and memory over batch sizes, each measured in memory of its own beside the run."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import numpy as np

from playground.engine import free_memory
from playground.engine.machine import Machine
from playground.engine.plan import Plan, plan_network, size_of
from playground.training.assembly import Assembled
from playground.training.messages.analysis import BatchesDone, BatchRecord
from playground.training.pace import Pace
from playground.words import sentence

#: Sizes that are tried, as far as there are samples and memory.
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
#: A batch that reaches this share of the fastest is as good as it, and its steps are more.
NEARLY = 0.9
#: Sizes beyond this many times the seconds a size may take are not tried: each step would be slower still.
_SLOW = 4.0
_LEAST_STEPS = 3
_QUIET = 20


@dataclasses.dataclass(frozen=True)
class Found:
    """The sizes measured, ascending. stopped: "end", "memory" where the next would not fit, "slow", or "cancelled"."""

    sizes: tuple[BatchRecord, ...]
    stopped: str

    @property
    def suggested(self) -> int:
        """The smallest size that is nearly as fast as the fastest; 0 for none."""
        best = max((one.rate for one in self.sizes), default=0.0)
        return next((one.batch for one in self.sizes if one.rate >= NEARLY * best), 0)


class Search:
    """Iterate for the sizes as they are measured; nothing of the run is touched."""

    def __init__(self, made: Assembled, seconds: float = 0.3, sizes: tuple[int, ...] = SIZES) -> None:
        count, now = made.prepared.train.count, made.project.training.batch
        self._made, self._seconds = made, seconds
        self._sizes = sorted({size for size in (*sizes, now) if size <= max(count, 1)})
        self.sizes: list[BatchRecord] = []
        self._stopped = "cancelled"

    def __iter__(self) -> Iterator[BatchRecord]:
        for size in self._sizes:
            needed = self._needed(size)
            room = free_memory.room()
            if room is not None and needed > room:
                self._stopped = "memory"
                return
            self.sizes.append(self._measured(size, needed))
            yield self.sizes[-1]
            if self.sizes[-1].step_seconds > _SLOW * self._seconds:
                self._stopped = "slow"
                return
        self._stopped = "end"

    def found(self) -> Found:
        """What was measured so far."""
        return Found(tuple(self.sizes), self._stopped)

    def _needed(self, size: int) -> int:
        """Bytes of a whole run with this batch."""
        layout = self._made.plan.layout
        counts = {name: window[2] for name, window in layout.windows.items() if name != "window"}
        wide = layout.windows["window"][2]
        lowered, window = self._made.lowered, wide if wide > self._made.plan.batch else 0
        return size_of(lowered.graph, batch=size, update=lowered.update, samples=counts, window=window).whole_run

    def _measured(self, size: int, needed: int) -> BatchRecord:
        """Train a while on as few samples as a whole batch wants."""
        made = self._made
        split, training = made.prepared.train, made.project.training
        count = min(split.count, size * max(training.accumulate, 1) * 2)
        part = split.first(count)
        lowered = made.lowered
        plan = plan_network(lowered.graph, batch=size, update=lowered.update, samples={"train": count})
        machine = Machine(plan, shuffle=training.shuffle)
        machine.prepare()
        machine.load("train", part.x, made.lowered.columns(part))
        machine.initialise(training.seed)
        each = self._each(machine, plan)
        samples = min(size * max(training.accumulate, 1), count)
        return BatchRecord(batch=size, rate=samples / each, step_seconds=each, nbytes=needed)

    def _each(self, machine: Machine, plan: Plan) -> float:
        """Seconds of a step with a whole batch, on the number of threads that suits it."""
        pace = Pace(plan.chains, len(machine.ring()) // 2)
        times: list[tuple[int, float]] = []
        until = time.perf_counter() + self._seconds
        while time.perf_counter() < until or len(times) < _LEAST_STEPS:
            steps, threads = pace.next_burst()
            began = time.perf_counter()
            ran = machine.run(steps, np.zeros(steps, np.float32), threads)  # a rate of 0: nothing can run away
            took = time.perf_counter() - began
            pace.took(ran.steps, threads, took)
            times.append((threads, took / max(ran.steps, 1)))
        chosen = [each for threads, each in times[1:] if threads == pace.threads]
        # Of bursts that others slowed down most say nothing about the size, so an early quantile tells more than the middle one.
        return float(np.percentile(chosen or [each for _, each in times], _QUIET))


def outcome(found: Found, now: int) -> str:
    """What came out, in words. now: the batch of the project."""
    if not found.suggested:
        return sentence("No batch could be measured.")
    chosen = next(one for one in found.sizes if one.batch == found.suggested)
    here = next((one for one in found.sizes if one.batch == now), None)
    if here is not None and here.rate >= NEARLY * chosen.rate:
        return sentence("Batch {batch} is as fast as any here: {rate} samples a second.", batch=now, rate=f"{here.rate:,.0f}")
    if here is None:
        return sentence(
            "Batch {batch} is the smallest that is about as fast as any: {rate} samples a second.",
            batch=chosen.batch,
            rate=f"{chosen.rate:,.0f}",
        )
    return sentence(
        "Batch {batch} trains {factor} times as many samples a second as {now}.",
        batch=chosen.batch,
        factor=f"{chosen.rate / here.rate:.1f}",
        now=now,
    )


def told(found: Found, now: int, sha256: str) -> BatchesDone:
    """The result as a message."""
    return BatchesDone(
        sizes=found.sizes, suggested=found.suggested, stopped=found.stopped, sha256=sha256, text=outcome(found, now)
    )

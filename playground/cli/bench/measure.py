"""A workload measured: every side in its own process, one after the other, round after round; losses compared first."""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from playground.cli.bench import sides
from playground.cli.bench.ours import machine_of
from playground.cli.bench.workloads import Workload

#: Steps over which losses must agree with PyTorch's, from the same weights and rows.
CHECKED = 10
#: Largest difference between two losses as a share of the larger (at least 1): float32 sums in another order differ by some
#: 1e-7 each, Adam's division by a small root carries that into the weights, and ten steps multiply it.
TOLERANCE = 2e-4
#: A machine that others share changes its speed for a second or two at a time. Many short rounds meet all sides alike, few long ones may
#: not: of 15 the ratio of two medians moved by 0.03 to either side, of 5 by 0.05.
ROUNDS, ROUND_SECONDS = 15, 0.15
#: Idle between two measurements, so that the threads of the one before have gone to sleep.
BREATH_SECONDS = 0.05

Told = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class Measured:
    """Medians in microseconds a step by side, the best of each group, and whether the numbers were right."""

    id: str
    medians: dict[str, float]
    spreads: dict[str, tuple[float, float]]
    best: dict[str, float]
    valid: bool | None
    loss_error: float | None
    arena_bytes: int

    def ratio(self, group: str) -> float | None:
        """Ours over theirs; below 1 we are faster."""
        return self.best["ours"] / self.best[group] if group in self.best else None


def measure(one: Workload, python: dict[str, str], cores: int, rounds: int, timed: bool, told: Told) -> Measured:
    """python: interpreter of "torch" and "jax" where they are wanted.  timed: False only compares losses."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        setup = _handed_over(one, Path(folder))
        wanted = sides.ours(one.id, cores)
        if "torch" in python:
            wanted += sides.torch(python["torch"], setup, cores)
        if "jax" in python and timed and one.targets[1] is not None:
            wanted += sides.jax(python["jax"], setup, min(one.steps, 1000))
        if not timed:
            wanted = [side for n, side in enumerate(wanted) if side.group not in {before.group for before in wanted[:n]}]
        running = []
        for n, side in enumerate(wanted):
            told(f"{one.id}: starting {side.name}", n, len(wanted))
            running.append(stack.enter_context(sides.Running(side)))
            running[-1].wait_until_ready()
        answers = {r.side.name: r.ask({"check": CHECKED}) for r in running}
        seconds = _timed(one, running, rounds, told) if timed else {}
        return _summed(one, wanted, answers, seconds)


def _handed_over(one: Workload, folder: Path) -> dict[str, Any]:
    """Our start weights and the rows as files, so that every side starts from the same numbers."""
    machine, samples = machine_of(one.id), one.samples()
    weights = {f"p{n}": array for n, array in enumerate(machine.parameters().values())}
    np.savez(folder / "weights.npz", allow_pickle=False, **weights)
    np.savez(folder / "data.npz", x=samples.x, y=samples.y)
    return {"workload": one.described(), "weights": str(folder / "weights.npz"), "data": str(folder / "data.npz")}


def _timed(one: Workload, running: Sequence[sides.Running], rounds: int, told: Told) -> dict[str, list[float]]:
    """Microseconds a step, by side, of every round."""
    found: dict[str, list[float]] = {r.side.name: [] for r in running}
    steps = {r.side.name: _steps_for(r, one.steps) for r in running}
    for n in range(rounds):
        for at, r in enumerate(running):
            told(f"{one.id}: round {n + 1} of {rounds}, {r.side.name}", n * len(running) + at, rounds * len(running))
            time.sleep(BREATH_SECONDS)
            count = steps[r.side.name]
            r.ask({"steps": max(1, count // 10)})
            found[r.side.name].append(r.ask({"steps": count})["seconds"] / count * 1e6)
    return found


def _steps_for(running: sides.Running, most: int) -> int:
    """Steps that last about as long as a round is to take on this side; at least two."""
    trial = max(1, most // 50)
    running.ask({"steps": trial})
    each = running.ask({"steps": trial})["seconds"] / trial
    return max(2, min(most, int(ROUND_SECONDS / each)))


def _summed(one: Workload, wanted: Sequence[sides.Side], answers: dict[str, Any], seconds: dict[str, list[float]]) -> Measured:
    groups = {side.name: side.group for side in wanted}
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    best: dict[str, float] = {}
    for name, value in medians.items():
        best[groups[name]] = min(value, best.get(groups[name], value))
    ours = [np.array(answers[name]["losses"]) for name in answers if groups[name] == "ours"]
    theirs = [np.array(answers[name]["losses"]) for name in answers if groups[name] == "torch"]
    error = None
    if theirs:
        error = max(float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(b)))) for a in ours for b in theirs)
    return Measured(
        id=one.id,
        medians=medians,
        spreads={name: (min(values), max(values)) for name, values in seconds.items()},
        best=best,
        valid=None if error is None else bool(error <= TOLERANCE and all(np.array_equal(ours[0], other) for other in ours)),
        loss_error=error,
        arena_bytes=next(answer["bytes"] for name, answer in answers.items() if groups[name] == "ours"),
    )

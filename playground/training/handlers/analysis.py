"""Looks at a run between two of its bursts: the fan of rates, the pre-flight, the time of layers, batch sizes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from playground.training import batches, fan, timing
from playground.training.handlers import of_run
from playground.training.messages.analysis import (
    BatchPoint,
    FindBatch,
    LayersTimed,
    Preflight,
    PreflightDone,
    PreflightStep,
    TimeLayers,
)
from playground.training.messages.fan import FanPoint, FanRates
from playground.training.preflight import preflight as all_checks
from playground.training.run import Run
from playground.training.worker import Worker

#: The button that ends any of them.
CANCEL = "cancel_look"


@contextlib.contextmanager
def looking(worker: Worker, run: Run, cancel: str = CANCEL) -> Iterator[Callable[[], bool]]:
    """For work that leaves the state as it is, which is checked. Gives a function that says whether it is to end early.

    cancel: the button that ends it.
    """
    before = run.machine.state_sha256()
    with worker.between_bursts(cancel) as unwanted:
        step = run.machine.step  # the board tells of the run, not of what is tried beside it

        def asked() -> bool:
            run.board.beat(time.monotonic_ns(), step)
            return unwanted()

        yield asked
    if run.machine.state_sha256() != before:
        raise RuntimeError("a look at the run changed its state")


@of_run(FanRates)
def fan_rates(worker: Worker, run: Run, command: FanRates) -> bool:
    options = fan.Options(command.factors, command.steps)
    with (
        looking(worker, run) as unwanted,
        fan.Fan(run.machine, fan.planned(run.trainer), options, run.trainer.pace.threads) as rays,
    ):
        for at, losses in rays:
            factor, count = options.factors[at], len(options.factors)
            worker.send(FanPoint(ray=at, rays=count, factor=factor, first=rays.first, losses=losses))
            if unwanted():
                break
        found = rays.found()
    worker.send(fan.told(found, run.machine.state_sha256()))
    return True


@of_run(Preflight)
def preflight(worker: Worker, run: Run, command: Preflight) -> bool:
    def told(check: str, done: int, total: int) -> None:
        worker.send(PreflightStep(check=check, done=done, total=total))

    with looking(worker, run) as unwanted:
        found = all_checks(run.assembled, run.machine, command.seconds, told, unwanted)
    done = PreflightDone(
        checks=found.checks,
        layers=found.layers,
        seconds=found.seconds,
        step=run.machine.step,
        stopped=found.stopped,
        sha256=run.machine.state_sha256(),
    )
    worker.send(done)
    return True


@of_run(TimeLayers)
def time_layers(worker: Worker, run: Run, command: TimeLayers) -> bool:
    """False when it was ended before there was anything to tell."""
    with looking(worker, run) as unwanted:
        try:
            timed = timing.time_training(run.assembled, run.machine, command.seconds / 2, unwanted)
            layers = timing.time_layers(run.assembled, run.machine, command.seconds / 2, timed.step, unwanted)
        except timing.Cancelled:
            return False
    told = LayersTimed(
        layers=layers, step_seconds=timed.step, threads=timed.threads, step=run.machine.step, sha256=run.machine.state_sha256()
    )
    worker.send(told)
    return True


@of_run(FindBatch)
def find_batch(worker: Worker, run: Run, command: FindBatch) -> bool:
    with looking(worker, run) as unwanted:
        search = batches.Search(run.assembled, command.seconds)
        for _ in search:
            worker.send(BatchPoint(sizes=tuple(search.sizes)))
            if unwanted():
                break
        found = search.found()
    worker.send(batches.told(found, run.assembled.project.training.batch, run.machine.state_sha256()))
    return True

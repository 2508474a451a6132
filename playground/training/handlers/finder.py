"""The search for a learning rate, between two bursts of the run."""

from __future__ import annotations

import time

from playground.training import finder, messages
from playground.training.handlers import of_run
from playground.training.run import Run
from playground.training.worker import Worker


@of_run(messages.FindRate)
def find_rate(worker: Worker, run: Run, command: messages.FindRate) -> bool:
    """Commands that can wait are carried out after it, any other ends it."""
    options = finder.Options(command.low, command.high, command.steps, command.smoothing, command.stop_factor)
    before = run.machine.state_sha256()
    with (
        worker.between_bursts("cancel_finder") as unwanted,
        finder.Search(run.machine, options, run.trainer.pace.threads) as search,
    ):
        for done, point in enumerate(search, start=1):
            worker.send(
                messages.FinderPoint(done=done, total=options.steps, rate=point.rate, loss=point.loss, smoothed=point.smoothed)
            )
            run.board.beat(time.monotonic_ns(), run.machine.step)
            if unwanted():
                break
        found = search.found()
    after = run.machine.state_sha256()
    if before != after:
        raise RuntimeError("the search for a rate changed the state")
    worker.send(finder.told(found, run.machine.step, after))
    return True

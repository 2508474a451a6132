"""The search for a learning rate, between two bursts of the run."""

from __future__ import annotations

from playground.training import finder, messages
from playground.training.handlers import of_run
from playground.training.handlers.analysis import looking
from playground.training.run import Run
from playground.training.worker import Worker


@of_run(messages.FindRate)
def find_rate(worker: Worker, run: Run, command: messages.FindRate) -> bool:
    """Commands that can wait are carried out after it, any other ends it."""
    options = finder.Options(command.low, command.high, command.steps, command.smoothing, command.stop_factor)
    with (
        looking(worker, run, "cancel_finder") as unwanted,
        finder.Search(run.machine, options, run.trainer.pace.threads) as search,
    ):
        for done, point in enumerate(search, start=1):
            worker.send(
                messages.FinderPoint(done=done, total=options.steps, rate=point.rate, loss=point.loss, smoothed=point.smoothed)
            )
            if unwanted():
                break
        found = search.found()
    worker.send(finder.told(found, run.machine.step, run.machine.state_sha256(), run.trainer.highest_factor))
    return True

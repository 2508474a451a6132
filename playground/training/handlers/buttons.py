"""Pause, resume, single steps, stop, reset, save; and how fast it may go."""

from __future__ import annotations

from playground.training import messages
from playground.training.handlers import handles, of_run
from playground.training.run import Run
from playground.training.worker import Worker


@of_run(messages.Act)
def act(worker: Worker, run: Run, command: messages.Act) -> bool:
    """A search takes "cancel_finder" itself; when that arrives here there is none, and the run knows no such button."""
    return run.act(command.what)


@handles(messages.SetSpeed)
def set_speed(worker: Worker, command: messages.SetSpeed, descriptors: tuple[int, ...]) -> bool:
    worker.governor.set(command.steps_per_second)
    return True

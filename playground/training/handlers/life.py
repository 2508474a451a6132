"""The beginning of a run and the end of the worker."""

from __future__ import annotations

from playground.training import messages
from playground.training.handlers import handles
from playground.training.worker import Worker


@handles(messages.Start)
def start(worker: Worker, command: messages.Start, descriptors: tuple[int, ...]) -> bool:
    worker.start(command, descriptors)
    return True


@handles(messages.Shutdown)
def shutdown(worker: Worker, command: messages.Shutdown, descriptors: tuple[int, ...]) -> bool:
    worker.leave = True
    return True

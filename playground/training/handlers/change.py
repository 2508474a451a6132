"""Another plan for a run that goes on."""

from __future__ import annotations

from playground.training import messages
from playground.training.handlers import handles
from playground.training.worker import Worker


@handles(messages.Change)
def change(worker: Worker, command: messages.Change, descriptors: tuple[int, ...]) -> bool:
    return worker.change(command, descriptors)

"""Changes of numbers while a run goes on."""

from __future__ import annotations

from playground.training import messages
from playground.training.handlers import of_run
from playground.training.run import Run
from playground.training.worker import Worker


@of_run(messages.SetKnob)
def set_knob(worker: Worker, run: Run, command: messages.SetKnob) -> bool:
    return run.set_knob(command.name, command.value)

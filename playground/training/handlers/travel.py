"""The way back to earlier steps, and layers that begin anew."""

from __future__ import annotations

import numpy as np

from playground.errors import BadValue
from playground.training.handlers import of_run
from playground.training.messages.travel import Reinitialise, Reinitialised, Travel, Travelled
from playground.training.recorder import REINITIALISED
from playground.training.run import Run
from playground.training.worker import Worker
from playground.words import sentence


@of_run(Travel)
def travel(worker: Worker, run: Run, command: Travel) -> bool:
    """Commands that come after it find the run at rest there, or on its way from there."""
    if command.kind not in ("rewind", "fork"):
        return False
    machine, running = run.machine, run.mode == "running"
    before, step = machine.step, min(command.step, machine.step)
    left = max(before, run.trainer.memory.last_step)
    run.trainer.recorder.go_back(step)
    run.journal.add(command.kind, "", before, step, step=before)
    for hook in run.hooks:
        hook.travelled(step)
    run.publish()
    knobs = {name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()}
    rows = tuple(ring.written for ring in (run.board.steps, run.board.epochs, run.board.norms))
    run.send(Travelled(kind=command.kind, step=step, before=left, knobs=knobs, rows=rows))
    run.rest()
    if running or command.go_on:
        run.act("resume")
    return True


@of_run(Reinitialise)
def reinitialise(worker: Worker, run: Run, command: Reinitialise) -> bool:
    """Listed with the changes of knobs, so that it comes again wherever steps are done again."""
    layers, step = run.board.plan.layers, run.machine.step
    if command.layer not in layers:
        raise BadValue(sentence("{layer} has no weights in this run.", layer=command.layer))
    run.board.changes.append(np.array([[step, REINITIALISED - layers.index(command.layer), float(command.seed)]]))
    run.machine.reinitialise(command.layer, command.seed)
    run.journal.add("reinit", command.layer, None, command.seed)
    run.publish()
    run.send(Reinitialised(layer=command.layer, step=step))
    return True

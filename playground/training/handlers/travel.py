"""The way back to earlier steps, and layers that begin anew."""

from __future__ import annotations

import os

import numpy as np

from playground.errors import BadValue
from playground.training.changes import REINITIALISED
from playground.training.handlers import handles, of_run
from playground.training.messages.run import Started
from playground.training.messages.travel import Reinitialise, Reinitialised, Travel, Travelled
from playground.training.run import Run, Turn
from playground.training.worker import Worker
from playground.words import sentence


@handles(Travel)
def travel(worker: Worker, command: Travel, descriptors: tuple[int, ...]) -> bool:
    """Commands that come after it find the run at rest there, or on its way from there."""
    run = worker.run
    if run is None or command.kind not in ("rewind", "fork"):
        _let_go(descriptors)
        return False
    running, plan = run.mode == "running", run.trainer.recorder.plan
    before, step = run.machine.step, min(command.step, run.machine.step)
    left = max(before, run.trainer.memory.last_step)
    turn = Turn(run.trainer.recorder.stretch_of(step).serial, step)
    folder = command.folder if command.kind == "fork" else ""
    if folder:
        run.files.leave()
    if turn.plan == plan:
        _let_go(descriptors)
        run.trainer.recorder.go_back(step)
    elif command.start is None or command.plan != turn.plan:
        _let_go(descriptors)
        raise BadValue(sentence("The settings changed on the way to step {step}. Choose it once more.", step=f"{step:,}"))
    else:
        run = worker.gone_back(command, descriptors, turn)
    if folder:
        run.files.branch(folder, step)
    run.journal.add(command.kind, "", before, step, step=before)
    for hook in run.hooks:
        hook.travelled(step)
    run.publish()
    worker.send(_told(run, command, left, started=run.started() if turn.plan != plan else None))
    if run is not worker.run:
        worker.take(run)
    run.rest()
    if running or command.go_on:
        run.act("resume")
    return True


def _let_go(descriptors: tuple[int, ...]) -> None:
    """Memory that came for nothing."""
    for descriptor in descriptors:
        os.close(descriptor)


def _told(run: Run, command: Travel, left: int, started: Started | None) -> Travelled:
    machine, recorder = run.machine, run.trainer.recorder
    return Travelled(
        kind=command.kind,
        step=machine.step,
        before=left,
        knobs={name: float(machine.knobs[index]) for name, index in machine.layout.knob_index.items()},
        rows=tuple(ring.written for ring in (run.board.steps, run.board.epochs, run.board.norms)),
        change=command.serial,
        plan=recorder.plan,
        started=started,
        in_place=run.in_place,
        folder=run.start.folder,
    )


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

"""The way back to earlier steps, and layers that begin anew."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from playground.errors import BadValue
from playground.training.changes import REINITIALISED
from playground.training.handlers import handles, of_run
from playground.training.messages import Act, Command, Shutdown, Start
from playground.training.messages.run import Started
from playground.training.messages.travel import Reinitialise, Reinitialised, Stayed, Travel, Travelled, Travelling
from playground.training.recorder import Stayed as GivenUp
from playground.training.run import Run, Turn
from playground.training.worker import Worker
from playground.words import sentence

#: The button that ends a way back.
CANCEL = "cancel_travel"
#: Shorter ways are not worth a word.
_QUIET_SECONDS = 0.3


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
    try:
        with _on_the_way(worker, run, command):
            if turn.plan == plan:
                _let_go(descriptors)
                run.trainer.recorder.go_back(step)
            elif command.start is None or command.plan != turn.plan:
                _let_go(descriptors)
                text = sentence("The settings changed on the way to step {step}. Choose it once more.", step=f"{step:,}")
                raise BadValue(text)
            else:
                run = worker.gone_back(command, descriptors, turn)
                run.trainer.recorder.on_way = None
    except BadValue as error:
        text = "" if isinstance(error, GivenUp) else str(error)
        worker.send(Stayed(kind=command.kind, step=command.step, text=text, folder=folder))
        return False
    if folder:
        run.files.branch(folder, step)
    run.journal.add(command.kind, "", before, step, step=before)
    run.publish()
    for hook in run.hooks:
        hook.travelled(step)
    worker.send(_told(run, command, left, started=run.started() if turn.plan != plan else None))
    if run is not worker.run:
        worker.take(run)
    run.rest()
    if running or command.go_on:
        run.act("resume")
    return True


@contextmanager
def _on_the_way(worker: Worker, run: Run, command: Travel) -> Iterator[None]:
    """While steps are done once more: tell how long it takes, and hear whether it is still wanted."""
    recorder, memory, stood = run.trainer.recorder, run.trainer.memory, run.machine.step
    with worker.between_bursts(CANCEL, _ends) as unwanted:
        way = _Way(worker, command, unwanted, memory.seconds / max(memory.last_step, 1))

        def went(at: int, stop: int) -> None:
            run.board.beat(time.monotonic_ns(), stood)  # the board tells of the run, not of the way
            way.went(at, stop)

        recorder.on_way = went
        try:
            yield
        finally:
            recorder.on_way = None


def _ends(command: Command) -> bool:
    """Whether it makes the way back needless; all others find the run where it was asked to go."""
    return isinstance(command, Travel | Start | Shutdown) or (isinstance(command, Act) and command.what in ("stop", "reset"))


class _Way:
    """Tells of a way back. step_seconds: what a step took until now."""

    def __init__(self, worker: Worker, command: Travel, unwanted: Callable[[], bool], step_seconds: float) -> None:
        self._worker, self._command, self._unwanted = worker, command, unwanted
        self._each, self._begun = step_seconds, time.monotonic()
        self._from: tuple[int, int, float] | None = None

    def went(self, at: int, stop: int) -> None:
        """The run stands at a step on its way to another. Raises `recorder.Stayed` where that is not wanted any more."""
        if self._unwanted():
            raise GivenUp(sentence("The run stays where it is."))
        now = time.monotonic()
        if self._from is None or self._from[0] != stop or at < self._from[1]:
            self._from = stop, at, now
        elif at > self._from[1] and now > self._from[2]:
            self._each = (now - self._from[2]) / (at - self._from[1])
        left = (stop - at) * self._each
        if now - self._begun + left > _QUIET_SECONDS:
            done = (at - self._from[1]) / max(stop - self._from[1], 1)
            self._worker.send(Travelling(kind=self._command.kind, step=self._command.step, share=done, seconds_left=left))


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
        knobs=run.knobs,
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

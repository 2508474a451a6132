"""The worker process: takes commands, trains in bursts, tells what happens. Started by `process.WorkerProcess`, never imported by the window."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from playground.lowering import Refused
from playground.training import causes, finder, messages, payload
from playground.training.assembly import assemble
from playground.training.block import Block
from playground.training.channel import Channel
from playground.training.interrupt import Interrupt
from playground.training.memory import DoesNotFit
from playground.training.messages import PROTOCOL, Command
from playground.training.pace import Governor
from playground.training.run import Run
from playground.training.run_record import versions

#: A command and the descriptors that came with it.
Taken = tuple[Command, tuple[int, ...]]

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
#: How far the worker stands back when it and the window want the same core: the window wants little, and at once.
_NICE = 5
_WINDOW_SECONDS = 0.7
_QUIET_SECONDS = 0.3


class Worker:
    """One run at a time, and whatever is asked of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._interrupt = Interrupt()
        self._channel = Channel(connection, self._interrupt.call)
        self._run: Run | None = None
        self._generation = 0
        self._leave = False
        self._norms_on = True
        self._grid: messages.WatchGrid | None = None
        self._began = 0.0
        self._speed = Speed()
        self._governor = Governor()

    def serve(self) -> None:
        """Until told to leave, or until the window is gone."""
        self._channel.send(messages.Ready(protocol=PROTOCOL, pid=os.getpid(), versions=versions()))
        while not self._leave:
            running = self._run is not None and self._run.mode == "running"
            self._interrupt.clear()
            taken = self._channel.next(self._governor.wait(time.monotonic()) if running else self._patience())
            while taken is not None and not self._leave:
                self._carry_out(*taken)
                taken = self._channel.next(0)
            if self._run is not None and self._run.mode == "running":
                if self._governor.wait(time.monotonic()) == 0:
                    self._guarded(self._turn)
            elif self._run is not None:
                self._run.report_saved()
            self._channel.flush()

    def _patience(self) -> float | None:
        """How long to wait for a command while nothing trains."""
        busy = self._channel.has_unsent or (self._run is not None and self._run.writing)
        return 0.02 if busy else None

    def _turn(self) -> bool:
        run = self._run
        assert run is not None
        before = run.machine.step
        run.turn(self._governor.most())
        self._governor.did(run.machine.step - before, time.monotonic())
        progress = self._speed.progress(run)
        if progress is not None:
            self._channel.send(progress)
        return True

    def _carry_out(self, command: Command, descriptors: tuple[int, ...]) -> None:
        applied = self._guarded(lambda: self._do(command, descriptors))
        self._channel.send(messages.Done(serial=command.serial, applied=applied, step=self._run.machine.step if self._run else 0))

    def _do(self, command: Command, descriptors: tuple[int, ...]) -> bool:
        """Carry out a command; false when it does not apply."""
        run = self._run
        match command:
            case messages.Start():
                self._start(command, descriptors)
                return True
            case messages.Shutdown():
                self._leave = True
                return True
            case messages.WatchNorms() | messages.WatchGrid():
                return self._watch(command)
            case messages.SetSpeed():
                self._governor.set(command.steps_per_second)
                return True
            case _ if run is None:
                return False
            case messages.Act(what="cancel_finder"):
                return False  # there is none: a search takes its commands itself
            case messages.Act():
                return run.act(command.what)
            case messages.SetKnob():
                return run.set_knob(command.name, command.value)
            case messages.FindRate():
                return self._find_rate(run, command)
        return False

    def _watch(self, command: messages.WatchNorms | messages.WatchGrid) -> bool:
        """Remember what is looked at, for this run and those to come; false when this run has nothing to show."""
        run = self._run
        if isinstance(command, messages.WatchNorms):
            self._norms_on = command.on
            if run is not None:
                run.norms_on = command.on
            return True
        self._grid = command
        if run is None:
            return True
        shown = run.grid.watch(command.low, command.high, command.size)
        run.look()
        return shown

    def _guarded(self, work: Callable[[], bool]) -> bool:
        """Do something whose failure is the run's, not the process's."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the boundary: everything becomes a sentence for the window
            self._fail(error)
            return False

    def _fail(self, error: Exception) -> None:
        if self._run is not None and isinstance(error, causes.HARMLESS):
            self._channel.send(messages.Warned(kind="refused", text=str(error)))
            return
        cause = causes.of_error(error)
        problems = tuple((p.node, p.field, p.text) for p in error.problems) if isinstance(error, Refused) else ()
        failed = messages.Failed(
            kind="refused" if problems else cause.kind,
            text=cause.text,
            generation=self._generation,
            batch=error.batch if isinstance(error, DoesNotFit) else 0,
            problems=problems,
            details="" if problems else "".join(traceback.format_exception(error)),
        )
        self._channel.send(failed)
        self._drop()

    def _drop(self) -> None:
        run, self._run = self._run, None
        self._interrupt.machine = None
        if run is not None:
            run.close()

    def _start(self, start: messages.Start, descriptors: tuple[int, ...]) -> None:
        self._drop()
        self._began = time.monotonic()
        self._generation = start.generation
        blocks = [Block(descriptor) for descriptor in descriptors]
        try:
            given = dict(zip(payload.BLOCKS, blocks, strict=True))
            x = given["x"].array(np.float32, start.x_shape)
            y = given["y"].array(np.dtype(start.y_dtype), start.y_shape)
            text = bytes(given["payload"].buffer()[: start.blocks["payload"]])
            assembled = assemble(*payload.unpack(text, x, y))
            self._run = Run(
                assembled, start, (given["arena"], given["board"]), self._channel.send, self._compiling, self._interrupt
            )
        finally:
            for block in blocks:
                block.close()
        self._channel.send(self._run.started())
        self._run.norms_on = self._norms_on
        if self._grid is not None:
            self._watch(self._grid)
        self._speed = Speed()
        if not start.paused and not self._run.act("resume"):
            self._run.rest()

    def _compiling(self, name: str, done: int, total: int) -> None:
        """Kernels out of the cache are not worth a word."""
        if time.monotonic() - self._began > _QUIET_SECONDS:
            self._channel.send(messages.Compiling(done=done, total=total, name=name))

    def _find_rate(self, run: Run, asked: messages.FindRate) -> bool:
        """Search between two bursts of the run. Knobs and looking wait for its end; any other command ends it."""
        options = finder.Options(asked.low, asked.high, asked.steps, asked.smoothing, asked.stop_factor)
        before, waiting = run.machine.state_sha256(), list[Taken]()
        with finder.Search(run.machine, options, run.trainer.pace.threads) as search:
            for done, point in enumerate(search, start=1):
                told = messages.FinderPoint(
                    done=done, total=options.steps, rate=point.rate, loss=point.loss, smoothed=point.smoothed
                )
                self._channel.send(told)
                run.board.beat(time.monotonic_ns(), run.machine.step)
                if self._unwanted(waiting):
                    break
            found = search.found()
        self._channel.put_back(waiting)
        after = run.machine.state_sha256()
        if before != after:
            raise RuntimeError("the search for a rate changed the state")
        self._channel.send(finder.told(found, run.machine.step, after))
        return True

    def _unwanted(self, waiting: list[Taken]) -> bool:
        """Collect commands that have come during a search; true when one of them ends it."""
        while (taken := self._channel.next(0)) is not None:
            if isinstance(taken[0], messages.Act) and taken[0].what == "cancel_finder":
                self._channel.send(messages.Done(serial=taken[0].serial, applied=True, step=0))
                return True
            waiting.append(taken)
            if not isinstance(taken[0], messages.SetKnob | messages.SetSpeed | messages.WatchGrid | messages.WatchNorms):
                return True
        return False


class Speed:
    """Steps a second over the last moments, and the time that is left."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def progress(self, run: Run) -> messages.Progress | None:
        """News, unless the last are still fresh."""
        now, step = time.monotonic(), run.machine.step
        if self._marks and (now - self._marks[-1][0] < 1 / 30 or step < self._marks[-1][1]):
            if step < self._marks[-1][1]:
                self._marks.clear()
            return None
        self._marks.append((now, step))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW_SECONDS:
            self._marks.pop(0)
        first, span = self._marks[0][1], now - self._marks[0][0]
        per_second = (step - first) / span if span > 0 else 0.0
        left = (run.trainer.total_steps - step) / per_second if per_second > 0 else float("inf")
        return messages.Progress(
            step=step,
            epoch=step // run.trainer.steps_per_epoch,
            steps_per_second=per_second,
            seconds=run.trainer.memory.seconds,
            seconds_left=left,
            threads=run.trainer.pace.threads,
        )


def main() -> None:
    """Arguments: module path (taken by the caller), socket, pid of the window, whether to die with the thread that started it."""
    descriptor, parent, tied = (int(word) for word in sys.argv[2:5])
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # where it hangs, for whoever asks
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the window
    if tied:
        ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    with contextlib.suppress(OSError):  # not allowed everywhere; then the system chooses by itself
        Path("/proc/self/oom_score_adj").write_text("500")
    os.nice(_NICE)
    worker = Worker(socket.socket(fileno=descriptor))
    importlib.import_module("playground.engine.jit")  # now rather than at the first run
    worker.serve()
    os._exit(0)

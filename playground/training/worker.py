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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.errors import BadValue, DataError
from playground.lowering import Refused
from playground.training import causes, handlers, messages, payload
from playground.training.assembly import assemble
from playground.training.channel import Channel
from playground.training.interrupt import Interrupt
from playground.training.memory import DoesNotFit
from playground.training.messages import PROTOCOL, Command, Event
from playground.training.messages.layers import WatchLayers
from playground.training.messages.travel import Travel
from playground.training.pace import Governor
from playground.training.past import Past
from playground.training.preparing import Preparation, given
from playground.training.run import Run, Turn
from playground.training.run_record import versions

Array = npt.NDArray[Any]
#: A command and the descriptors that came with it.
Taken = tuple[Command, tuple[int, ...]]

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
#: How far the worker stands back when it and the window want the same core: the window wants little, and at once.
_NICE = 5
#: How long a thread may have the interpreter while another one, such as the one that does the steps, waits for it; 5 ms by default.
_SWITCH_SECONDS = 0.0005
_WINDOW_SECONDS = 0.7
_PROGRESS_SECONDS = 1 / 15
_QUIET_SECONDS = 0.3
#: Buttons that do not wait until another plan is ready.
_AT_ONCE = ("pause", "stop", "save")


class Worker:
    """One run at a time, and whatever is asked of it; `handlers` say how each command is carried out.

    run: the present one.  governor: how fast it may go.  leave: set by whoever wants `serve` to end.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.run: Run | None = None
        self.governor = Governor()
        self.leave = False
        self._interrupt = Interrupt()
        self._channel = Channel(connection, self._interrupt.call)
        self._generation = 0
        self._standing: dict[type[Command], Command] = {}
        self._began = 0.0
        self._put_off: list[Taken] = []
        #: The plan that is being made ready for the present run.
        self._coming: Preparation | None = None
        self._speed = Speed()
        self._handlers = handlers.table()

    def send(self, event: Event) -> None:
        """Tell the window, without waiting for it."""
        self._channel.send(event)

    def serve(self) -> None:
        """Until told to leave, or until the window is gone."""
        self.send(messages.Ready(protocol=PROTOCOL, pid=os.getpid(), versions=versions()))
        while not self.leave:
            running = self.run is not None and self.run.mode == "running"
            self._interrupt.clear()
            taken = self._channel.next(self.governor.wait(time.monotonic()) if running else self._patience())
            while taken is not None and not self.leave:
                self._carry_out(*taken)
                taken = self._channel.next(0)
            self._guarded(self._take_up)
            if self.run is not None and self.run.mode == "running":
                if self.governor.wait(time.monotonic()) == 0:
                    self._guarded(self._turn)
            elif self.run is not None:
                self.run.files.report()
            self._channel.flush()

    def _patience(self) -> float | None:
        """How long to wait for a command while nothing trains."""
        busy = self._channel.has_unsent or self._coming is not None or (self.run is not None and self.run.files.writing)
        return 0.02 if busy else None

    def _turn(self) -> bool:
        run = self.run
        assert run is not None
        before = run.machine.step
        run.turn(self.governor.most())
        self.governor.did(run.machine.step - before, time.monotonic())
        progress = self._speed.progress(run)
        if progress is not None:
            self.send(progress)
        return True

    def _carry_out(self, command: Command, descriptors: tuple[int, ...]) -> None:
        if self._in_slow_step and command.waits and not (command.during_step or isinstance(command, messages.SetKnob)):
            self._put_off.append((command, descriptors))  # a look may need the memory that the step is working in
            return
        self._carried_out(command, descriptors)
        while self._put_off and not self._in_slow_step:
            self._carried_out(*self._put_off.pop(0))

    @property
    def _in_slow_step(self) -> bool:
        return self.run is not None and self.run.slow is not None

    def _carried_out(self, command: Command, descriptors: tuple[int, ...]) -> None:
        applied = self._guarded(lambda: self._do(command, descriptors))
        if self._coming is None or self._coming.change is not command:  # a change is done when it is taken up
            self._told_done(command, applied=applied)

    def _told_done(self, command: Command, *, applied: bool) -> None:
        self.send(messages.Done(serial=command.serial, applied=applied, step=self.run.machine.step if self.run else 0))

    def _do(self, command: Command, descriptors: tuple[int, ...]) -> bool:
        """Carry out a command; false when it does not apply."""
        if self._coming is not None and not self._beside(command):
            self._take_up(wait=True)
        if self.run is not None and not command.during_step:
            self.run.end_slow_step()
        if command.stands:
            self._standing[type(command)] = command
        applied = self._handlers[type(command)](self, command, descriptors)
        if applied and self._coming is not None and isinstance(command, messages.SetKnob):
            self._coming.knobs[command.name] = command.value
        return applied

    def _guarded(self, work: Callable[[], bool | None]) -> bool:
        """Do something whose failure is the run's, not the process's."""
        try:
            return bool(work())
        except Exception as error:  # noqa: BLE001 - the boundary: everything becomes a sentence for the window
            self._fail(error)
            return False

    def _fail(self, error: Exception) -> None:
        if self.run is not None and isinstance(error, causes.HARMLESS):
            self.send(messages.Warned(kind="refused", text=str(error)))
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
        self.send(failed)
        self._drop()

    def _drop(self) -> None:
        run, self.run = self.run, None
        coming, self._coming = self._coming, None
        self._interrupt.machine = None
        if coming is not None:
            coming.leave()
            self._told_done(coming.change, applied=False)
        if run is not None:
            run.close()

    def start(self, start: messages.Start, descriptors: tuple[int, ...]) -> None:
        """Put a new run in the place of the present one. descriptors: of `payload.BLOCKS` and of its past."""
        self._drop()
        self._began = time.monotonic()
        self._generation = start.generation
        count = len(start.blocks)
        past = Past(descriptors[count:])
        try:
            with given(start, descriptors[:count]) as (memory, x, y, text):
                made = assemble(*payload.unpack(text, x, y))
                self.run = Run(made, start, memory, self.send, self._compiling, self._interrupt, past=past)
        except BaseException:
            past.close()
            raise
        self.send(self.run.started())
        for command in self._standing.values():
            self._do(command, ())
        self._speed = Speed()
        if not start.paused and not self.run.act("resume"):
            self.run.rest()

    # Another plan for the present run.

    def change(self, change: messages.Change, descriptors: tuple[int, ...]) -> bool:
        """Have another plan made ready beside the run, which takes it up between two steps. An earlier one that is not ready is given up."""
        if self.run is None:
            for descriptor in descriptors:
                os.close(descriptor)
            return False
        self._began, earlier = time.monotonic(), self._coming
        self._coming = Preparation(change, descriptors, self.run.assembled, self._interrupt.call, earlier)
        if earlier is not None:
            self._told_done(earlier.change, applied=False)
        return True

    def _take_up(self, *, wait: bool = False) -> None:
        """Go on with the plan that is ready, if there is one. What is wrong with it is told, and the run goes on as it was.

        wait: until the one that is being made ready is.
        """
        coming = self._coming
        while coming is not None and not coming.done:
            if coming.news is not None:
                self._compiling(*coming.news)
            if not wait:
                return
            coming.wait(_PROGRESS_SECONDS)
        if coming is None:
            return
        self._coming, applied = None, False
        try:
            applied = self._changed(coming)
        finally:
            self._told_done(coming.change, applied=applied)

    def _changed(self, coming: Preparation) -> bool:
        run, change = self.run, coming.change
        assert run is not None
        try:
            ready = coming.take()
            run.end_slow_step()
            after, entry = run.changed(ready, change.start, self._compiling)
        except Exception as error:  # noqa: BLE001 - the boundary: everything becomes a sentence for the window
            problems = tuple((p.node, p.field, p.text) for p in error.problems) if isinstance(error, Refused) else ()
            batch = error.batch if isinstance(error, DoesNotFit) else 0
            text_of = causes.of_error(error).text
            self.send(messages.ChangeRefused(change=change.serial, text=text_of, batch=batch, problems=problems))
            return False
        self.send(messages.Replanned(change=change.serial, started=after.started(), entry=entry, in_place=after.in_place))
        self.take(after)
        for name, value in coming.knobs.items():
            place = after.machine.layout.knob_index.get(name)
            if place is not None and after.machine.knobs[place] != np.float32(value):
                after.set_knob(name, value)
        return True

    def _beside(self, command: Command) -> bool:
        """Whether a command is carried out while another plan is being made ready; others find the run with that plan."""
        if isinstance(command, messages.SetKnob):
            return self.run is not None and command.name in self.run.machine.layout.knob_index
        if isinstance(command, messages.Act):
            return command.what in _AT_ONCE
        return command.stands or isinstance(command, messages.Change | messages.Start | messages.Shutdown | WatchLayers)

    def take(self, run: Run) -> None:
        """The present run is the same one with another plan."""
        previous, self.run, self._generation = self.run, run, run.start.generation
        for command in self._standing.values():
            self._do(command, ())
        if previous is not None and run.mode == "running":
            run.probes.carry(previous.probes)
        self._speed = Speed()

    def gone_back(self, travel: Travel, descriptors: tuple[int, ...], turn: Turn) -> Run:
        """The present run at a step of an earlier plan, which came with the command. Raises BadValue, and then the run goes on as it was."""
        run, start = self.run, travel.start
        assert run is not None
        assert start is not None
        try:
            with given(start, descriptors) as (memory, x, y, text):
                self._began = time.monotonic()
                project, samples = payload.unpack(text, x, y)
                kept = run.plans.samples(turn.plan)
                made = assemble(project, samples if kept is None else kept, run.assembled)
                return run.gone_back(made, start, memory, self._compiling, turn)
        except (Refused, DataError, DoesNotFit) as error:
            raise BadValue(str(error)) from error

    def _compiling(self, name: str, done: int, total: int) -> None:
        """Kernels out of the cache are not worth a word."""
        if time.monotonic() - self._began > _QUIET_SECONDS:
            self.send(messages.Compiling(done=done, total=total, name=name))

    @contextlib.contextmanager
    def between_bursts(
        self, cancel: str, ends: Callable[[Command], bool] = lambda command: not command.waits
    ) -> Iterator[Callable[[], bool]]:
        """For work that takes long. Gives a function that says whether a command has come that ends it.

        ends: which do; others are carried out after it, so is one that ended it. The button `cancel` is taken here.
        """
        waiting: list[Taken] = []

        def unwanted() -> bool:
            self._interrupt.clear()  # steps of the work itself may go on in bursts
            while (taken := self._channel.next(0)) is not None:
                command = taken[0]
                if isinstance(command, messages.Act) and command.what == cancel:
                    self.send(messages.Done(serial=command.serial, applied=True, step=0))
                    return True
                waiting.append(taken)
                if ends(command):
                    return True
            return False

        try:
            yield unwanted
        finally:
            self._channel.put_back(waiting)


class Speed:
    """Steps a second over the last moments, and the time that is left."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def progress(self, run: Run) -> messages.Progress | None:
        """News, unless the last are still fresh."""
        now, step = time.monotonic(), run.machine.step
        if self._marks and (now - self._marks[-1][0] < _PROGRESS_SECONDS or step < self._marks[-1][1]):
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
            epoch=run.machine.epoch,
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
    sys.setswitchinterval(_SWITCH_SECONDS)
    worker = Worker(socket.socket(fileno=descriptor))
    importlib.import_module("playground.engine.jit")  # now rather than at the first run
    worker.serve()
    os._exit(0)

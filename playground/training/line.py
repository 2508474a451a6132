"""The window's line to the worker: one descriptor to listen on for good, however many workers come and go."""

from __future__ import annotations

import dataclasses
import os
import select
import time

from playground.training import messages, wire
from playground.training.messages import Command, Event
from playground.training.process import WorkerProcess


@dataclasses.dataclass(frozen=True)
class Ended:
    """A worker that has gone. status: what it ended with, negative for a signal; killed: by `Line.kill`."""

    status: int | None
    stderr: str
    killed: bool


class Line:
    """Starts a worker when there is something to say, sends commands, takes events, notices the end."""

    def __init__(self) -> None:
        self.process: WorkerProcess | None = None
        self._poll = select.epoll()
        self._more = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll.register(self._more, select.EPOLLIN)
        self._woken = False
        self._watched = 0
        self._serial = 0
        self._killed = False
        self._lines: list[bytes] = []

    def fileno(self) -> int:
        """Readable when `take` has something to do."""
        return self._poll.fileno()

    def launch(self) -> None:
        """Start a worker unless there is one."""
        if self.process is None:
            self.process = WorkerProcess()
            self._watched = select.EPOLLIN
            self._poll.register(self.process.fileno(), self._watched)

    def leave_killed(self) -> None:
        """Wait no longer for the end of a worker that was killed: what is said from now on is for another one."""
        if self._killed:
            self._bury()

    def send(self, command: Command, descriptors: tuple[int, ...] = ()) -> int:
        """Hand a command to the worker, if there is one; its serial number."""
        self._serial += 1
        if self.process is not None:
            self.process.send(wire.encode(dataclasses.replace(command, serial=self._serial)), descriptors)
            self._watch_writes()
        return self._serial

    def take(self, budget: float) -> list[Event]:
        """Events that have come; after so many seconds the rest waits for the next call."""
        deadline = time.perf_counter() + budget
        events: list[Event] = []
        if self.process is not None:
            self.process.flush()
            self._lines += self.process.receive()
            self._watch_writes()
        taken = 0
        for line in self._lines:
            if events and time.perf_counter() >= deadline:
                break
            events.append(wire.decode_event(line))
            taken += 1
        del self._lines[:taken]
        self._wake_again(bool(self._lines))
        return events

    def ended(self) -> Ended | None:
        """How the worker ended, once, after its last event has been taken."""
        process = self.process
        if process is None or not process.ended or self._lines:
            return None
        found = Ended(process.exit_status(), process.stderr(), self._killed)
        self._bury()
        return found

    def wait(self, seconds: float) -> None:
        """Wait until there is something to take."""
        self._poll.poll(seconds)

    def kill(self) -> None:
        """End the worker at once."""
        if self.process is not None:
            self._killed = True
            self.process.kill()

    def close(self) -> None:
        """End the worker and stop listening."""
        if self.process is not None:
            self.process.send(wire.encode(messages.Shutdown()))
        self._bury()
        if not self._poll.closed:
            self._poll.close()
            os.close(self._more)

    def _bury(self) -> None:
        """Let go of the worker and of what it said last."""
        if self.process is not None:
            self._poll.unregister(self.process.fileno())
            self.process.close()
        self.process, self._killed = None, False
        self._lines.clear()

    def _watch_writes(self) -> None:
        """Be woken when the socket takes more, if there is more."""
        process = self.process
        assert process is not None
        wanted = select.EPOLLIN | (select.EPOLLOUT if process.has_unsent else 0)
        if not process.ended and wanted != self._watched:
            self._poll.modify(process.fileno(), wanted)
            self._watched = wanted

    def _wake_again(self, again: bool) -> None:
        """Keep the descriptor readable while lines wait that the budget left over."""
        if again and not self._woken:
            os.eventfd_write(self._more, 1)
        elif self._woken and not again:
            os.eventfd_read(self._more)
        self._woken = again

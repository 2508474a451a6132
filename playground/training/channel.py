"""The worker's end of the socket: commands come in on a thread of their own, events go out without ever waiting."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
import traceback
from collections.abc import Callable

from playground.training import wire
from playground.training.messages import Command, Event


class Channel:
    """Lines over a socket. arrived: called on the reading thread at every command. The process ends when the other side does."""

    def __init__(self, connection: socket.socket, arrived: Callable[[], None]) -> None:
        self._socket = connection
        self._arrived = arrived
        self._commands: queue.SimpleQueue[tuple[Command, tuple[int, ...]]] = queue.SimpleQueue()
        self._again: list[tuple[Command, tuple[int, ...]]] = []
        self._descriptors: list[int] = []
        self._outgoing = b""
        self._newest: dict[type[Event], Event] = {}
        self._sent_at: dict[type[Event], float] = {}
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def _read(self) -> None:
        """Until the other side is gone; then nothing here is of use to anybody."""
        incoming = b""
        try:
            while True:
                piece, descriptors, _, _ = socket.recv_fds(self._socket, 1 << 16, 16)
                if not piece:
                    break
                self._descriptors += descriptors
                *lines, incoming = (incoming + piece).split(b"\n")
                for line in lines:
                    self._take(wire.decode_command(line))
        except Exception:  # noqa: BLE001 - the end of the thread is the end of the process; the window reads the traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _take(self, command: Command) -> None:
        count = command.descriptors
        taken, self._descriptors = tuple(self._descriptors[:count]), self._descriptors[count:]
        self._commands.put((command, taken))
        self._arrived()

    def next(self, seconds: float | None) -> tuple[Command, tuple[int, ...]] | None:
        """A command and its descriptors, waiting so long for it (None: for ever, 0: not at all)."""
        if self._again:
            return self._again.pop(0)
        with contextlib.suppress(queue.Empty):
            return self._commands.get(seconds != 0, seconds or None)
        return None

    def put_back(self, taken: list[tuple[Command, tuple[int, ...]]]) -> None:
        """Commands to be taken again, before those that come."""
        self._again = taken + self._again

    def send(self, event: Event) -> None:
        """Hand an event over, now or as soon as the other side reads again."""
        if event.newest:
            self._newest[type(event)] = event
            self.flush()
        else:
            self._outgoing += b"".join(wire.encode(kept) for kept in self._newest.values()) + wire.encode(event)
            self._newest.clear()
            self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it and as often as is of use."""
        now = time.monotonic()
        for kind in list(self._newest):
            if not self._outgoing and now - self._sent_at.get(kind, 0.0) >= kind.every:
                self._sent_at[kind] = now
                self._outgoing += wire.encode(self._newest.pop(kind))
        while self._outgoing:
            try:
                sent = self._socket.send(self._outgoing, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            self._outgoing = self._outgoing[sent:]

    @property
    def has_unsent(self) -> bool:
        return bool(self._outgoing or self._newest)

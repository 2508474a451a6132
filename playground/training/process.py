"""The worker as a process: started afresh, spoken to over one socket whose end of file is also the news of its death."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path

from playground.training.block import Block

#: The new interpreter looks for modules where this one does, and nowhere else.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from playground.training.worker import main; main()"
_MOST_AT_ONCE = 1 << 20
_MOST_STDERR = 20_000


class WorkerProcess:
    """A fresh interpreter (never a fork: threads of the parent would be lost in it) that runs `worker.main`.

    Nothing is pickled: arguments are names and numbers, messages are lines, memory travels as descriptors.
    """

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        path = [entry or os.getcwd() for entry in sys.path]
        self._socket, theirs = socket.socketpair()
        self._stderr = Block.create()
        # The death signal is tied to the thread that starts the worker, and only the main thread lives as long as the program.
        tied = threading.current_thread() is threading.main_thread()
        arguments = [json.dumps(path if root in path else [*path, root]), str(theirs.fileno()), str(os.getpid()), str(int(tied))]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr.descriptor,
                stderr=self._stderr.descriptor,
                pass_fds=(theirs.fileno(),),
            )
        finally:
            theirs.close()
        self._socket.setblocking(False)
        self._incoming = b""
        self._outgoing: list[tuple[bytes, list[int]]] = []
        self.ended = False
        self._finalizer = weakref.finalize(self, _reap, self._process, self._socket, self._stderr)

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Readable when lines wait or when the worker has gone."""
        return self._socket.fileno()

    def send(self, line: bytes, descriptors: tuple[int, ...] = ()) -> None:
        """Hand over a line without ever waiting; what does not fit in the socket now goes with a later `flush`."""
        self._outgoing.append((line, [os.dup(d) for d in descriptors]))
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it."""
        while self._outgoing and not self.ended:
            line, descriptors = self._outgoing[0]
            try:
                if descriptors:
                    sent = socket.send_fds(self._socket, [line], descriptors)
                else:
                    sent = self._socket.send(line)
            except BlockingIOError:
                return
            except OSError:  # the worker has gone: `receive` will say so
                sent = len(line)
            _close_all(descriptors)
            if sent < len(line):
                self._outgoing[0] = (line[sent:], [])
            else:
                self._outgoing.pop(0)

    @property
    def has_unsent(self) -> bool:
        """Something waits until the socket takes more."""
        return bool(self._outgoing)

    def receive(self) -> list[bytes]:
        """Whole lines that have come; sets `ended` when the worker has gone."""
        before = len(self._incoming)
        while not self.ended and len(self._incoming) - before < _MOST_AT_ONCE:
            try:
                piece = self._socket.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece:
                self.ended = True
            self._incoming += piece
        *lines, self._incoming = self._incoming.split(b"\n")
        return lines

    def exit_status(self) -> int | None:
        """What the process ended with; negative: the signal. Waits shortly, as the socket closes just before the process ends."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(0.5)
        return None

    def kill(self) -> None:
        """End the process at once."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)

    def stderr(self) -> str:
        """The last of what the worker wrote to its terminal, such as a stack after a crash."""
        size = self._stderr.nbytes
        return os.pread(self._stderr.descriptor, _MOST_STDERR, max(0, size - _MOST_STDERR)).decode(errors="replace")

    def close(self, patience: float = 1.0) -> None:
        """Close the socket, which tells the worker to leave; end it if it has not left in time."""
        for _, descriptors in self._outgoing:
            _close_all(descriptors)
        self._outgoing.clear()
        self.ended = True
        self._socket.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._stderr.close()
        self._finalizer.detach()


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _reap(process: subprocess.Popen[bytes], connection: socket.socket, stderr: Block) -> None:
    """For a client that was dropped without `close`."""
    connection.close()
    if process.poll() is None:
        process.kill()
    process.wait()
    stderr.close()

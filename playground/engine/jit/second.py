"""A second process that compiles kernels while this one compiles others.

Numba compiles in one thread at a time, so where many kernels are missing a second process takes the largest that is left, again and
again, and leaves it on the disk, from where this one loads it. Nothing depends on that: what the second process cannot make, what it
was at when it died and what takes it too long, this one compiles by itself. It lives no longer than the work does: when this process
ends, however it ends, the pipe between them closes, and the second one ends at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from playground.engine import kernel as registry

#: Fewer kernels than that are compiled before a second process has begun.
FEW = 8
#: How long the last kernel of the second process is waited for; then this one compiles it.
PATIENCE_SECONDS = 10.0
#: How long it is given to end.
FAREWELL_SECONDS = 0.5
DONE = "done"
#: The new interpreter looks for modules where this one does, and nowhere else.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from playground.engine.jit.serving import serve; serve()"


def worthwhile(names: Sequence[str], folder: Path) -> bool:
    """Would a second process help to compile these kernels? folder: where it would leave them."""
    if len(names) <= FEW or _cores() < 2 or not sys.executable or getattr(sys, "frozen", False):
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def size(function: Callable[..., Any]) -> int:
    """Bytes of Python code of a kernel and of what becomes part of it: a guess at how long it takes to compile."""
    used = (function.__globals__.get(name) for name in set(function.__code__.co_names))
    return len(function.__code__.co_code) + sum(size(part) for part in used if registry.is_inline(part))


def command() -> list[str]:
    """What starts the second process."""
    path = [entry or os.getcwd() for entry in sys.path]
    return [sys.executable, "-P", "-c", _START, json.dumps(path)]


class Shared:
    """Kernels that two processes compile: iterating gives the names that are for this one, until both are through.

    sources: by name the function, whose module registers the kernel in the other process too.  folder: where machine code is kept.
    done: how many are compiled, in either process.
    """

    def __init__(self, sources: dict[str, Callable[..., Any]], folder: Path, start: Sequence[str] | None = None) -> None:
        self._modules = {name: function.__module__ for name, function in sources.items()}
        self._waiting = deque(sorted(sources, key=lambda name: -size(sources[name])))
        self._returned: deque[str] = deque()
        self._lock = threading.Lock()
        self.done = 0
        self._feeder = threading.Thread(target=self._feed, name="second process", daemon=True)
        self._process: subprocess.Popen[str] | None = None
        environment = {**os.environ, "PLAYGROUND_CACHE": str(folder.parent)}
        try:
            self._process = subprocess.Popen(
                start or command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                encoding="utf-8",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:  # no memory or no processes left for it: then there is none
            return
        self._feeder.start()

    def __enter__(self) -> Shared:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._waiting.clear()
        self._end(FAREWELL_SECONDS)

    def __iter__(self) -> Iterator[str]:
        while True:
            shared = self._feeder.is_alive()
            name = self._take(self._returned, self._waiting)
            if name:
                yield name
                self._count()
            elif shared:
                self._feeder.join(PATIENCE_SECONDS)
                self._end(0.0)
            else:
                return

    def _take(self, *lists: deque[str]) -> str:
        with self._lock:
            return next((names.popleft() for names in lists if names), "")

    def _count(self) -> None:
        with self._lock:
            self.done += 1

    def _feed(self) -> None:
        """Give the second process one kernel after the other, until there are none or it has died."""
        while name := self._take(self._waiting):
            answer = self._ask(f"{self._modules[name]} {name}\n")
            if answer == DONE:
                self._count()
                continue
            self._returned.append(name)
            if not answer:
                return

    def _ask(self, line: str) -> str:
        """What the second process says to a line; "" where it has gone."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return ""
        try:
            process.stdin.write(line)
            process.stdin.flush()
            return process.stdout.readline().strip()
        except (OSError, ValueError):
            return ""

    def _end(self, patience: float) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        with suppress(OSError):  # it died with a line unread
            process.stdin.close()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._feeder.join()
        process.stdout.close()

"""What the second process that compiles does (`second` starts it): kernels that come by name, until the pipe ends."""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading

from playground.engine.jit import native
from playground.engine.jit.second import DONE


def serve() -> None:
    """The second process: compile what comes as "module kernel" lines and say how it went; end when the pipe ends."""
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    while True:
        module, name = asked.get().split()
        try:
            importlib.import_module(module)
            native.compiled(name)
            answer = DONE
        except Exception as error:  # noqa: BLE001 - whatever it is, the first process will meet it and say so
            answer = type(error).__name__
        print(answer, flush=True)


def _listen(asked: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)  # in the middle of a kernel too

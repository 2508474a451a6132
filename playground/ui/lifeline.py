"""A process of the window ends with it, however the window ends: nothing goes on computing for nobody.

The window writes its own number into the environment of a process that it starts (`tied`), and the process calls `hold` before it
loads anything large. Linux then kills it together with the thread that started it, which is the main one. No Qt here: the process
does not need it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from playground.cli.output import SENTENCES

#: Holds the number of the process that a child may not outlive.
VARIABLE = "PLAYGROUND_PARENT"
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>


def tied() -> dict[str, str]:
    """What a process that ends with this one has in its environment besides ours."""
    return {VARIABLE: str(os.getpid()), SENTENCES: "1"}


def hold() -> None:
    """End with the process that started this one, at once when it is gone already. Does nothing where nobody asked for it."""
    parent = os.environ.pop(VARIABLE, "")
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if str(os.getppid()) != parent:  # it died between the start and the line above
        os._exit(1)

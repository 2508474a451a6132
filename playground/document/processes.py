"""Whether the process that wrote a lock is still there: its id together with its start time, since ids are used again."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def host() -> str:
    """This machine's name; a lock of another machine says nothing about processes here."""
    return platform.node()


def started(pid: int) -> str:
    """When a process began, in the system's own unit; "" where the system does not tell or there is no such process."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # Field 22, counted from behind the name in brackets, which may hold spaces.
    return line.rpartition(")")[2].split()[19]


def alive(pid: int, start: str) -> bool:
    """Whether the process with this id that began at `start` still runs."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # a number that no process has
        return False
    except PermissionError:
        pass  # it runs and belongs to somebody else
    return not start or started(pid) in (start, "")

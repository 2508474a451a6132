"""How long a test waits for a condition: as long as it may take on this machine with all that runs beside the test.

A wait that comes true ends at once, so that patience costs nothing; a limit that is promised, such as half a second until something is
said, is measured by the tests themselves and never stretched.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: However busy the machine: behind it stands the limit of the whole test.
MOST = 10.0


def busy() -> float:
    """How many processes there are for each processor: 1 on a machine that is no busier than its processors allow."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return min(max(1.0, load / (os.cpu_count() or 1)), MOST)


def patient(wait: Callable[..., Any], name: str, usual: float, *, place: int | None = None) -> Callable[..., Any]:
    """The same wait with its limit stretched. name: of the parameter of the limit; place: where it may stand among the others."""

    @functools.wraps(wait)
    def stretched(*words: Any, **named: Any) -> Any:
        given = list(words)
        if place is not None and len(given) > place:
            given[place] = given[place] * busy()
        else:
            named[name] = type(usual)(named.get(name, usual) * busy())
        return wait(*given, **named)

    return stretched


def stood_in_line(pid: int) -> float:
    """Seconds that the threads of a process were ready and got no processor, all together; 0 where the system does not say.

    What a process loses to others on the machine is none of its own doing. Linux, Documentation/scheduler/sched-stats.rst.
    """
    waited = 0.0
    for stat in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            waited += int(stat.read_text().split()[1]) / 1e9
        except (OSError, IndexError):  # a thread that has ended meanwhile
            continue
    return waited

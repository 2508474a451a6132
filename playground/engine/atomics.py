"""Words for threads that share memory, as plain Python; `engine.jit.atomics` has what stands for them in machine code.

Cells are int64 numbers of an array. In plain Python there is one thread, so these only say what the words mean.
"""

from __future__ import annotations

import time


def acquire(cells, at):
    """cells[at]; whatever its writer wrote before `release` is seen from here on."""
    return cells[at]


def release(cells, at, value):
    """cells[at] = value, after all that this thread has written before."""
    cells[at] = value


def fetch_add(cells, at, n):
    """Add to cells[at] in one piece, and give what was there; acquires and releases."""
    before = cells[at]
    cells[at] = before + n
    return before


def exchange(cells, at, old, new):
    """cells[at] = new in one piece if it is old; whether it was. Acquires and releases."""
    if cells[at] != old:
        return False
    cells[at] = new
    return True


def relax():
    """Tell the processor that this is a loop that waits."""


def rest():
    """Leave the processor to others for a moment: some 50 microseconds, or one turn of theirs."""
    time.sleep(5e-5)


#: What `engine.jit` replaces.
WORDS = {f.__name__: f for f in (acquire, release, fetch_add, exchange, relax, rest)}

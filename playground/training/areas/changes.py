"""Every change of a knob, for whoever does steps again; memory that is never written costs nothing."""

from __future__ import annotations

from playground.training.areas import Area, register
from playground.training.ring import Ring

#: A knob's change: the first step that has it, the knob's place, its value.
CHANGE_COLUMNS = ("step", "knob", "value")
_ROWS = 1 << 20

CHANGES = register(
    Area(
        "changes",
        1,
        lambda plan: 8 * _ROWS * len(CHANGE_COLUMNS),
        lambda plan, area, words: Ring(area.view("<f8").reshape(_ROWS, -1), words),
    )
)

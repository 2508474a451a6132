"""How old the newest numbers on the screen are, while a run goes on."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING

from playground.ui.status_part import Part, StatusPart
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.status import StatusLine

#: Seconds for which a figure stands, so that it can be read; it is the greatest age within them.
HOLD = 0.5
#: Milliseconds from which on the picture is no longer that of the moment.
OLD = 1000.0


class Age:
    """The greatest age of the last moments."""

    def __init__(self) -> None:
        self._since = 0.0
        self._worst = 0.0
        self.shown: float | None = None

    def take(self, milliseconds: float, now: float) -> float:
        """The figure to show, after one more look."""
        if self.shown is None or now - self._since > 4 * HOLD:  # the first look of a run
            self.shown, self._worst, self._since = milliseconds, 0.0, now
        self._worst = max(self._worst, milliseconds)
        if now - self._since >= HOLD:
            self.shown, self._worst, self._since = self._worst, 0.0, now
        return max(self.shown, milliseconds if milliseconds >= OLD else 0.0)


_AGES: weakref.WeakKeyDictionary[StatusLine, Age] = weakref.WeakKeyDictionary()


def age_text(milliseconds: float) -> str:
    """12 ms, 2.4 s."""
    if milliseconds < OLD:
        return say("Data age {number} ms", number=f"{milliseconds:.0f}")
    return say("Data age {number} s", number=f"{milliseconds / 1000:.1f}")


def say_age(line: StatusLine) -> list[Part]:
    """The time since the worker's last word, from which what is drawn comes."""
    beat = line.session.client.last_beat_ns
    if line.session.run.state != "running" or not beat:
        _AGES.pop(line, None)
        return []
    age = _AGES.setdefault(line, Age()).take((time.monotonic_ns() - beat) / 1e6, time.monotonic())
    return [Part(age_text(age), ink="warn" if age >= OLD else "text2")]


PARTS = (StatusPart(id="age", say=say_age, side="right", order=20),)

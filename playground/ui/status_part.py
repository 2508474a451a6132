"""What stands in the status line: records that the files under `ui/status_parts` hold, and the words they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.words import say

if TYPE_CHECKING:
    from playground.ui.status import StatusLine


@dataclass(frozen=True)
class Part:
    """A few words; icon with its colour, "dot" for a filled dot; progress in 0 to 1 draws a bar instead of the words' icon."""

    text: str
    icon: str = ""
    ink: str = "text2"
    bold: bool = False
    progress: float = -1.0


@dataclass(frozen=True, kw_only=True)
class StatusPart:
    """One owner's words in the status line. A file under `ui/status_parts` holds them as `PARTS`.

    say: the words as of now, none where there is nothing to say; it reads `line.session` and `line.newest(kind)`, and must be quick:
    it is asked at every tick and every painting.  hears: the kinds of event that it reads.  side: "left" or "right".
    order: rising from left to right.
    """

    id: str
    say: Callable[[StatusLine], Sequence[Part]]
    hears: tuple[type, ...] = ()
    side: str = "left"
    order: int = 50


def duration_text(seconds: float) -> str:
    """4 s, 1 m 12 s, 2 h 5 m."""
    whole = round(seconds)
    if whole < 60:
        return say("{seconds} s", seconds=whole)
    if whole < 3600:
        return say("{minutes} m {seconds} s", minutes=whole // 60, seconds=whole % 60)
    return say("{hours} h {minutes} m", hours=whole // 3600, minutes=whole % 3600 // 60)


def bytes_text(number: float) -> str:
    """3.1 MB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if number >= scale:
            return f"{number / scale:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"

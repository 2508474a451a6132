"""A journal as a person writes it in Python: a line a change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playground.errors import BadValue
from playground.training.journal import Entry, of_json
from playground.words import sentence

#: step, kind, what, before, after.
JournalLine = tuple[int, str, str, Any, Any]


def entries_of(lines: Iterable[Entry | JournalLine]) -> tuple[Entry, ...]:
    """Entries of a journal, out of entries or lines. Raises BadValue."""
    found = []
    for serial, line in enumerate(lines, start=1):
        if not isinstance(line, Entry):
            if len(line) != 5:
                raise BadValue(
                    sentence("A line of a journal is (step, kind, what, before, after); {line} was given.", line=f"{line!r:.80}")
                )
            step, kind, what, before, after = line
            body = {"serial": serial, "step": step, "kind": kind, "what": what, "before": before, "after": after, "note": ""}
            line = of_json(body)
        found.append(line)
    return tuple(found)

"""The journal of a run: everything that was done to it and happened to it, so that it can be done again bit for bit.

An entry at a step holds from the next step on: its `step` is how many updates had been done when it came. Entries stand in the order in
which they have to be done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from playground import words
from playground.errors import BadValue
from playground.training.messages.change import Entry
from playground.training.wire import plain
from playground.words import sentence

__all__ = ["KINDS", "Entry", "Journal", "decoded", "encoded", "of_json"]

#: What an entry may be about.
#: start: what "seed" (after: the seed) or "checkpoint" (after: its path, before: its hash).  knob: before, after are numbers.
#: plan: before, after map places in the project (see `document.patch`) to values; after may also hold "samples_sha256".
#: fault: what is the layer, after the direction.  end: what is the reason, before the step of the weights, after how far it ran.
#: resume: what is the reason of the end that it follows.  rewind, fork: before is the step where the run stood, after where it stands
#: now.  reinit: what is the layer, after the seed of its new start weights.
KINDS = ("start", "knob", "plan", "fault", "end", "resume", "rewind", "fork", "reinit")
_FIELDS = {"serial": int, "step": int, "kind": str, "what": str}
_MOST_STEP = 1 << 62


class Journal:
    """Entries as they have to be done again. Consecutive values of one knob at one step are one entry."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: list[Entry] = []
        self._serial = 0
        for entry in entries:
            self.take(entry)

    @property
    def last(self) -> int:
        """The serial number of the newest entry there ever was."""
        return self._serial

    def add(self, kind: str, step: int, what: str = "", before: Any = None, after: Any = None, note: str = "") -> Entry:
        """A new entry. Raises ValueError for an unknown kind."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of entry")
        entry = Entry(serial=self._serial + 1, step=step, kind=kind, what=what, before=before, after=after, note=note)
        self.take(entry)
        return entry

    def take(self, entry: Entry) -> None:
        """An entry that was made elsewhere, such as by the worker."""
        self._serial = max(self._serial, entry.serial)
        at = len(self.entries)
        if entry.kind == "knob":
            at = self._room_for(entry)
            earlier = self.entries[at - 1] if at else None
            if earlier is not None and (earlier.kind, earlier.what, earlier.step) == ("knob", entry.what, entry.step):
                at -= 1
                entry = Entry(**{**vars(entry), "before": earlier.before})
                del self.entries[at]
        self.entries.insert(at, entry)

    def _room_for(self, entry: Entry) -> int:
        """Steps that a dead worker lost are done again with the knobs that were turned in them: a new turn at an earlier step takes
        the place of later ones of the same knob, and stands before later ones of others."""
        at = len(self.entries)
        while at and self.entries[at - 1].kind == "knob" and self.entries[at - 1].step > entry.step:
            at -= 1
            if self.entries[at].what == entry.what:
                del self.entries[at]
        return at

    def clear(self) -> None:
        """The run begins anew; numbers of entries go on."""
        self.entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def encoded(entry: Entry) -> bytes:
    """One line of JSON."""
    return json.dumps(plain(entry), allow_nan=False, separators=(",", ":")).encode() + b"\n"


def decoded(lines: bytes) -> list[Entry]:
    """The inverse of `encoded`, for any number of lines. Raises BadValue."""
    try:
        return [of_json(json.loads(line)) for line in lines.splitlines()]
    except (ValueError, RecursionError) as error:
        raise BadValue(sentence("The journal cannot be read: {error}.", error=str(error)[:120])) from error


def of_json(body: Any) -> Entry:
    """An entry out of strict JSON. Raises BadValue."""
    keys = {"serial", "step", "kind", "what", "before", "after", "note"}
    if not isinstance(body, dict) or body.keys() != keys or any(type(body[name]) is not kind for name, kind in _FIELDS.items()):
        raise BadValue(
            sentence(
                "An entry of the journal needs {keys}; {body} was found.", keys=", ".join(sorted(keys)), body=f"{body!r:.60}"
            )
        )
    if body["kind"] not in KINDS or not 0 <= body["step"] < _MOST_STEP:
        raise BadValue(
            sentence("The journal has an entry of kind {kind} at step {step}.", kind=repr(body["kind"])[:40], step=body["step"])
        )
    fits, told = _SIDES.get(body["kind"], (lambda value: True, ""))
    if not all(fits(body[side]) for side in ("before", "after")):
        raise BadValue(
            sentence("In the journal, before and after of an entry of kind {kind} must be {told}.", kind=body["kind"], told=told)
        )
    try:
        note = words.unpacked(body["note"]) if isinstance(body["note"], dict) else body["note"]
    except (ValueError, RecursionError) as error:
        raise BadValue(sentence("A note in the journal cannot be read: {error}.", error=str(error)[:120])) from error
    if not isinstance(note, str):
        raise BadValue(sentence("A note in the journal must be a text."))
    return Entry(**{**body, "note": note})


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _step(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MOST_STEP


#: What must stand before and after in entries of some kinds, and what that is called.
_SIDES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "knob": (_number, sentence("numbers")),
    "plan": (lambda value: isinstance(value, dict), sentence("objects")),
    **dict.fromkeys(("end", "rewind", "fork"), (_step, sentence("steps"))),
}


def knobs_only(entries: Sequence[Entry]) -> list[tuple[int, str, float]]:
    """(step, name, value) of the knobs that were turned."""
    return [(entry.step, entry.what, float(entry.after)) for entry in entries if entry.kind == "knob"]

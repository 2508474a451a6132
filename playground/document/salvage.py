"""What is left of a project file whose directory is damaged or cut off, found by the headers of the members themselves."""

from __future__ import annotations

from playground.document.archive import LOCAL, MOST_BYTES, MOST_MEMBERS, UTF8, Archive, Entry, check_entry, checked_name
from playground.errors import BadValue

_SIGN = b"PK\3\4"
#: Places that look like a member and are none, before the search ends: each costs a look at what it says to hold.
_MOST_FAILURES = 64


class Salvage(Archive):
    """The members that are whole, in the order in which they lie. Raises nothing.

    Every header says how long its member is and what its checksum must be, as the directory does; the same rules hold for both.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self._end_at = data, len(data)
        self.entries = {}
        at, failures, room = data.find(_SIGN), 0, MOST_BYTES
        while at >= 0 and failures < _MOST_FAILURES and len(self.entries) < MOST_MEMBERS:
            try:
                entry = self._member(at, room)
            except BadValue:
                failures, at = failures + 1, data.find(_SIGN, at + 1)
                continue
            room -= entry.size
            at = data.find(_SIGN, at + LOCAL.size + len(entry.name) + entry.packed)

    def sealed(self) -> bool | None:
        return False

    def _member(self, at: int, room: int) -> Entry:
        """The member whose header is there, among the entries. Raises BadValue where it is none or is damaged."""
        if at + LOCAL.size > len(self.data):
            raise BadValue("")
        _, _, flags, method, _, _, crc, packed, size, n, extra = LOCAL.unpack_from(self.data, at)
        if flags != UTF8 or extra or size > room:
            raise BadValue("")
        entry = Entry(checked_name(self.data[at + LOCAL.size : at + LOCAL.size + n]), method, crc, packed, size, at)
        check_entry(entry, flags)
        if entry.name in self.entries:
            raise BadValue("")
        self.entries[entry.name] = entry
        try:
            self.read(entry.name)
        except BadValue:
            del self.entries[entry.name]
            raise
        return entry

"""The zip container of a project file, read with distrust and written the same way every time.

Only what a project needs: stored or deflated members, no encryption, no zip64, no links, no odd names, nothing that unpacks to
more than it says, no overlaps. A damaged member costs that member; a container that plays tricks is refused as a whole.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from playground.errors import BadValue
from playground.words import sentence

MOST_MEMBERS = 2_000
MOST_BYTES = 4 * 2**30 - 1
MOST_RATIO = 100
FREE_BYTES = 2**20  # the ratio counts above this

LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_SIGN = b"PK\5\6"
_MOST_END = _END.size + 65_535  # with the longest comment
_SEAL = b"sha256:"
_COMMENT = len(_SEAL) + 64
_STORED, _DEFLATED = 0, 8
UTF8 = 0x800
_DATE = (1 << 5) | 1  # 1 January 1980, the earliest that a zip can hold: the same project gives the same bytes
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,+ ()-]*(/[A-Za-z0-9_][A-Za-z0-9_.,+ ()-]*)*/?")


@dataclasses.dataclass(frozen=True)
class Entry:
    """What the directory says of a member. start: offset of its local header."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int


class Archive:
    """The members of a zip in memory. Raises BadValue, saying which rule is broken, for anything that is not a plain one."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        count, size, start = self._end()
        self.entries = self._directory(count, size, start)
        self._check_places(start)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def read(self, name: str, most: int = MOST_BYTES) -> bytes:
        """A member's content. Raises BadValue where it is damaged or larger than `most`."""
        entry = self.entries[name]
        if entry.size > most:
            raise BadValue(
                sentence(
                    "{name} may unpack to {most} bytes at most; it says {size}.",
                    name=name,
                    most=f"{most:,}",
                    size=f"{entry.size:,}",
                )
            )
        try:
            return self._unpacked(entry, self._content(entry))
        except BadValue:
            if self.sealed() is not False:
                raise
            # The file is damaged, perhaps only in this header: the directory knows the content too, and its checksum decides.
            return self._unpacked(entry, entry.start + LOCAL.size + len(entry.name))

    def is_damaged(self, name: str) -> bool:
        """Whether a member cannot be read, or is not there."""
        try:
            self.read(name)
        except (BadValue, KeyError):
            return True
        return False

    def sealed(self) -> bool | None:
        """Whether the whole file is as it was written; None where it was written by another program."""
        seal = self.data[-_COMMENT:]
        if not seal.startswith(_SEAL) or self._end_at + _END.size + _COMMENT != len(self.data):
            return None
        return self._sum == seal[len(_SEAL) :]

    @functools.cached_property
    def _sum(self) -> bytes:
        return hashlib.sha256(memoryview(self.data)[:-_COMMENT]).hexdigest().encode()

    def _end(self) -> tuple[int, int, int]:
        """Number of members, size and offset of the directory."""
        self._end_at = self.data.rfind(_END_SIGN, max(0, len(self.data) - _MOST_END))
        if not self.data.startswith(b"PK"):
            raise BadValue(sentence("This is not a project file."))
        if self._end_at < 0 or self._end_at + _END.size > len(self.data):
            raise BadValue(sentence("Its end is missing: it was cut short, or it is not a project file."))
        _, disk, first, here, count, size, start, comment = _END.unpack_from(self.data, self._end_at)
        if disk or first or here != count or 0xFFFF in (count, here) or 0xFFFFFFFF in (size, start):
            raise BadValue(sentence("It is a zip of several parts or of more than 4 GB, which a project is not."))
        if self._end_at + _END.size + comment != len(self.data):
            raise BadValue(sentence("Bytes follow the end of the zip. Fetch the file again."))
        if count > MOST_MEMBERS:
            raise BadValue(
                sentence(
                    "It may have at most {most_members} members; it has {count}.",
                    most_members=f"{MOST_MEMBERS:,}",
                    count=f"{count:,}",
                )
            )
        if start + size != self._end_at:
            raise BadValue(sentence("Its directory is not where the zip says. It is damaged, or it was cut short."))
        return count, size, start

    def _directory(self, count: int, size: int, at: int) -> dict[str, Entry]:
        end = at + size
        found: dict[str, Entry] = {}
        folded: set[str] = set()
        for _ in range(count):
            if at + _CENTRAL.size > end or self.data[at : at + 4] != b"PK\1\2":
                raise BadValue(sentence("Its directory is damaged."))
            row = _CENTRAL.unpack_from(self.data, at)
            _, made_by, _, flags, method, _, _, crc, packed, unpacked, n, extra, comment, part, _, attributes, start = row
            raw = self.data[at + _CENTRAL.size : at + _CENTRAL.size + n]
            at += _CENTRAL.size + n + extra + comment
            entry = Entry(checked_name(raw), method, crc, packed, unpacked, start)
            if at > end or part:
                raise BadValue(sentence("Its directory is damaged."))
            if made_by >> 8 == 3 and (attributes >> 16) & 0o170000 not in (0, 0o100000, 0o040000):
                raise BadValue(sentence("{entry} is a link or a device, which a project never holds.", entry=entry.name))
            check_entry(entry, flags)
            if entry.name.casefold() in folded:
                raise BadValue(sentence("Two members are called {entry}.", entry=entry.name))
            folded.add(entry.name.casefold())
            if not entry.name.endswith("/"):
                found[entry.name] = entry
        if at != end:
            raise BadValue(sentence("Its directory is damaged."))
        if sum(entry.size for entry in found.values()) > MOST_BYTES:
            raise BadValue(sentence("Its members unpack to more than 4 GB."))
        return found

    def _check_places(self, directory: int) -> None:
        """No two members may share bytes, and none may reach into the directory."""
        reached, before = 0, ""
        for entry in sorted(self.entries.values(), key=lambda entry: entry.start):
            if entry.start < reached:
                raise BadValue(sentence("{entry} and {before} overlap.", entry=entry.name, before=before))
            name = len(entry.name.encode())
            reached, before = entry.start + LOCAL.size + name + entry.packed, entry.name
            if reached > directory:
                raise BadValue(sentence("{entry} reaches beyond the end of the members.", entry=entry.name))

    def _unpacked(self, entry: Entry, begin: int) -> bytes:
        """A member's content that begins there. Raises BadValue where it is not what the directory says."""
        packed = self.data[begin : begin + entry.packed]
        content = packed if entry.method == _STORED else _inflated(packed, entry)
        if len(content) != entry.size or zlib.crc32(content) != entry.crc:
            raise BadValue(sentence("{entry} is damaged: its content does not match its checksum.", entry=entry.name))
        return content

    def _content(self, entry: Entry) -> int:
        """Where a member's content begins; its own header must name the same member."""
        row = LOCAL.unpack_from(self.data, entry.start)
        name_at = entry.start + LOCAL.size
        name = self.data[name_at : name_at + row[9]]
        begin: int = name_at + row[9] + row[10]
        if row[0] != b"PK\3\4" or name != entry.name.encode() or begin + entry.packed > self._end_at:
            raise BadValue(sentence("{entry} is damaged: its header does not match the directory.", entry=entry.name))
        return begin


def may_be_read(path: Path, begin: bytes) -> bool:
    """Whether a file may end as a zip, or begins as a project does, which tells foreign files from projects without reading them whole."""
    with path.open("rb") as file:
        if file.read(len(begin)) == begin:
            return True
        file.seek(max(0, path.stat().st_size - _MOST_END))
        return _END_SIGN in file.read(_MOST_END)


def packed(members: Sequence[tuple[str, bytes, bool]]) -> bytes:
    """A zip of (name, content, whether to deflate), in this order, sealed with a SHA-256 over all of it. The same every time."""
    body = bytearray()
    directory = bytearray()
    for name, content, deflate in members:
        raw = name.encode()
        small = _deflated(content) if deflate else None
        method = _STORED if small is None else _DEFLATED
        data = content if small is None else small
        shared = (20, UTF8, method, 0, _DATE, zlib.crc32(content), len(data), len(content), len(raw), 0)
        directory += _CENTRAL.pack(b"PK\1\2", 20 | 3 << 8, *shared, 0, 0, 0, 0o100644 << 16, len(body)) + raw
        body += LOCAL.pack(b"PK\3\4", *shared) + raw + data
    end = _END.pack(_END_SIGN, 0, 0, len(members), len(members), len(directory), len(body), _COMMENT)
    if len(body) + len(directory) > MOST_BYTES:
        raise BadValue(
            sentence(
                "A project file may have at most 4 GB; this one would have {body_count} GB.",
                body_count=f"{len(body) / 1000000000.0:.1f}",
            )
        )
    body += directory + end
    body += _SEAL + hashlib.sha256(body).hexdigest().encode()
    return bytes(body)


def _deflated(content: bytes) -> bytes | None:
    """None where storing is better, or where reading would take it for a bomb."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    small = deflater.compress(content) + deflater.flush()
    return None if len(small) >= len(content) or _suspicious(len(small), len(content)) else small


def _inflated(packed: bytes, entry: Entry) -> bytes:
    """No more than one byte beyond what the directory says is ever unpacked."""
    inflater = zlib.decompressobj(-15)
    try:
        content = inflater.decompress(packed, entry.size + 1)
    except zlib.error as error:
        raise BadValue(sentence("{entry} is damaged: it cannot be unpacked.", entry=entry.name)) from error
    if len(content) > entry.size or not inflater.eof or inflater.unused_data:
        raise BadValue(
            sentence(
                "{entry} is damaged: it does not unpack to the {size} bytes that it says.",
                entry=entry.name,
                size=f"{entry.size:,}",
            )
        )
    return content


def _suspicious(packed: int, size: int) -> bool:
    return size > FREE_BYTES and size > MOST_RATIO * packed


def checked_name(raw: bytes) -> str:
    """A member's name. Raises BadValue for one that a project never has."""
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        name = ""
    if len(raw) > 200 or not _NAME.fullmatch(name):
        raise BadValue(sentence("A member has a name that a project never has: {raw}.", raw=f"{raw[:60]!r}"))
    return name


def check_entry(entry: Entry, flags: int) -> None:
    """Raises BadValue for a member that no project has. flags: of the zip format."""
    if flags & 0x2041:
        raise BadValue(sentence("{entry} is encrypted. Save the project without a password.", entry=entry.name))
    if entry.method not in (_STORED, _DEFLATED):
        raise BadValue(
            sentence("{entry} is packed by method {method}; stored and deflated are read.", entry=entry.name, method=entry.method)
        )
    if entry.method == _STORED and entry.packed != entry.size:
        raise BadValue(sentence("{entry} says two different sizes.", entry=entry.name))
    if 0xFFFFFFFF in (entry.packed, entry.size, entry.start):
        raise BadValue(sentence("{entry} is larger than 4 GB.", entry=entry.name))
    if _suspicious(entry.packed, entry.size):
        raise BadValue(
            sentence(
                "{entry} would unpack to {size} MB from {packed} MB, which looks like a trap.",
                entry=entry.name,
                size=f"{entry.size / 1000000.0:,.0f}",
                packed=f"{entry.packed / 1000000.0:.1f}",
            )
        )

"""A bounded ring of compressed copies of a run: dense near the present, sparse in the past, so that any step is a short way from one.

A directory of fixed entries, then a heap. A copy is written before its entry is marked valid and unmarked before it is overwritten, and
it carries a checksum: whenever the writer is killed, every copy that is found is whole. `FileRing` has its heap in a file, holds far more
of them and spreads them evenly over the run.
"""

from __future__ import annotations

import dataclasses
import json
import os
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ENTRIES = 512
#: 64-bit words of an entry: valid, step, place in the heap, bytes, checksum, bytes of the memory's text, rows of changes then, serial number of the plan.
_WORDS = 8
_VALID, _STEP, _AT, _LENGTH, _SUM, _TEXT, _SEEN, _PLAN = range(8)
DIRECTORY_BYTES = 8 * ENTRIES * _WORDS
#: What the copies of a run take at most, unless two of them take more.
BUDGET = 64 << 20
#: Entries of a ring with its heap in a file.
FILE_ENTRIES = 8192
FILE_DIRECTORY_BYTES = 8 * FILE_ENTRIES * _WORDS
#: What the copies in a file take at most, and at most this share of what is free on that disk.
FILE_BUDGET, FILE_SHARE = 2 << 30, 0.25
#: States beyond this are not copied.
MOST_STATE = 512 << 20
#: States of up to so many bytes are compressed. Larger ones lie there as they are: it would make them a fifth smaller at most, at
#: twenty times the cost, and a copy that costs little can be taken often, so that the way to any step is short.
_SMALL = 1 << 15
#: Copies begin at multiples of so many bytes.
_LINE = 64


def room(state_bytes: int) -> int:
    """Bytes of a ring for states of this size; 0 where they are too large to be copied."""
    if state_bytes > MOST_STATE:
        return 0
    one = state_bytes + (1 << 15)
    return DIRECTORY_BYTES + max(2 * one, min(BUDGET, ENTRIES * one))


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """step: where it was taken. memory: what the loop knew.  seen: rows of the list of changes then.  numbers: bytes, as they were given.

    plan: serial number of the plan that the run had then.
    """

    step: int
    memory: dict[str, Any]
    seen: int
    numbers: bytes
    plan: int = 0


class SnapshotRing:
    """Copies by step. area: `room(...)` bytes of zeros, or what an earlier ring left there; an empty one keeps nothing."""

    def __init__(self, area: Array) -> None:
        self._directory = area[:DIRECTORY_BYTES].view("<i8").reshape(-1, _WORDS)
        self._heap = area[DIRECTORY_BYTES:]
        self._size = len(self._heap)

    @classmethod
    def private(cls, state_bytes: int) -> SnapshotRing:
        """One in memory of its own; pages that are never written cost nothing."""
        return cls(np.zeros(room(state_bytes), np.uint8))

    @property
    def steps(self) -> list[int]:
        """Of all copies, ascending."""
        valid = self._directory[:, _VALID] == 1
        return sorted(self._directory[valid, _STEP].tolist())

    @property
    def used_bytes(self) -> int:
        """Of the heap."""
        return int(self._directory[self._directory[:, _VALID] == 1, _LENGTH].sum()) if len(self._directory) else 0

    def put(self, step: int, memory: dict[str, Any], seen: int, numbers: Array | tuple[Array, ...], plan: int = 0) -> bool:
        """Keep a copy, in place of one of the same step and plan; older ones make room. False when it is too large.

        numbers: bytes, a multiple of 4, in one piece or in several.
        """
        text = zlib.compress(json.dumps(memory, separators=(",", ":")).encode(), 1)
        pieces = [np.frombuffer(text, np.uint8), *_packed(numbers if isinstance(numbers, tuple) else (numbers,))]
        if sum(map(len, pieces)) > self._size - _LINE:
            return False
        self.forget(step, plan)
        self._keep(step, pieces, (len(text), seen, plan))
        return True

    def _keep(self, step: int, pieces: list[Array], about: tuple[int, int, int]) -> None:
        """about: the entry's words after the checksum."""
        length = sum(map(len, pieces))
        room = -(-length // _LINE) * _LINE
        entry, at = self._place(room)
        end = at
        for piece in pieces:
            self._heap[end : end + len(piece)] = piece
            end += len(piece)
        self._heap[end : at + room] = 0
        entry[_STEP:] = (step, at, room, _checksum(self._heap[at : at + room]), *about)
        entry[_VALID] = 1

    def take_over(self, other: SnapshotRing) -> None:
        """Hold the copies of another ring, of which the oldest make room where there is less of it."""
        self.clear()
        valid = np.flatnonzero(other._directory[:, _VALID] == 1)
        for entry in other._directory[valid[np.argsort(other._directory[valid, _STEP], kind="stable")]]:
            whole = other._heap[int(entry[_AT]) : int(entry[_AT] + entry[_LENGTH])]
            if len(whole) <= self._size:
                text, seen, plan = (int(word) for word in entry[_TEXT:])
                self._keep(int(entry[_STEP]), [whole], (text, seen, plan))

    def before(self, step: int, plan: int = 0) -> int:
        """The step of the newest copy of a plan at or before a step, -1 for none; it is not looked at."""
        directory = self._directory
        steps = directory[(directory[:, _VALID] == 1) & (directory[:, _STEP] <= step) & (directory[:, _PLAN] == plan), _STEP]
        return int(steps.max()) if len(steps) else -1

    def whole(self, step: int, plan: int = 0) -> tuple[Array, Array] | None:
        """The entry and the bytes of the copy of this very step, for another ring to hold; None where there is none."""
        directory = self._directory
        found = np.flatnonzero((directory[:, _VALID] == 1) & (directory[:, _STEP] == step) & (directory[:, _PLAN] == plan))
        if not len(found):
            return None
        entry = directory[found[0]]
        return entry, self._bytes(int(entry[_AT]), int(entry[_LENGTH]))

    def forget(self, step: int, plan: int = 0) -> None:
        """Drop the copy of this very step."""
        self._drop((self._directory[:, _STEP] == step) & (self._directory[:, _PLAN] == plan))

    def has(self, step: int, plan: int = 0) -> bool:
        """Whether there is a copy of this very step."""
        here = (self._directory[:, _VALID] == 1) & (self._directory[:, _STEP] == step) & (self._directory[:, _PLAN] == plan)
        return bool(here.any())

    def nearest(self, step: int, plan: int = 0) -> Snapshot | None:
        """The newest copy of a plan at or before a step; copies that are damaged are dropped."""
        mine = self._directory[:, _PLAN] == plan
        while True:
            valid = np.flatnonzero((self._directory[:, _VALID] == 1) & (self._directory[:, _STEP] <= step) & mine)
            if not len(valid):
                return None
            entry = self._directory[valid[np.argmax(self._directory[valid, _STEP])]]
            found = self._read(entry)
            if found is not None:
                return found
            entry[_VALID] = 0

    def forget_after(self, step: int) -> None:
        """Drop what was kept of later steps: they will come otherwise."""
        self._drop(self._directory[:, _STEP] > step)

    def clear(self) -> None:
        self._directory[:, _VALID] = 0

    def _drop(self, which: Array) -> None:
        self._directory[which, _VALID] = 0

    def _read(self, entry: Array) -> Snapshot | None:
        at, length, text = (int(entry[word]) for word in (_AT, _LENGTH, _TEXT))
        found = self._bytes(at, length)
        if len(found) != length or length % 8 or at % 8 or _checksum(found) != entry[_SUM]:
            return None
        whole = found.tobytes()
        return Snapshot(
            int(entry[_STEP]),
            json.loads(zlib.decompress(whole[:text])),
            int(entry[_SEEN]),
            _unpacked(memoryview(whole)[text:]),
            int(entry[_PLAN]),
        )

    def _bytes(self, at: int, length: int) -> Array:
        """Of the heap; fewer where it does not reach so far."""
        return self._heap[at : at + length] if at >= 0 else self._heap[:0]

    def _place(self, length: int) -> tuple[Array, int]:
        """A free entry and a free stretch of the heap, after as many copies as necessary have been dropped."""
        while True:
            valid = np.flatnonzero(self._directory[:, _VALID] == 1)
            at = self._gap(valid, length)
            if at is not None and len(valid) < len(self._directory):
                return self._directory[np.flatnonzero(self._directory[:, _VALID] != 1)[0]], at
            self._directory[self._least_missed(valid), _VALID] = 0

    def _gap(self, valid: Array, length: int) -> int | None:
        taken = self._directory[valid][:, [_AT, _LENGTH]]
        taken = taken[np.argsort(taken[:, 0])]
        starts = np.concatenate([[0], taken.sum(axis=1)])
        ends = np.concatenate([taken[:, 0], [self._size]])
        fits = np.flatnonzero(ends - starts >= length)
        return int(starts[fits[0]]) if len(fits) else None

    def _least_missed(self, valid: Array) -> int:
        """The copy without which the way to any step grows least, measured against how long ago it is; the first stays while it can."""
        order = valid[np.argsort(self._directory[valid, _STEP])]
        steps = self._directory[order, _STEP].astype(float)
        if len(steps) < 3:
            return int(order[0])
        ways = (steps[2:] - steps[:-2]) / (steps[-1] - steps[:-2])
        return int(order[1 + int(np.argmin(ways))])


class FileRing(SnapshotRing):
    """Copies in a file, evenly over the run. directory: `FILE_DIRECTORY_BYTES` of zeros, or what an earlier ring left there."""

    def __init__(self, directory: Array, file: int) -> None:
        """file: an open descriptor, which the ring does not close."""
        self._directory = directory.view("<i8").reshape(-1, _WORDS)
        self._heap = np.zeros(0, np.uint8)
        self._file = file
        disk = os.fstatvfs(file)
        free = disk.f_bavail * disk.f_frsize + os.fstat(file).st_blocks * 512
        self._size = int(min(FILE_BUDGET, FILE_SHARE * free)) // _LINE * _LINE

    def wants(self, step: int, length: int, apart: float) -> bool:
        """Whether a copy of so many bytes at this step, the newest, is worth its place. apart: steps, below which it never is."""
        if length > self._size // 4:
            return False
        steps = self._directory[self._directory[:, _VALID] == 1, _STEP]
        last = int(steps.max()) if len(steps) else -1
        return last < 0 or step - last >= max(apart, step / min(len(self._directory), self._size // length), 1)

    def hold(self, entry: Array, whole: Array) -> bool:
        """Keep a copy as another ring has it. False where the disk takes no more."""
        self.forget(int(entry[_STEP]), int(entry[_PLAN]))
        mine, at = self._place(len(whole))
        try:
            written = os.pwrite(self._file, memoryview(whole), at)  # type: ignore[arg-type]
        except OSError:
            written = -1
        if written != len(whole):  # what is there stays; there will be no more
            self._size = 0
            return False
        mine[_STEP:] = entry[_STEP:]
        mine[_AT] = at
        mine[_VALID] = 1
        return True

    def _bytes(self, at: int, length: int) -> Array:
        if at < 0 or not 0 <= length <= FILE_BUDGET:
            return self._heap
        try:
            return np.frombuffer(os.pread(self._file, length, at), np.uint8)
        except OSError:  # as good as damaged
            return self._heap

    def _least_missed(self, valid: Array) -> int:
        """The copy without which the longest way between two others is shortest; first and last stay while they can."""
        order = valid[np.argsort(self._directory[valid, _STEP])]
        if len(order) < 3:
            return int(order[0])
        steps = self._directory[order, _STEP]
        return int(order[1 + int(np.argmin(steps[2:] - steps[:-2]))])


def _checksum(area: Array) -> int:
    """Changed by any bit. Shapes: (n,) uint8, n a multiple of 8."""
    return int(np.add.reduce(area.view("<u8"), dtype=np.uint64).astype(np.int64))


def _packed(numbers: tuple[Array, ...]) -> list[Array]:
    """How many bytes are compressed, 0 for none, and all of them.

    Compressed byte by byte of all numbers, the last bytes (sign and exponent) first: alike bytes beside each other compress well.
    """
    size = sum(piece.size for piece in numbers)
    if size > _SMALL:
        return [np.frombuffer(size.to_bytes(8, "little") + bytes(8), np.uint8), *numbers]
    planes = np.concatenate(numbers).reshape(-1, 4)[:, ::-1].T
    packed = zlib.compress(np.ascontiguousarray(planes).tobytes(), 1)
    return [np.frombuffer(size.to_bytes(8, "little") + len(packed).to_bytes(8, "little") + packed, np.uint8)]


def _unpacked(given: memoryview) -> bytes:
    """The inverse of `_packed`; there may be more behind it."""
    size, length = (int.from_bytes(given[at : at + 8], "little") for at in (0, 8))
    if not length:
        return bytes(given[16 : 16 + size])
    flat = zlib.decompress(given[16 : 16 + length])
    return np.ascontiguousarray(np.frombuffer(flat, np.uint8).reshape(4, -1).T[:, ::-1]).tobytes()

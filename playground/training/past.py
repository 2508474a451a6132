"""The copies that a run can go back to, in memory and in a file of its own that has no name.

Memory has the newest, densely; the file has the whole run, evenly: going far back is a short way too. Both are blocks that the window
holds: they outlive the worker, go along unchanged when the run gets another plan, and are gone with the last process that has them.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.block import Block
from playground.training.snapshots import FILE_DIRECTORY_BYTES, FileRing, Snapshot, SnapshotRing, room

Array = npt.NDArray[Any]

#: Copies in the file are at least so many seconds of training apart.
APART_SECONDS = 0.15


class Past:
    """Holds copies by step. descriptors: of a block of memory, and perhaps of a file; none: memory of this process alone."""

    def __init__(self, descriptors: Sequence[int] = ()) -> None:
        blocks = [Block(descriptor) for descriptor in descriptors] or [Block.create()]
        self._memory, self._file = blocks[0], blocks[1] if len(blocks) > 1 else None
        self._near = SnapshotRing(np.zeros(0, np.uint8))
        self._far: FileRing | None = None
        self._mapped = 0

    def fit(self, state_bytes: int) -> None:
        """Make room for states of this size; what is held stays. Raises PlaygroundError where the system gives no memory."""
        needed, there = FILE_DIRECTORY_BYTES + room(state_bytes), self._memory.nbytes
        if needed > there:
            self._memory.resize(needed)
        size = max(needed, there)
        if size == self._mapped:
            return
        area = np.frombuffer(mmap.mmap(self._memory.descriptor, size), np.uint8)
        self._mapped = size
        self._near = SnapshotRing(area[FILE_DIRECTORY_BYTES:])
        if self._file is not None:
            self._far = FileRing(area[:FILE_DIRECTORY_BYTES], self._file.descriptor)

    @property
    def steps(self) -> list[int]:
        """Of all copies, ascending."""
        return sorted({*self._near.steps, *(self._far.steps if self._far else ())})

    def put(self, step: int, memory: dict[str, Any], seen: int, numbers: tuple[Array, ...], plan: int = 0) -> bool:
        """As in `SnapshotRing`. A copy that is worth it is kept in the file too."""
        if not self._near.put(step, memory, seen, numbers, plan):
            return False
        found = self._near.whole(step, plan)
        if self._far is not None and found is not None:
            self._far.forget(step, plan)
            apart = APART_SECONDS * step / max(float(memory.get("seconds", 0.0)), 1e-9)
            if self._far.wants(step, len(found[1]), apart):
                self._far.hold(*found)
        return True

    def has(self, step: int, plan: int = 0) -> bool:
        """Whether there is a copy of this very step."""
        return self._near.has(step, plan) or (self._far is not None and self._far.has(step, plan))

    def nearest(self, step: int, plan: int = 0) -> Snapshot | None:
        """The newest copy of a plan at or before a step."""
        near = self._near.before(step, plan)
        far = self._far.nearest(step, plan) if self._far is not None and self._far.before(step, plan) > near else None
        if far is not None and far.step > near:
            return far
        return self._near.nearest(step, plan) or far

    def forget_after(self, step: int) -> None:
        """Drop what was kept of later steps: they will come otherwise."""
        for ring in self._rings:
            ring.forget_after(step)

    def clear(self) -> None:
        for ring in self._rings:
            ring.clear()

    @property
    def _rings(self) -> tuple[SnapshotRing, ...]:
        return (self._near,) if self._far is None else (self._near, self._far)

    def close(self) -> None:
        """Let go of memory and file."""
        self._near, self._far, self._mapped = SnapshotRing(np.zeros(0, np.uint8)), None, 0
        for block in (self._memory, self._file):
            if block is not None:
                block.close()

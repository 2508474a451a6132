"""The journal of a run as lines of JSON, in the order in which they were written; see `training.journal`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.errors import PlaygroundError
from playground.training.areas import Area, register
from playground.words import sentence

#: Room for a million entries; memory that is never written costs nothing.
_BYTES = 128 << 20


class Log:
    """Bytes that are only ever added. The writer fills them in, then raises the count, so that a reader never sees half a line."""

    def __init__(self, area: npt.NDArray[Any], words: npt.NDArray[Any]) -> None:
        self._area, self._count = area, words

    @property
    def written(self) -> int:
        return int(self._count[0])

    @property
    def begun(self) -> int:
        """Raised whenever the log begins anew."""
        return int(self._count[1])

    def append(self, text: bytes) -> None:
        """Raises PlaygroundError when it is full."""
        at = self.written
        if at + len(text) > len(self._area):
            raise PlaygroundError(sentence("The journal of this run is full. Start a new run to change more."))
        self._area[at : at + len(text)] = np.frombuffer(text, np.uint8)
        self._count[0] = at + len(text)

    def since(self, seen: int) -> bytes:
        """What was added after the first `seen` bytes."""
        return self._area[seen : self.written].tobytes()

    def cut(self, length: int) -> None:
        """Keep the first so many bytes; readers begin anew."""
        self._count[0] = min(length, self.written)
        self._count[1] += 1

    def clear(self) -> None:
        self._count[0] = 0
        self._count[1] += 1


JOURNAL = register(Area("journal", 2, lambda plan: _BYTES, lambda plan, area, words: Log(area, words)))

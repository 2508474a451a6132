"""Copies of a state in shared memory that are never torn.

Two places are written in turn: mark the older one invalid, fill it, then give it the next number. Whenever the writer is killed, at
least one is whole, so a run never continues from an update that was torn in the middle. Each carries the loop's own memory (as JSON)
beside the state it belongs to.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MEMORY_BYTES = 1 << 15


class Slots:
    """Two places for a state and its memory, written in turn; see the module's text."""

    def __init__(self, area: Array, numbers: Array, state_bytes: int) -> None:
        half = len(area) // 2
        self._memory = [area[i * half : i * half + MEMORY_BYTES] for i in (0, 1)]
        self._state = [area[i * half + MEMORY_BYTES : i * half + MEMORY_BYTES + state_bytes] for i in (0, 1)]
        self._numbers = numbers

    def newest(self) -> int | None:
        """Which slot is the newest whole one."""
        best = int(np.argmax(self._numbers))
        return best if self._numbers[best] > 0 else None

    def write(self, memory: dict[str, Any], state: Any) -> int:
        """Fill the older slot and make it the newest; gives its place."""
        place = 1 - (self.newest() or 0)
        text = json.dumps(memory, separators=(",", ":")).encode()
        if len(text) > MEMORY_BYTES - 8:
            raise ValueError(f"the loop's memory takes {len(text)} bytes of {MEMORY_BYTES - 8}")
        number = int(self._numbers.max()) + 1
        self._numbers[place] = 0
        self._memory[place][:8].view("<i8")[0] = len(text)
        self._memory[place][8 : 8 + len(text)] = np.frombuffer(text, np.uint8)
        self._state[place][...] = np.frombuffer(state, np.uint8)
        self._numbers[place] = number
        return place

    def read(self, place: int | None = None) -> tuple[dict[str, Any], bytes] | None:
        """The newest slot, or the given one: memory and a copy of the state; None when there is none. Safe beside a writer."""
        for _ in range(100):
            chosen = self.newest() if place is None else place
            if chosen is None or self._numbers[chosen] == 0:
                return None
            number = int(self._numbers[chosen])
            length = int(self._memory[chosen][:8].view("<i8")[0])
            text, state = self._memory[chosen][8 : 8 + length].tobytes(), self._state[chosen].tobytes()
            if self._numbers[chosen] == number:
                return json.loads(text), state
        return None

    def look(self, place: int | None = None) -> tuple[dict[str, Any], Array] | None:
        """As `read`, for the writer itself: the state is not copied, and holds until the next `write`."""
        chosen = self.newest() if place is None else place
        if chosen is None or self._numbers[chosen] == 0:
            return None
        length = int(self._memory[chosen][:8].view("<i8")[0])
        return json.loads(self._memory[chosen][8 : 8 + length].tobytes()), self._state[chosen]

    def keep_only(self, place: int | None) -> None:
        """Forget the other copy, or both: after a crash it may belong to steps that will be done again."""
        for other in (0, 1):
            if other != place:
                self._numbers[other] = 0

    def touch(self) -> None:
        """Have the system give the memory now, which it else does when a page is first written."""
        for state in self._state:
            state[::4096] += 0

    def clear(self) -> None:
        self._numbers[...] = 0

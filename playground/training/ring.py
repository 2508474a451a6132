"""Lists in shared memory with one writer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Ring:
    """Rows that overwrite the oldest, and how many were ever written."""

    def __init__(self, rows: Array, count: Array) -> None:
        self.rows, self._count = rows, count

    @property
    def written(self) -> int:
        return int(self._count[0])

    def append(self, rows: Array) -> None:
        """Add rows; of more than fit, the last ones."""
        capacity, count = len(self.rows), self.written + len(rows)
        kept = rows[-capacity:]
        at = (count - len(kept)) % capacity
        until_end = min(len(kept), capacity - at)
        self.rows[at : at + until_end] = kept[:until_end]
        self.rows[: len(kept) - until_end] = kept[until_end:]
        self._count[0] = count

    def since(self, seen: int) -> tuple[Array, int]:
        """Copies of the rows after the first `seen` ones, and the count now; rows that were overwritten meanwhile are left out."""
        written, capacity = self.written, len(self.rows)
        seen = 0 if seen > written else seen
        first = max(seen, written - capacity)
        at, n = first % capacity, written - first
        rows = np.concatenate([self.rows[at : at + n], self.rows[: max(0, at + n - capacity)]])
        lost = max(0, self.written - capacity - first)
        return rows[min(lost, n) :], written

    def take_over(self, other: Ring) -> None:
        """Hold what another one of the same size holds, counted as there."""
        used = min(other.written, len(other.rows))
        self.rows[:used] = other.rows[:used]
        self._count[0] = other.written

    def clear(self) -> None:
        self._count[0] = 0

"""The points of a run's steps as they are kept in its folder: of a long run the least and the greatest loss of equal stretches, as the
plots thin them, so that the file stays below 100 kB.

    playground points 1\\n     what it is
    32 bytes                  SHA-256 of the rest
    rows of STEP_ROW          steps ascending from 1, little-endian
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.errors import FileError
from playground.training.areas.steps import STEP_ROW
from playground.training.history import Growing
from playground.training.sealed import sealed, unsealed
from playground.words import sentence

Array = npt.NDArray[Any]

NAME = "points.bin"
MARK = b"playground points 1\n"
#: Stretches of a whole run; each keeps at most three rows.
STRETCHES = 1024
MOST_ROWS = 3 * STRETCHES + 1
#: Rows that are held before they are thinned again.
_ROOM = 16 * STRETCHES


class KeptPoints:
    """Collected while a run goes on."""

    def __init__(self) -> None:
        self._rows = Growing(np.empty(0, STEP_ROW), "step")

    def add(self, rows: Array) -> None:
        """Append; where the step goes back, forget what was known from there on. Shapes: (n,) STEP_ROW."""
        self._rows.add(rows)
        if len(self._rows) > _ROOM:
            self._hold(thinned(self._rows.rows))

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        self._rows.cut(step)

    def clear(self) -> None:
        """The run begins anew."""
        self._hold(np.empty(0, STEP_ROW))

    def encoded(self) -> bytes:
        """The file as it would be now."""
        return sealed(MARK, thinned(self._rows.rows).tobytes())

    def _hold(self, rows: Array) -> None:
        self._rows = Growing(np.empty(0, STEP_ROW), "step")
        self._rows.add(rows)


def thinned(rows: Array) -> Array:
    """Of equal stretches of steps the rows with the least and the greatest loss and the first whose loss is not finite, and the last row.

    A stretch is a power of two of steps: thinning what was thinned before gives what thinning all at once would have given.
    Shapes: (n,) STEP_ROW -> (at most MOST_ROWS,).
    """
    if len(rows) <= 2 or rows["step"][-1] <= 2 * STRETCHES:
        return rows
    wide = 1 << (-(-int(rows["step"][-1]) // STRETCHES) - 1).bit_length()
    stretch, finite = (rows["step"] - 1) // wide, np.isfinite(rows["loss"])
    odd, sound = np.flatnonzero(~finite), np.flatnonzero(finite)
    rising = sound[np.lexsort((rows["loss"][sound], stretch[sound]))]
    least = rising[np.diff(stretch[rising], prepend=-1) != 0]
    greatest = rising[np.diff(stretch[rising], append=-1) != 0]
    first_odd = odd[np.unique(stretch[odd], return_index=True)[1]]
    return np.asarray(rows[np.unique(np.concatenate([least, greatest, first_odd, [len(rows) - 1]]))])


def read(path: Path) -> Array:
    """The rows of a file, or of a run's folder; none where there is no such file. Raises FileError. Shapes: (n,) STEP_ROW."""
    path = path / NAME if path.is_dir() else path
    damaged = sentence("{path} is damaged: the points of this run's steps are lost. Its epochs and weights are not.", path=path)
    body = unsealed(path, MARK, MOST_ROWS * STEP_ROW.itemsize, damaged)
    if body is None:
        return np.empty(0, STEP_ROW)
    if len(body) % STEP_ROW.itemsize:
        raise FileError(damaged)
    rows = np.frombuffer(body, STEP_ROW)
    if (np.diff(rows["step"], prepend=0) <= 0).any():
        raise FileError(damaged)
    return rows

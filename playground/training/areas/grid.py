"""The network's answers over a rectangle of the input plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.areas import Area, register

Array = npt.NDArray[Any]

#: Most points on a side.
GRID_SIZE = 192


class Grids:
    """Two places for a surface, written in turn. outputs: numbers at a point."""

    def __init__(self, area: Array, numbers: Array, outputs: int) -> None:
        half = len(area) // 2
        self._grids = [area[i * half : (i + 1) * half] for i in (0, 1)]
        self._numbers, self._outputs = numbers, outputs

    def clear(self) -> None:
        self._numbers[...] = 0

    def write(self, step: int, low: tuple[float, float], high: tuple[float, float], response: Array) -> None:
        """Shapes: response (rows, columns, outputs) float32, row by row from low to high of the second input."""
        place = 1 - int(np.argmax(self._numbers))
        number = int(self._numbers.max()) + 1
        self._numbers[place] = 0
        head = self._grids[place][:64]
        head[:24].view("<i8")[...] = (step, *response.shape[:2])
        head[24:56].view("<f8")[...] = (*low, *high)
        self._grids[place][64:].view("<f4")[: response.size] = response.ravel()
        self._numbers[place] = number

    def read(self) -> tuple[int, tuple[float, float], tuple[float, float], Array] | None:
        """The newest grid: step, low, high and a copy of the response; None before the first."""
        for _ in range(100):
            place = int(np.argmax(self._numbers))
            number = int(self._numbers[place])
            if number == 0:
                return None
            step, rows, columns = (int(n) for n in self._grids[place][:24].view("<i8"))
            a, b, c, d = (float(v) for v in self._grids[place][24:56].view("<f8"))
            values = self._grids[place][64:].view("<f4")[: rows * columns * self._outputs].copy()
            if self._numbers[place] == number:
                return step, (a, b), (c, d), values.reshape(rows, columns, self._outputs)
        return None


GRID = register(
    Area(
        "grid",
        2,
        lambda plan: 2 * (64 + 4 * GRID_SIZE**2 * plan.outputs),
        lambda plan, area, words: Grids(area, words, plan.outputs),
    )
)

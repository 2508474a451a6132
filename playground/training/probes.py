"""What is measured for the eyes alone, within a share of the worker's time. None of it changes a number of the run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.engine.machine import Machine
from playground.training.assembly import Assembled
from playground.training.board import GRID_SIZE, Board

Array = npt.NDArray[Any]


class Share:
    """Lets something happen so seldom that it takes at most a share of the time, and at most so often a second."""

    def __init__(self, share: float, per_second: float) -> None:
        self._share, self._interval = share, 1.0 / per_second
        self._due = 0.0
        self._begun = 0.0

    @property
    def due(self) -> bool:
        return time.perf_counter() >= self._due

    def soon(self) -> None:
        """Due at once."""
        self._due = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        now = time.perf_counter()
        self._due = now + max(self._interval, (now - self._begun) / self._share)


class NormProbe:
    """Gradient norm, weight norm and length of the update of every layer, at one step."""

    def __init__(self, machine: Machine, layers: tuple[str, ...]) -> None:
        self._machine = machine
        self._names = {layer: [p.name for p in machine.plan.graph.parameters if p.owner == layer] for layer in layers}
        self.share = Share(0.02, 10)

    def before(self) -> dict[str, Array]:
        """Copies of the weights before the step."""
        return {name: weight.copy() for name, weight in self._machine.parameters().items()}

    def after(self, before: dict[str, Array]) -> Array:
        """The row for the board. Shapes: (1, 1 + 3 × layers)."""
        weights, gradients = self._machine.parameters(), self._machine.gradients()
        row = [float(self._machine.step)]
        for names in self._names.values():
            row.append(_norm([gradients[name] for name in names]))
            row.append(_norm([weights[name] for name in names]))
            row.append(_norm([weights[name] - before[name] for name in names]))
        return np.array([row])


def _norm(arrays: list[Array]) -> float:
    return float(np.sqrt(sum(float(np.vdot(a, a)) for a in arrays)))


class GridProbe:
    """The network's answers over a rectangle of the input plane, or over a stretch of its only input."""

    def __init__(self, assembled: Assembled, machine: Machine, board: Board) -> None:
        self._assembled, self._machine, self._board = assembled, machine, board
        self._points: Array | None = None
        self.low, self.high, self.size = (0.0, 0.0), (1.0, 1.0), 0
        self.share = Share(0.05, 15)

    def watch(self, low: tuple[float, float], high: tuple[float, float], size: int) -> bool:
        """Look at this rectangle from now on; false when the data have no plane or the size is out of range."""
        self._points = None
        if not 2 <= size <= GRID_SIZE or not self._board.plan.outputs:
            return False
        inputs = self._assembled.samples.shape[0]
        if not all(np.isfinite((*low, *high))) or not all(low[i] < high[i] for i in range(inputs)):
            return False
        self.low, self.high, self.size = low, high, size
        axes = [np.linspace(low[i], high[i], size, dtype=np.float32) for i in range(inputs)]
        plane = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, inputs)
        self._points = self._assembled.prepared.scaler.apply(plane)
        self.share.soon()
        return True

    @property
    def on(self) -> bool:
        return self._points is not None

    def measure(self) -> None:
        """Write the surface to the board."""
        if self._points is None:
            return
        averaged = self._assembled.project.training.judges_averaged
        response = self._assembled.judge.respond(self._machine.predict(self._points, averaged=averaged))
        shape = (-1, self.size, self._board.plan.outputs)
        self._board.grid.write(self._machine.step, self.low, self.high, np.asarray(response, np.float32).reshape(shape))

"""The output surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.training import messages
from playground.training.areas.grid import GRID_SIZE
from playground.training.probes import Probe, Share, register

if TYPE_CHECKING:
    from playground.training.run import Run

Array = npt.NDArray[Any]


@register
class GridProbe(Probe[None]):
    """The network's answers over a rectangle of the input plane, or over a stretch of its only input."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._assembled, self._machine, self._board = run.assembled, run.machine, run.board
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

    def look(self, *, force: bool) -> None:
        """Bring the output surface up to date, when somebody looks at it."""
        if self.on and (force or self.share.due):
            with self.share:
                self.measure()
            self.run.send(messages.Grid(step=self._machine.step, size=self.size))

    def measure(self) -> None:
        """Write the surface to the board."""
        if self._points is None:
            return
        averaged = self._assembled.project.training.judges_averaged
        response = self._assembled.judge.respond(self._machine.predict(self._points, averaged=averaged))
        shape = (-1, self.size, self._board.plan.outputs)
        self._board.grid.write(self._machine.step, self.low, self.high, np.asarray(response, np.float32).reshape(shape))

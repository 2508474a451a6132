"""Gradient norm, weight norm and length of the update of every layer, at one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.training.probes import Probe, Share, register

if TYPE_CHECKING:
    from playground.training.loop import Burst
    from playground.training.run import Run

Array = npt.NDArray[Any]


@register
class NormProbe(Probe[dict[str, Array]]):
    """Rows for `board.norms`. on: whether anybody wants them."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._machine = run.machine
        parameters = run.machine.plan.graph.parameters
        self._names = {layer: [p.name for p in parameters if p.owner == layer] for layer in run.board.plan.layers}
        self.share = Share(0.02, 10)
        self.on = True

    @property
    def due(self) -> bool:
        return self.on and self.share.due and bool(self._names)

    def before(self) -> dict[str, Array]:
        """Copies of the weights before the step."""
        return {name: weight.copy() for name, weight in self._machine.parameters().items()}

    def after(self, kept: dict[str, Array] | None, burst: Burst) -> None:
        assert kept is not None
        self.run.board.norms.append(self._row(kept))

    def _row(self, before: dict[str, Array]) -> Array:
        """Shapes: (1, 1 + 3 × layers)."""
        weights, gradients = self._machine.parameters(), self._machine.gradients()
        row = [float(self._machine.step)]
        for names in self._names.values():
            row.append(_norm([gradients[name] for name in names]))
            row.append(_norm([weights[name] for name in names]))
            row.append(_norm([weights[name] - before[name] for name in names]))
        return np.array([row])


def _norm(arrays: list[Array]) -> float:
    return float(np.sqrt(sum(float(np.vdot(a, a)) for a in arrays)))

"""Mean, spread, dead units and saturated outputs of every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.engine.formulas import only_present
from playground.training.areas.activations import ACTIVATION_COLUMNS, ACTIVATIONS
from playground.training.probes import Probe, Share, register
from playground.training.probes.looking import FIRST, Array, Crowd
from playground.training.probes.notes import moments, reached
from playground.training.saturation import saturation

if TYPE_CHECKING:
    from playground.core.spec import Layer
    from playground.training.run import Run


@register
class ActivationProbe(Probe[None]):
    """Rows for `board[ACTIVATIONS]`, at most ten a second and half a hundredth of the time."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.share = Share(0.005, 10)
        self.share.spent(FIRST)
        self.crowd = Crowd(run)
        self._last = -1

    def look(self, *, force: bool) -> None:
        """At rest also at past steps that were noted down since the last look, at first at some of those before it."""
        step = reached(self.run)
        if not self.crowd.wanted or step == self._last or not (force or self.share.due):
            return
        with self.share:
            last, self._last = min(self._last, step), step
            for note in moments(self.run, last, force=force, noted=self.crowd.small):
                self._measure(note.step if note else self.run.machine.step, note.tensors if note else None)

    def _measure(self, step: int, tensors: dict[str, Array] | None) -> None:
        outputs = self.crowd.outputs(tensors)
        if outputs:
            layers = self.run.assembled.layers
            read = self.crowd.read(outputs)
            row = [float(step)]
            for name in self.crowd.nodes:
                here = self.crowd.present.get(name)
                y, x = (only_present(each[name], here) if name in each else None for each in (outputs, read))
                row += described(layers[name], y, x) if y is not None else [np.nan] * len(ACTIVATION_COLUMNS)
            self.run.board[ACTIVATIONS].append(np.array([row]))


def described(layer: Layer, y: Array, x: Array | None = None) -> list[float]:
    """The columns for one layer. x: what it read, where that is known.  Shapes: y (samples, *output)."""
    stuck = saturation(layer, y, x)
    with np.errstate(all="ignore"):
        mean, deviation = float(y.mean(dtype=np.float64)), float(y.std(dtype=np.float64))
    return [mean, deviation, stuck.dead if stuck else np.nan, stuck.share if stuck else np.nan]

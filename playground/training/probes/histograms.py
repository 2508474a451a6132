"""How the weights, gradients and outputs of every layer are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.engine.formulas import only_present
from playground.training.areas.histograms import HISTOGRAMS, histogram_row
from playground.training.probes import Probe, Share, register
from playground.training.probes.looking import FIRST, Array, Crowd
from playground.training.probes.notes import Note, moments, reached
from playground.training.spread import fill

if TYPE_CHECKING:
    from playground.training.run import Run


@register
class HistogramProbe(Probe[None]):
    """Rows for `board[HISTOGRAMS]`, at most five a second and half a hundredth of the time."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.share = Share(0.005, 5)
        self.share.spent(FIRST)
        self.crowd = Crowd(run)
        self._last = -1
        self._form = histogram_row(run.board.plan)
        parameters = run.machine.plan.graph.parameters
        self._names = [[p.name for p in parameters if p.owner == layer] for layer in run.board.plan.layers]

    def look(self, *, force: bool) -> None:
        """At rest also at past steps that were noted down since the last look, at first at some of those before it."""
        step = reached(self.run)
        if not self.crowd.wanted or step == self._last or not (force or self.share.due):
            return
        with self.share:
            last, self._last = min(self._last, step), step
            for note in moments(self.run, last, force=force, noted=self.crowd.small):
                self._measure(note)

    def _measure(self, note: Note | None) -> None:
        """A row for a past step, or for the present."""
        machine = self.run.machine
        if note is None:
            row = self._row(machine.step, machine.parameters(), machine.gradients(), self.crowd.outputs())
        else:
            row = self._row(note.step, note.tensors, note.gradients, self.crowd.outputs(note.tensors))
        self.run.board[HISTOGRAMS].append(row)

    def _row(self, step: int, weights: dict[str, Array], gradients: dict[str, Array], outputs: dict[str, Array]) -> Array:
        """Shapes: (1,). What a node does not give is left empty."""
        row = np.zeros(1, self._form)
        row["step"] = step
        cells = row[0]["of"]
        at = 0
        for tensors in (weights, gradients):
            for names in self._names:
                fill(cells[at], np.concatenate([tensors[name].reshape(-1) for name in names]))
                at += 1
        for name in self.crowd.nodes:
            if name in outputs:
                fill(cells[at], np.ascontiguousarray(only_present(outputs[name], self.crowd.present.get(name))))
            at += 1
        return row

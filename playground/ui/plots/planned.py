"""The learning rate and the momentum that a schedule plans for every step of a run, before the run begins."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from playground.ui.painting import RIGHT, put
from playground.ui.plots.axis import Axis
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.words import say


class PlannedPlot(Plot):
    """Rate over the steps of the actual run, warm-up included, with both axes named; or the momentum, on an axis around its values."""

    def __init__(self, parent: QWidget | None = None, *, momentum: bool = False) -> None:
        super().__init__(say("Planned momentum over steps" if momentum else "Planned learning rate over steps"), parent=parent)
        self.momentum = momentum
        self.add(Series("rate", say("momentum" if momentum else "rate"), "smooth", 3, dashes=()))
        self.title, self.x_title = say("momentum" if momentum else "learning rate"), say("step")
        self.margins, self.tick_gaps = (52, 22, 22, 34), (50, 22)
        self.setFixedHeight(146)
        self.empty = say("Add data to see the schedule.")
        self.highest = 0.0

    def show_plan(self, steps: np.ndarray, rates: np.ndarray, total: int) -> None:
        """Show some steps of a run of `total` and their rates or momenta. Shapes: (n,), (n,)."""
        self.highest = float(rates.max()) if len(rates) else 0.0
        self.reach = float(total)
        lowest = float(rates.min()) if self.momentum and len(rates) else 0.0
        room = 0.08 * (self.highest - lowest) or 1.0
        self.fixed_up = Axis(lowest - room if self.momentum else 0.0, self.highest + room)
        self.show_data("rate", steps, rates)

    def _draw_title(self, p: QPainter, r: QRectF) -> None:
        put(p, QRectF(6, 3, self.width() - 12, 16), self.title, 10, "text2")
        put(p, QRectF(r.x(), self.height() - 17, r.width(), 14), self.x_title, 10, "text2", how=RIGHT)

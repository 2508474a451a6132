"""The learning-rate finder's plot: loss over a logarithmic rate, with what it suggests and where it diverges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from playground.ui.painting import AA, CENTRE, box, put, width_of
from playground.ui.plots.axis import around, short
from playground.ui.plots.marks import Band
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.theme import theme
from playground.words import say

#: Colour numbers and dashes of the suggestions, as in the list beside the plot.
LOOKS = {"valley": (3, (2.0, 3.0)), "steepest": (2, (7.0, 3.0)), "minimum": (4, (7.0, 3.0, 2.0, 3.0))}
WORDS = {"valley": "valley", "steepest": "steepest descent", "minimum": "minimum ÷ 10"}


class FinderPlot(Plot):
    """Each batch's loss and the smoothed one; suggestions as labelled lines; a mark for the rate in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("Loss over learning rate"), log_x=True, right=16, parent=parent)
        self.margins = (48, 8, 16, 34)
        self.x_title = say("Learning rate, log scale")
        self.empty = say("No test yet. Press Run.")
        self.x_word = lambda x: (say("Rate {short}", short=short(x)), "")
        self.add(Series("raw", say("each batch"), "points", 1))
        self.add(Series("smoothed", say("smoothed"), "smooth", 1))
        self.suggested: dict[str, float] = {}
        self.now: float | None = None

    def show_points(self, rates: Sequence[float], losses: Sequence[float], smoothed: Sequence[float]) -> None:
        """Show the curve so far."""
        x = np.asarray(rates, float)
        self.show_data("raw", x, np.asarray(losses, float))
        self.show_data("smoothed", x, np.asarray(smoothed, float))
        self.fixed_up = around([self.series["smoothed"].y], pad=0.3)  # raw points may leave the picture, the curve may not

    def show_suggestions(
        self, valley: float | None, steepest: float | None, now: float | None, diverged: bool, minimum: float | None = None
    ) -> None:
        """Mark the suggestions, the rate in use and the end of the curve if the loss ran away there."""
        found = (("valley", valley), ("steepest", steepest), ("minimum", minimum))
        self.suggested = {name: rate for name, rate in found if rate}
        self.now = now
        bands = []
        x, y = self.series["smoothed"].x, self.series["smoothed"].y
        if len(x) and valley and np.isfinite(y).any():
            best = float(x[int(np.nanargmin(np.where(np.isfinite(y), y, np.nan)))])
            bands.append(Band(float(x[0]), valley / 10, "text3", say("too slow")))
            bands.append(Band(valley / 10, max(best, steepest or 0.0), "ok", say("learns")))
        if diverged and len(x):
            bands.append(Band(float(x[-1]), float(x[-1]) * 1e9, "error", say("diverges")))
        self.show_marks((), bands)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.has_data:
            return
        p, r = QPainter(self), self.area
        until = [r.x(), r.x(), r.x()]
        found = sorted(self.suggested.items(), key=lambda item: item[1])
        for name, rate in found:
            self._draw_line(p, r, name, rate)
        for name, rate in found:
            self._draw_tag(p, r, name, rate, until)
        if self.now and self.across.low <= self.now <= self.across.high:
            x = self.px(self.now)
            p.setRenderHint(AA)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(theme().color("text"))
            p.drawPolygon(QPolygonF([QPointF(x, r.bottom() - 7), QPointF(x + 4.5, r.bottom()), QPointF(x - 4.5, r.bottom())]))
            words = say("now {short}", short=short(self.now))
            p.fillRect(QRectF(x + 6, r.bottom() - 15, width_of(words, 10) + 4, 14), theme().color("plot"))
            put(p, QRectF(x + 8, r.bottom() - 15, 100, 14), words, 10, "text2")
        p.end()

    def _draw_line(self, p: QPainter, r: QRectF, name: str, rate: float) -> None:
        color, dashes = LOOKS[name]
        ink = theme().series(color)[0]
        x = round(self.px(rate)) + 0.5
        pen = QPen(ink, 1.6)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([part / 1.6 for part in dashes])
        p.setPen(pen)
        p.drawLine(QPointF(x, r.y()), QPointF(x, r.bottom()))
        value = self.series["smoothed"].at(rate)
        if value is not None and np.isfinite(value):
            p.setRenderHint(AA)
            p.setPen(QPen(ink, 2))
            p.setBrush(theme().color("plot"))
            p.drawEllipse(QPointF(x, self.py(value)), 4.5, 4.5)

    def _draw_tag(self, p: QPainter, r: QRectF, name: str, rate: float, until: list[float]) -> None:
        x, ink = self.px(rate), theme().series(LOOKS[name][0])[0]
        text = f"{say(WORDS[name])} {short(rate)}"
        wide = width_of(text, 11, True) + 16
        left = min(max(x + 6, r.x()), r.right() - wide)
        row = next((row for row in (0, 1) if left >= until[row]), 2)
        until[row] = left + wide + 4
        tag = QRectF(left, r.y() + 6 + 26 * row, wide, 21)
        box(p, tag, 3, theme().color("panel"), ink)
        put(p, tag, text, 11, "text", True, CENTRE)

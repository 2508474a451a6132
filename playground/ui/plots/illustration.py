"""Draws what `lowering.illustration` computed: lines, a histogram, or the places of an input that reach one of the output."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.lowering.illustration import Curves, Histogram, Illustration, Reach
from playground.ui.painting import CENTRE, RIGHT, Painted, put
from playground.ui.plots.axis import Axis, short
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.theme import theme
from playground.words import say, sentence, strung

HIGH = 180


class CurvesPicture(Plot):
    """Lines with both axes named, each line at its end where there are several."""

    def __init__(self, shown: Curves, parent: QWidget | None = None) -> None:
        several = len(shown.lines) > 1
        super().__init__(
            say("{y} over {x}", y=sentence(shown.y_title), x=sentence(shown.x_title)), right=72 if several else 24, parent=parent
        )
        self.title, self.x_title, self.ends = say(shown.y_title), say(shown.x_title), several
        self.margins, self.tick_gaps = (48, 24, 72 if several else 24, 36), (60, 26)
        self.x_word = lambda x: (f"{say(shown.x_title)} {x:.3g}", "")
        self.whole_x = False
        for color, (name, x, y) in enumerate(shown.lines, 1):
            self.add(Series(name, say(name), "smooth", color))
            self.show_data(name, x, y)
        low = min(float(y.min()) for _, _, y in shown.lines)
        high = max(float(y.max()) for _, _, y in shown.lines)
        rim = 0.06 * (high - low) or 0.1
        self.fixed_up = Axis(low - rim if low < 0 else 0.0, high + rim)
        self.setFixedHeight(HIGH)

    def _draw_title(self, p: QPainter, r: QRectF) -> None:
        put(p, QRectF(8, 4, self.width() - 16, 16), self.title, 10, "text2")
        put(p, QRectF(r.x(), self.height() - 18, r.width(), 14), self.x_title, 10, "text2", how=RIGHT)


class HistogramPicture(Painted):
    """Shares of numbers as bars over their values."""

    def __init__(self, shown: Histogram, parent: QWidget | None = None) -> None:
        super().__init__(HIGH, 0, strung((shown.x_title, shown.words), ": "), parent)
        self.shown = shown

    def draw(self, p: QPainter, r: QRectF) -> None:
        shown, area = self.shown, r.adjusted(24, 26, -24, -36)
        p.fillRect(r, theme().color("plot"))
        put(p, QRectF(8, 4, r.width() - 16, 16), say(shown.words), 10, "text2")
        wide = area.width() / len(shown.shares)
        most = float(shown.shares.max()) or 1.0
        for k, share in enumerate(shown.shares):
            high = area.height() * float(share) / most
            p.fillRect(QRectF(area.x() + k * wide, area.bottom() - high, max(wide - 1, 1), high), theme().color("s1"))
        p.fillRect(QRectF(area.x(), area.bottom(), area.width(), 1), theme().color("strong"))
        for share in (0.0, 0.5, 1.0):
            value = float(shown.edges[0] + share * (shown.edges[-1] - shown.edges[0]))
            at = area.x() + share * area.width()
            put(
                p,
                QRectF(at - 40, area.bottom() + 4, 80, 14),
                short(0.0 if abs(value) < 1e-12 else value),
                10,
                "text3",
                how=CENTRE,
            )
        put(p, QRectF(area.x(), r.height() - 18, area.width(), 14), say(shown.x_title), 10, "text2", how=RIGHT)


class ReachPicture(Painted):
    """The input on the left with the places that count filled, the output on the right with the place that is looked at."""

    def __init__(self, shown: Reach, parent: QWidget | None = None) -> None:
        self.flat = shown.influence.shape[0] == 1 and shown.outputs[0] == 1
        super().__init__(112 if self.flat else HIGH, 0, say(shown.words), parent)
        self.shown = shown

    def draw(self, p: QPainter, r: QRectF) -> None:
        shown = self.shown
        p.fillRect(r, theme().color("plot"))
        put(p, QRectF(8, 4, r.width() - 16, 16), say(shown.words), 10, "text2")
        marked = np.zeros(shown.outputs)
        marked[shown.place] = 1.0
        if self.flat:
            room = QRectF(64, 26, r.width() - 76, 30)
            grids = ((shown.influence, room, say("input"), "s1"), (marked, room.translated(0, 40), say("output"), "s2"))
        else:
            half = QRectF(12, 26, r.width() / 2 - 18, r.height() - 34)
            grids = (
                (shown.influence, half, say("input"), "s1"),
                (marked, half.translated(r.width() / 2 - 6, 0), say("output"), "s2"),
            )
        for values, area, name, ink in grids:
            self._grid(p, values, area, ink)
            if self.flat:
                put(p, QRectF(8, area.y(), 54, area.height()), name, 10, "text2")
            else:
                put(p, QRectF(area.x(), area.y(), 60, 14), name, 10, "text2")

    def _grid(self, p: QPainter, values: np.ndarray, area: QRectF, ink: str) -> None:
        rows, columns = values.shape
        cell = min(area.width() / columns, area.height() / rows)
        x = area.x() if self.flat else area.center().x() - cell * columns / 2
        y = area.center().y() - cell * rows / 2
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setPen(QPen(theme().color("border"), 1))
        for i in range(rows):
            for j in range(columns):
                share = float(values[i, j])
                fill = theme().tint(ink, 0.2 + 0.8 * share, "plot") if share > 1e-9 else theme().color("plot")
                p.setBrush(fill)
                p.drawRect(QRectF(x + j * cell, y + i * cell, cell, cell))
        p.setBrush(Qt.BrushStyle.NoBrush)


class IllustrationView(QWidget):
    """Holds the picture of one record; it has no height without one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Illustration | None = None
        self.picture: QWidget | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        theme().changed.connect(self._recolor)

    def show_illustration(self, shown: Illustration | None) -> None:
        """Show another picture, or none."""
        if self.picture is not None:
            self.column.removeWidget(self.picture)
            self.picture.hide()
            self.picture.deleteLater()
        self.shown, self.picture = shown, None
        if isinstance(shown, Curves):
            self.picture = CurvesPicture(shown)
        elif isinstance(shown, Histogram):
            self.picture = HistogramPicture(shown)
        elif isinstance(shown, Reach):
            self.picture = ReachPicture(shown)
        if self.picture is not None:
            self.column.addWidget(self.picture)
        self.setVisible(self.picture is not None)

    def _recolor(self) -> None:
        if self.picture is not None:
            self.picture.update()

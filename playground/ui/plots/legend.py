"""The row above a plot: what each line is, then controls."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from playground.ui.painting import put, width_of
from playground.ui.plots.series import Series
from playground.words import say, strung


class Legend(QWidget):
    """Samples and names of the series that are shown and have data; what does not fit ends in a count."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series: list[Series] = []
        self._names: list[str] = []
        self.setFixedHeight(24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_series(self, series: list[Series]) -> None:
        names = [s.label for s in series]
        if names == self._names and all(a is b for a, b in zip(series, self.series, strict=True)):
            return
        self.series, self._names = series, names
        self.setAccessibleName(say("Legend: {lines}", lines=strung(names)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(sum(41 + width_of(s.label, 11) for s in self.series)) + 12, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, x = QPainter(self), 10.0
        for k, series in enumerate(self.series):
            wide = 27 + width_of(series.label, 11)
            left = len(self.series) - k
            if x + wide > self.width() - (0 if left == 1 else 30):
                put(p, QRectF(x, 0, 30, 24), f"+{left}", 11, "text2")
                break
            series.draw_sample(p, QRectF(x, 0, 21, 24))
            put(p, QRectF(x + 27, 0, wide, 24), series.label, 11)
            x += wide + 14
        p.end()


def legend_row(legend: Legend, *controls: QWidget) -> QWidget:
    """The legend on the left, controls on the right, 28 px."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 10, 0)
    line.setSpacing(8)
    line.addWidget(legend, 1)
    for control in controls:
        line.addWidget(control)
    row.setFixedHeight(28)
    return row

"""The dotted ground: one pixmap moved by an offset, rebuilt only when zoom, size or theme change."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsView

from playground.ui.plots.series import polygon
from playground.ui.theme import theme

STEP, LEAST = 24, 14


class Dots:
    """Draws the canvas ground behind everything."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._key: tuple[float, int, int, float, str] | None = None

    def draw(self, p: QPainter, view: QGraphicsView) -> None:
        """Fill the viewport, with the dots where the scene's grid puts them."""
        step = STEP * view.transform().m11()
        while step < LEAST:
            step *= 2
        size, ratio = view.viewport().size(), view.devicePixelRatioF()
        key = (step, size.width(), size.height(), ratio, theme().mode)
        if key != self._key:
            self._key, self._pixmap = key, self._drawn(step, size.width() + 2 * step, size.height() + 2 * step, ratio)
        at = view.viewportTransform().map(QPointF(0, 0))
        p.save()
        p.resetTransform()
        p.drawPixmap(QPointF(at.x() % step - step, at.y() % step - step), self._pixmap)
        p.restore()

    def _drawn(self, step: float, width: float, height: float, ratio: float) -> QPixmap:
        made = QPixmap(round(width * ratio), round(height * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(theme().color("canvas"))
        p = QPainter(made)
        p.setPen(QPen(theme().color("grid"), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
        across, down = np.meshgrid(np.arange(int(width / step) + 1) * step, np.arange(int(height / step) + 1) * step)
        p.drawPoints(polygon(np.stack([across.ravel(), down.ravel()], axis=1)))
        p.end()
        return made

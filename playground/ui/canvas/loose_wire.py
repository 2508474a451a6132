"""A wire with an end at no port: one that is drawn backwards, or one that was let go in the open while its other end is asked for."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from playground.ui.canvas.wire_item import route
from playground.ui.canvas.wire_paint import INK
from playground.ui.painting import AA
from playground.ui.theme import theme


class LooseWire(QGraphicsItem):
    """A wire between two points. state: as of a wire."""

    def __init__(self, start: QPointF, end: QPointF) -> None:
        super().__init__()
        self.start, self.end, self.state = start, end, "idle"
        self.path = QPainterPath()
        self.setZValue(2)
        self.show_state(start, "idle")

    def show_state(self, start: QPointF, state: str) -> None:
        """Take another start and state."""
        self.prepareGeometryChange()
        self.start, self.state = start, state
        self.path = route(start, self.end, None)
        self.update()

    def boundingRect(self) -> QRectF:
        return self.path.controlPointRect().adjusted(-4, -4, 4, 4)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(theme().color(INK[self.state]), 2)
        if self.state == "refused":
            pen.setDashPattern([3, 2])
        p.setRenderHint(AA)
        p.setPen(pen)
        p.drawPath(self.path)

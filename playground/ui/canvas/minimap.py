"""The map in the canvas's corner: blocks for nodes and a frame for the visible part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from playground.ui.painting import box
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

WIDTH, HEIGHT = 148, 84


class Minimap(QWidget):
    """A press or drag moves the view. Blocks are kept in a pixmap: panning only moves the frame over them."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.blocks: QPixmap | None = None
        self.bounds = QRectF()
        self.resize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(say("Map of the canvas"))
        theme().changed.connect(self.stale)

    def stale(self) -> None:
        """Nodes moved, or the theme changed."""
        self.blocks = None
        self.update()

    def _fit(self) -> tuple[float, QPointF]:
        """Scale and offset from scene to map."""
        room_x, room_y = self.width() - 10, self.height() - 10
        scale = min(room_x / max(self.bounds.width(), 1), room_y / max(self.bounds.height(), 1))
        return scale, QPointF(self.width() / 2, self.height() / 2) - self.bounds.center() * scale

    def _draw_blocks(self) -> QPixmap:
        self.bounds = self.view.canvas.world().adjusted(-24, -24, 24, 24)
        scale, shift = self._fit()
        ratio = self.devicePixelRatioF()
        made = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        p = QPainter(made)
        box(p, QRectF(self.rect()), 5, theme().color("panel"), theme().color("border"))
        for item in self.view.canvas.nodes.values():
            at = item.pos() * scale + shift
            block = QRectF(at.x(), at.y(), max(2.0, item.look.width * scale), max(2.0, item.look.height * scale))
            p.fillRect(block, theme().color(item.look.group))
        p.end()
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.blocks is None:
            self.blocks = self._draw_blocks()
        scale, shift = self._fit()
        p = QPainter(self)
        p.drawPixmap(0, 0, self.blocks)
        seen = self.view.visible()
        frame = QRectF(seen.topLeft() * scale + shift, seen.size() * scale)
        box(p, frame.intersected(QRectF(self.rect()).adjusted(4, 4, -4, -4)), 2, None, theme().color("accent"), 1.5)
        p.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        scale, shift = self._fit()
        self.view.centerOn((event.position() - shift) / scale)

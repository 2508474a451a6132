"""The map in the canvas's corner: blocks for nodes, pale ones for frames, and an outline of the visible part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from playground.ui.canvas.frame_item import FrameItem
from playground.ui.painting import box
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

WIDTH, HEIGHT = 148, 84


class Minimap(QWidget):
    """A press or drag moves the view; one that begins on the visible part takes hold of it where it is. Blocks are kept in a pixmap:
    panning only moves the outline over them.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.blocks: QPixmap | None = None
        self.bounds = QRectF()
        self._grip = QPointF()  # from the middle of the visible part to where it is held
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
        for note in self.view.canvas.notes.values():
            if isinstance(note, FrameItem):
                p.fillRect(QRectF(note.pos() * scale + shift, note.frame.size() * scale), theme().tint("c_block", 0.2, "panel"))
        for item in self.view.canvas.nodes.values():
            at = item.pos() * scale + shift
            block = QRectF(at.x(), at.y(), max(2.0, item.look.width * scale), max(2.0, item.look.height * scale))
            p.fillRect(block, theme().color(item.look.group))
        p.end()
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.blocks is None:
            self.blocks = self._draw_blocks()
        p = QPainter(self)
        p.drawPixmap(0, 0, self.blocks)
        box(p, self._seen().intersected(QRectF(self.rect()).adjusted(4, 4, -4, -4)), 2, None, theme().color("accent"), 1.5)
        p.end()

    def _seen(self) -> QRectF:
        """The visible part, on the map."""
        (scale, shift), seen = self._fit(), self.view.visible()
        return QRectF(seen.topLeft() * scale + shift, seen.size() * scale)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        seen = self._seen()
        self._grip = event.position() - seen.center() if seen.contains(event.position()) else QPointF()
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        scale, shift = self._fit()
        self.view.centerOn((event.position() - self._grip - shift) / scale)

"""A comment on the canvas: first line bold, the rest below it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from playground.document.project import Note
from playground.ui.painting import AA, box, metrics, put, stamp
from playground.ui.theme import theme

CORNER = 14.0  # the square at the lower right that resizes
#: Pixels that a note or frame is wide and high, at least and at most.
LEAST_WIDE, LEAST_HIGH, MOST = 60.0, 36.0, 10_000.0


class NoteItem(QGraphicsItem):
    """Paints a Note; it grows downwards with its text."""

    def __init__(self, note: Note) -> None:
        super().__init__()
        self.note = note
        self.setFlags(QGraphicsItem.GraphicsItemFlag.ItemIsMovable | QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setZValue(-2)
        self._measure()

    @property
    def id(self) -> str:
        return self.note.id

    def show_note(self, note: Note) -> None:
        """Take a new text or size."""
        if note != self.note:
            self.prepareGeometryChange()
            self.note = note
            self._measure()
            self.update()

    def _measure(self) -> None:
        self.title, _, self.rest = self.note.text.partition("\n")
        width = self.note.size[0]
        room = QRectF(0, 0, width - 20, 4000)
        text = metrics(11).boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.rest) if self.rest else QRectF()
        self.frame = QRectF(0, 0, width, max(self.note.size[1] if self.rest else 32, 30 + text.height() + 8 if self.rest else 32))

    def corner_at(self, pos: QPointF) -> bool:
        """Whether an item position is on the corner that resizes."""
        gap = self.frame.bottomRight() - pos
        return -CORNER / 2 <= gap.x() <= CORNER and -CORNER / 2 <= gap.y() <= CORNER

    def _paint_corner(self, p: QPainter) -> None:
        """Three strokes where a selected note is resized."""
        p.setRenderHint(AA)
        p.setPen(QPen(theme().color("accent"), 1.5))
        end = self.frame.bottomRight() - QPointF(3, 3)
        for far in (4, 8):
            p.drawLine(end - QPointF(far, 0), end - QPointF(0, far))

    def boundingRect(self) -> QRectF:
        return self.frame.adjusted(-5, -5, 5, 5)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        ground = theme().tint("warn" if theme().dark else "c_shape", 0.12, "canvas")
        if self.isSelected():
            ring = QColor(theme().color("accent"))
            ring.setAlphaF(0.35)
            box(p, self.frame.adjusted(-4, -4, 4, 4), 7, None, ring, 2)
        edge = theme().color("accent") if self.isSelected() else theme().tint("c_shape", 0.5, "canvas")
        box(p, self.frame, 4, ground, edge)
        stamp(p, 18, 16, "note", "c_act", 14)
        put(p, QRectF(29, 7, self.frame.width() - 36, 18), self.title, 12, "text", True)
        p.setFont(theme().font(11))
        p.setPen(theme().color("text"))
        p.drawText(QRectF(10, 26, self.frame.width() - 20, self.frame.height() - 30), int(Qt.TextFlag.TextWordWrap), self.rest)
        if self.isSelected():
            self._paint_corner(p)

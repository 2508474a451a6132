"""A frame on the canvas: a titled box behind nodes. It is taken hold of at its title or its edge, and takes along what lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from playground.ui.canvas.levels import NAMED
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import CORNER, NoteItem
from playground.ui.painting import box, put
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.document.project import Note
    from playground.ui.canvas.scene import CanvasScene

TITLE, EDGE = 26.0, 6.0  # height of the title, width of the edge that can be taken hold of
RIM = 18.0  # between a frame and the nodes that it is put round


class FrameItem(NoteItem):
    """Paints a Note that is a frame; its first line is the title."""

    def __init__(self, note: Note) -> None:
        super().__init__(note)
        self.setZValue(-5)

    def _measure(self) -> None:
        self.title, _, self.rest = self.note.text.partition("\n")
        self.frame = QRectF(0, 0, max(self.note.size[0], 60.0), max(self.note.size[1], TITLE + 10))

    def shape(self) -> QPainterPath:
        """The title, the edge and the corner: what lies inside is the canvas's, so that a rubber band can be drawn there."""
        path = QPainterPath()
        path.addRect(self.frame.adjusted(-2, -2, 2, 2))
        hole = QPainterPath()
        hole.addRect(self.frame.adjusted(EDGE, TITLE, -EDGE, -EDGE))
        corner = QPainterPath()
        corner.addRect(self.frame.right() - CORNER, self.frame.bottom() - CORNER, CORNER, CORNER)
        return path.subtracted(hole).united(corner)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        chosen = self.isSelected()
        edge = theme().color("accent") if chosen else theme().tint("c_block", 0.55, "canvas")
        box(p, self.frame, 6, theme().tint("c_block", 0.05, "canvas"), edge, 2 if chosen else 1)
        head = QRectF(self.frame.x() + 1, self.frame.y() + 1, self.frame.width() - 2, TITLE - 2)
        box(p, head, 5, theme().tint("c_block", 0.14, "canvas"), None)
        far = p.worldTransform().m11() < NAMED
        put(p, head.adjusted(10, 0, -8, 0), self.title, 24 if far else 12, "text", True)
        if self.rest and not far:
            put(p, head.adjusted(10, TITLE, -8, TITLE), self.rest.partition("\n")[0], 11, "text2")
        if chosen:
            ring = QColor(theme().color("accent"))
            ring.setAlphaF(0.35)
            box(p, self.frame.adjusted(-4, -4, 4, 4), 9, None, ring, 2)
            self._paint_corner(p)


def carried(scene: CanvasScene, id: str) -> tuple[str, ...]:
    """What a frame takes along when it moves: nodes, notes and smaller frames whose middle lies in it; nothing for what is no frame."""
    frame = scene.notes.get(id)
    if not isinstance(frame, FrameItem):
        return ()
    room = frame.frame.translated(frame.pos())
    found = []
    for other, item in scene.by_id():
        if isinstance(item, NodeItem):
            inside = room.contains(item.body().translated(item.pos()).center())
        elif isinstance(item, NoteItem) and item is not frame:
            body = item.frame.translated(item.pos())
            smaller = body.width() * body.height() < room.width() * room.height()
            inside = room.contains(body.center()) and (smaller or not isinstance(item, FrameItem))
        else:
            continue
        if inside:
            found.append(other)
    return tuple(found)

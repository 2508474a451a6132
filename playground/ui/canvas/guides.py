"""Guides while something is dragged: where its edges or its middle are level with those of another node, it snaps there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from playground.ui.theme import theme

REACH = 6.0  # pixels on the screen within which it snaps


@dataclass(frozen=True)
class Snap:
    """How far to shift what is dragged, and the lines that say why."""

    dx: float = 0.0
    dy: float = 0.0
    lines: tuple[QLineF, ...] = ()


def snap(room: QRectF, others: Iterable[QRectF], reach: float) -> Snap:
    """The least shift that brings an edge or the middle of a box level with the same one of another, on each axis by itself."""
    others = tuple(others)
    across = _nearest([(other, _along(room, False), _along(other, False)) for other in others], reach)
    down = _nearest([(other, _along(room, True), _along(other, True)) for other in others], reach)
    dx, dy = across[0] if across else 0.0, down[0] if down else 0.0
    moved = room.translated(dx, dy)
    lines = []
    if across:
        _, x, other = across
        lines.append(QLineF(x, min(moved.top(), other.top()) - 8, x, max(moved.bottom(), other.bottom()) + 8))
    if down:
        _, y, other = down
        lines.append(QLineF(min(moved.left(), other.left()) - 8, y, max(moved.right(), other.right()) + 8, y))
    return Snap(dx, dy, tuple(lines))


def _along(room: QRectF, down: bool) -> tuple[float, float, float]:
    """Middle, first and last edge on one axis."""
    if down:
        return room.center().y(), room.top(), room.bottom()
    return room.center().x(), room.left(), room.right()


def _nearest(
    pairs: Iterable[tuple[QRectF, tuple[float, ...], tuple[float, ...]]], reach: float
) -> tuple[float, float, QRectF] | None:
    """(shift, line, the other box) of the smallest shift within reach; the middle wins over the edges where they are alike."""
    best: tuple[float, float, QRectF] | None = None
    for other, own, its in pairs:
        for mine, there in zip(own, its, strict=True):
            shift = there - mine
            if abs(shift) <= reach and (best is None or abs(shift) < abs(best[0]) - 1e-9):
                best = (shift, there, other)
    return best


class Guides(QGraphicsItem):
    """Draws the lines of a snap; it takes no mouse and is on the scene only while it shows some."""

    def __init__(self, scene: QGraphicsScene) -> None:
        super().__init__()
        self.lines: tuple[QLineF, ...] = ()
        self.over = scene
        self.setZValue(19)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_lines(self, lines: tuple[QLineF, ...]) -> None:
        """Draw these; none takes the guides away."""
        self.prepareGeometryChange()
        self.lines = lines
        if lines and self.scene() is None:
            self.over.addItem(self)
        elif not lines and self.scene() is not None:
            self.over.removeItem(self)
        self.update()

    def boundingRect(self) -> QRectF:
        room = QRectF()
        for line in self.lines:
            room |= QRectF(line.p1(), line.p2()).normalized().adjusted(-2, -2, 2, 2)
        return room

    def shape(self) -> QPainterPath:
        """Nothing that could be hit."""
        return QPainterPath()

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(theme().color("accent"), 0)
        p.setPen(pen)
        for line in self.lines:
            p.drawLine(line)
            for end in (line.p1(), line.p2()):
                p.drawLine(end - QPointF(2, 2), end + QPointF(2, 2))

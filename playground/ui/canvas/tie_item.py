"""The tie between two nodes that share weights: a dashed line under them, with the link in its middle."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from playground.ui.canvas.levels import NAMED
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.routing import Way
from playground.ui.canvas.wire_item import at, rounded
from playground.ui.painting import AA, CENTRE, box, put, stamp, width_of
from playground.ui.theme import theme
from playground.words import say, sentence

SAG = 34.0  # how far it hangs below the lower of the two
TURNED = sentence("transposed")
#: Shares of the way at which the label may stand, the best first.
ALONG = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86)


class TieItem(QGraphicsItem):
    """Hangs from the lower edges of the node that has the weights and of the one that uses them. `loose` ends one under construction."""

    def __init__(self, source: NodeItem, target: NodeItem | None = None) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.transposed, self.lit, self.refused, self.loose = False, False, False, QPointF()
        self.path, self.middle, self.rect = QPainterPath(), QPointF(), QRectF()
        self.along = ALONG[0]
        self.way: Way | None = None
        self.setZValue(-2)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for end in self.ends:
            if target is not None:
                end.ties.append(self)
        self.follow()

    @property
    def ends(self) -> tuple[NodeItem, ...]:
        """The nodes that it hangs from."""
        return (self.source,) if self.target is None else (self.source, self.target)

    def detach(self) -> None:
        """Forget both ends, before the tie leaves the scene."""
        for end in self.ends:
            end.light(False)
            if self in end.ties:
                end.ties.remove(self)

    def show_transposed(self, on: bool) -> None:
        """Whether matrices are read turned round."""
        if on != self.transposed:
            self.transposed = on
            self.follow()
            self.update()

    def lead(self, way: Way | None) -> None:
        """Take the corners of a way that keeps clear of nodes; None where there is none."""
        self.way = way
        self.follow()
        self.update()

    def light(self, on: bool) -> None:
        """Stand out together with both nodes."""
        self.lit = on
        for end in self.ends:
            end.light(on)
        self.update()

    def follow(self) -> None:
        """Recompute the path after an end moved."""
        self.prepareGeometryChange()
        a = self.source.mapToScene(self.source.handle())
        b = self.target.mapToScene(self.target.handle()) if self.target is not None else self.loose
        path = QPainterPath(a)
        if self.way and (self.way[0], self.way[-1]) == (at(a), at(b)):
            path = rounded(self.way)
        elif self.target is None:
            path.lineTo(b)
        else:
            low = max(a.y(), b.y()) + SAG
            path.cubicTo(QPointF(a.x(), low + (low - a.y()) / 3), QPointF(b.x(), low + (low - b.y()) / 3), b)
        self.path, self.middle = path, path.pointAtPercent(self.along)
        half = width_of(say(TURNED), 10) / 2 + 26
        self.rect = path.controlPointRect().adjusted(-4, -4, 4, 4)
        self.rect |= QRectF(self.middle.x() - half, self.middle.y() - 12, 2 * half, 24)

    def seek_room(self, taken: Sequence[QRectF]) -> None:
        """Move the label along the tie to where it covers nothing that is taken; it stays in the middle where there is no such place."""
        for along in ALONG:
            spot = self.pill(self.path.pointAtPercent(along)).adjusted(-3, -3, 3, 3)
            if not any(spot.intersects(other) for other in taken):
                break
        else:
            along = ALONG[0]
        if along != self.along:
            self.along = along
            self.follow()
            self.update()

    def pill(self, middle: QPointF | None = None) -> QRectF:
        """Where the label stands, or would about another point."""
        words = say(TURNED) if self.transposed else ""
        pill = QRectF(0, 0, 20 + (width_of(words, 10) + 6 if words else 0), 18)
        pill.moveCenter(self.middle if middle is None else middle)
        return pill

    def boundingRect(self) -> QRectF:
        return self.rect

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        ink = "error" if self.refused else "c_block"
        pen = QPen(theme().color(ink), 2.5 if self.lit else 1.5)
        pen.setDashPattern([5, 4])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        p.setRenderHint(AA)
        p.setPen(pen)
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawPath(self.path)
        if p.worldTransform().m11() < NAMED or self.target is None:
            return
        words = say(TURNED) if self.transposed else ""
        pill = self.pill()
        box(p, pill, 9, theme().color("canvas"), theme().color(ink))
        stamp(p, pill.x() + 10, pill.center().y(), "tied", ink, 12)
        put(p, pill.adjusted(16, 0, -4, 0), words, 10, ink, how=CENTRE)

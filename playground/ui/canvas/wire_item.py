"""A wire between two ports, or the loose wire of a gesture: its state and its way; `wire_paint` draws it."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.routing import Way
from playground.ui.canvas.wire_paint import paint_wire
from playground.ui.canvas.wire_value import Array, WireValue
from playground.ui.painting import width_of

LANE = 26  # how far below its own row a wire runs back to the start of the next one
ROUND = 18.0  # radius of a corner of a way
STEEP = 36  # a short wire that climbs more has its label in a pill too
SHORT = 72  # below this distance the label stands above the wire instead of in a pill


class WireItem(QGraphicsItem):
    """A cubic wire from an output of a node to an input port; without a target it follows `loose`.

    state: "idle", "fits", "refused", "waiting", "spoiled" (it carried a number that is not finite) or "target" (a dragged layer would
    be inserted here).
    """

    def __init__(self, id: str, source: NodeItem, target: NodeItem | None = None, port: int = 0, output: int = 0) -> None:
        super().__init__()
        self.id, self.source, self.target, self.port, self.output = id, source, target, port, output
        self.label, self.state, self.thickness, self.loose = "", "idle", 2.0, QPointF()
        self.path, self.middle, self.rect, self.short = QPainterPath(), QPointF(), QRectF(), True
        self.value: WireValue | None = None
        #: Whose picture it shows, a batch of one, and for which theme; for whoever fills it.
        self.carried: tuple[Array | None, str] = None, ""
        self.way: Way | None = None
        self.led: tuple[tuple[float, float], tuple[float, float]] | None = None  # between which points the way was sought
        self.setZValue(-1)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable, target is not None)
        if target is not None:
            source.wires.append(self)
            target.wires.append(self)
        self.follow()

    def detach(self) -> None:
        """Forget both ends, before the wire leaves the scene."""
        for end in (self.source, self.target):
            if end is not None and self in end.wires:
                end.wires.remove(self)

    def show_state(self, label: str, state: str, thickness: float = 2.0) -> None:
        """Take a new label, state and width."""
        if (label, state, thickness) != (self.label, self.state, self.thickness):
            self.label, self.state, self.thickness = label, state, thickness
            self.follow()
            self.update()

    def follow(self) -> None:
        """Recompute the path after an end moved."""
        a = self.source.mapToScene(self.source.port("out", self.output))
        b = self.target.mapToScene(self.target.port("in", self.port)) if self.target is not None else self.loose
        if self.way is not None and self.led != (at(a), at(b)):
            self.way = None  # an end has moved since the ways of all wires were sought
        path = rounded(self.way) if self.way else route(a, b, self._lane(a, b) if self.way is None else None)
        self.prepareGeometryChange()  # only now: seeking a lane asks the scene, which would take in the old bounds once more
        self.path = path
        self.middle = self.path.pointAtPercent(0.5) if not self.way else longest_middle(self.way)
        self.short = not self.way and abs(b.x() - a.x()) < SHORT and b.x() >= a.x() and abs(b.y() - a.y()) < STEEP
        self.rect = self.path.controlPointRect().adjusted(-4, -18, 4, 10)
        half = width_of(self.label, 10) / 2 + 10
        self.rect |= QRectF(self.middle.x() - half, self.middle.y() - 22, 2 * half, 34)
        if self.value is not None:
            self.value.place()

    def show_value(self, value: Array | None, title: str = "") -> None:
        """What flows along it, as a small picture; None for nothing. title: what it is."""
        if value is None and self.value is None:
            return
        if self.value is None:
            self.value = WireValue(self)
            self.value.show_value(value, title)
            self.value.place()
            return
        self.value.show_value(value, title)

    def lead(self, way: Way | None, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Take the corners of a way that keeps clear of nodes, none for a plain curve; None where there is no such way."""
        self.way, self.led = way, (start, end)
        self.follow()
        self.update()

    def _lane(self, a: QPointF, b: QPointF) -> float | None:
        """The height at which a wire that runs backwards crosses, or a skip passes below the nodes between; else None."""
        if self.target is None:
            return None
        if b.x() < a.x() + 24 and not (a.x() <= b.x() and abs(b.y() - a.y()) < STEEP):
            low, high = self._row(self.source, a, b).bottom(), self._row(self.target, a, b).top()
            return low + min((high - low) / 2, LANE) if high > low else max(low, self.target.sceneBoundingRect().bottom()) + 12
        return self._skip_lane(a, b)

    def _row(self, end: NodeItem, a: QPointF, b: QPointF) -> QRectF:
        """Bounds of the nodes that stand level with one end, along the way from a to b."""
        own = end.sceneBoundingRect()
        scene = end.scene()
        across = QRectF(b.x(), own.center().y() - 2, a.x() - b.x(), 4)
        for item in scene.items(across) if scene is not None and across.width() > 0 else ():
            if isinstance(item, NodeItem):
                own |= item.sceneBoundingRect()
        return own

    def _skip_lane(self, a: QPointF, b: QPointF) -> float | None:
        """Below every node that a straight run would cross, so that a skip connection stays visible."""
        scene = self.source.scene()
        if scene is None or b.x() - a.x() < 140:
            return None
        band = QRectF(a, b).normalized().adjusted(40, -2, -40, 2)
        crossed = [i for i in scene.items(band) if isinstance(i, NodeItem) and i is not self.source and i is not self.target]
        if not crossed:
            return None
        return max(item.sceneBoundingRect().bottom() for item in crossed) + 22

    def boundingRect(self) -> QRectF:
        return self.rect

    def shape(self) -> QPainterPath:
        stroke = QPainterPathStroker()
        stroke.setWidth(12)
        return stroke.createStroke(self.path)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        paint_wire(p, self)


def route(a: QPointF, b: QPointF, lane: float | None) -> QPainterPath:
    """A cubic from a to b with handles of 0.45·dx, or a level run at the height `lane` between two bends."""
    path = QPainterPath(a)
    if lane is None:
        reach = max(24.0, 0.45 * abs(b.x() - a.x()))
        path.cubicTo(a + QPointF(reach, 0), b - QPointF(reach, 0), b)
        return path
    if b.x() > a.x():
        turn = min(64.0, (b.x() - a.x()) / 3)
        start, end = QPointF(a.x() + turn, lane), QPointF(b.x() - turn, lane)
        bend = QPointF(turn * 0.66, 0)
        path.cubicTo(a + bend, start - bend, start)
        path.lineTo(end)
        path.cubicTo(end + bend, b - bend, b)
        return path
    start, end = QPointF(a.x() - 12, lane), QPointF(b.x() + 12, lane)
    bend = QPointF(54, 0)
    path.cubicTo(a + bend, start + bend, start)
    path.lineTo(end)
    path.cubicTo(end - bend, b - bend, b)
    return path


def at(point: QPointF) -> tuple[float, float]:
    """A point as numbers."""
    return point.x(), point.y()


def rounded(way: Way) -> QPainterPath:
    """A path along the corners of a way, each rounded as far as its arms allow."""
    path = QPainterPath(QPointF(*way[0]))
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        a, c, b = QPointF(*before), QPointF(*corner), QPointF(*after)
        for_in, for_out = (c - a).manhattanLength(), (b - c).manhattanLength()
        turn = min(ROUND, for_in / 2, for_out / 2)
        if turn > 0:
            path.lineTo(c + (a - c) * (turn / for_in))
            path.quadTo(c, c + (b - c) * (turn / for_out))
    path.lineTo(QPointF(*way[-1]))
    return path


def longest_middle(way: Way) -> QPointF:
    """The middle of the longest level part, where a label has most room."""
    level = [(a, b) for a, b in pairwise(way) if a[1] == b[1]]
    a, b = max(level, key=lambda part: abs(part[1][0] - part[0][0]))
    return QPointF((a[0] + b[0]) / 2, a[1])

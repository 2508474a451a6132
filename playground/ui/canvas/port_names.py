"""The name of the port under the pointer, beside it and above everything else."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from playground.ui.canvas.levels import DETAILED
from playground.ui.canvas.node_item import NodeItem
from playground.ui.painting import CENTRE, box, put, width_of
from playground.ui.theme import theme

GAP, HIGH = 12.0, 18.0


class PortNames(QGraphicsItem):
    """One label for one port at a time; it takes no mouse."""

    def __init__(self, scene: QGraphicsScene) -> None:
        super().__init__()
        self.text, self.ink, self.place = "", "text", QRectF()
        self.setZValue(20)
        self.setAcceptedMouseButtons(self.acceptedMouseButtons().NoButton)
        self.over = scene  # it is among its items only while it shows something

    def tell(self, item: NodeItem, side: str, k: int) -> None:
        """Show what a port is called; nothing where its node has only one on that side."""
        text = item.port_name(side, k)
        wide = width_of(text, 10) + 14
        self.write(text, item.mapToScene(item.port(side, k)) + QPointF(-GAP - wide if side == "in" else GAP, -HIGH / 2))

    def write(self, text: str, at: QPointF, ink: str = "text") -> None:
        """Show a few words with their upper left corner at a point of the scene; "" shows nothing."""
        self.prepareGeometryChange()
        self.text, self.ink = text, ink
        self.place = QRectF(at.x(), at.y(), width_of(self.text, 10) + 14, HIGH)
        if not self.text:
            self.clear()
            return
        if self.scene() is None:
            self.over.addItem(self)
        self.update()

    def hover(self, port: tuple[NodeItem, str, int] | None) -> None:
        """The pointer is over a port, or over none."""
        if port is None:
            self.clear()
        else:
            self.tell(*port)

    def clear(self) -> None:
        """Show nothing."""
        self.text = ""
        if self.scene() is not None:
            self.over.removeItem(self)

    def boundingRect(self) -> QRectF:
        return self.place.adjusted(-1, -1, 1, 1)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if p.worldTransform().m11() < DETAILED:
            return
        box(p, self.place, 4, theme().color("panel"), theme().color("strong"))
        put(p, self.place, self.text, 10, self.ink, how=CENTRE)

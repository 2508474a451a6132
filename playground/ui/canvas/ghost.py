"""The ghost node: what usually follows the selected node, faint at its free output. A click takes it, or the right arrow and Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from playground.document.arranging import GAP_X
from playground.ui import settings
from playground.ui.canvas.levels import NAMED
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.suggesting import Place, suggestion
from playground.ui.kinds import Kind
from playground.ui.painting import AA, box, put, stamp, width_of
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

SETTING = "suggestions"
HIGH = 30.0


class GhostItem(QGraphicsItem):
    """A dashed outline with the name of a layer that is not there yet, and the wire to it."""

    def __init__(self, kind: Kind, start: QPointF) -> None:
        super().__init__()
        self.kind, self.aimed = kind, False
        self.body = QRectF(GAP_X * 0.7, -HIGH / 2, width_of(kind.title, 12) + 42, HIGH)
        self.setPos(start)
        self.setZValue(-3)
        self.setToolTip(say("{layer} usually follows. Click to add it, or press the right arrow and Enter.", layer=kind.title))

    def boundingRect(self) -> QRectF:
        return QRectF(0, -HIGH / 2 - 4, self.body.right() + 6, HIGH + 8)

    def paint(self, p: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if p.worldTransform().m11() < NAMED:
            return
        ink = theme().color("accent" if self.aimed else "wire")
        pen = QPen(ink, 2 if self.aimed else 1)
        pen.setDashPattern([3, 3])
        p.setOpacity(1.0 if self.aimed else 0.7)
        p.setRenderHint(AA)
        p.setPen(pen)
        p.drawLine(QPointF(6, 0), QPointF(self.body.left(), 0))
        box(p, self.body, 6, theme().color("canvas"), None)
        p.setRenderHint(AA)
        p.setPen(pen)
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRoundedRect(self.body, 6, 6)
        stamp(p, self.body.left() + 18, 0, self.kind.icon, self.kind.color, 16)
        put(p, self.body.adjusted(32, 0, -4, 0), self.kind.title, 12, "text2")
        p.setOpacity(1.0)


class Ghost(QObject):
    """Keeps the ghost in step with the selection. item: None while there is nothing to suggest."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.item: GhostItem | None = None
        self.place: Place | None = None
        queued = Qt.ConnectionType.QueuedConnection  # the scene follows the same signals, and has to be first
        for signal in (view.session.project_changed, view.session.selection_changed, view.session.samples_changed):
            signal.connect(self.refresh, queued)

    @property
    def on(self) -> bool:
        """Whether suggestions are wanted."""
        return settings.word(SETTING, "on") == "on"

    @property
    def aimed(self) -> bool:
        """Whether the keys stand on the ghost."""
        return self.item is not None and self.item.aimed

    def switch(self, on: bool) -> None:
        """Show suggestions, or none."""
        settings.set_word(SETTING, "on" if on else "off")
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Suggest anew for what is selected now."""
        self.clear()
        chosen = self.view.session.selected_nodes() if self.on and self.view.gesture is None else []
        item = self.view.canvas.nodes.get(chosen[0].id) if len(chosen) == 1 else None
        if item is None or not item.look.outs or any(wire.source is item for wire in item.wires):
            return
        place = Place(item.id)
        kind = suggestion(place, self.view.session.view, self.view.session.samples)
        if kind is None:
            return
        ghost = GhostItem(kind, item.mapToScene(item.port("out", 0)))
        room = ghost.body.translated(ghost.pos()).adjusted(-4, -4, 4, 4)
        if any(isinstance(other, NodeItem) and other is not item for other in self.view.canvas.items(room)):
            return
        self.item, self.place = ghost, place
        self.view.canvas.addItem(ghost)

    def clear(self) -> None:
        """Suggest nothing."""
        if self.item is not None and self.item.scene() is not None:
            self.view.canvas.removeItem(self.item)
        self.item = None

    def aim(self, dx: int) -> bool:
        """An arrow key: right steps onto the ghost, any other leaves it. Whether that was all it did."""
        if self.item is None or self.item.aimed == (dx > 0):
            return False
        self.item.aimed = dx > 0
        self.item.update()
        if self.item.aimed:
            self.view.ensureVisible(self.item.sceneBoundingRect(), 40, 40)
            self.view.say(say("Suggested: {layer}. Enter adds it.", layer=self.item.kind.title))
        return True

    def press(self, at: QPointF) -> bool:
        """A click at a point of the scene: on the ghost it is taken."""
        hit = self.item is not None and self.item.body.translated(self.item.pos()).contains(at)
        return self.accept() if hit else False

    def accept(self) -> bool:
        """The ghost becomes a node, wired."""
        item = self.item
        self.clear()
        if item is not None and self.place is not None:
            self.view.setFocus()
            self.view.commands.add_wired(item.kind, self.place, item.pos() + QPointF(GAP_X, 0))
        return True

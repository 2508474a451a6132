"""The wiring gesture from an input backwards: to an output that fits, or into the open, where the quick list shows what may feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from playground.document.problems import Problem
from playground.lowering import fits
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.suggesting import Place
from playground.ui.canvas.wire_item import route
from playground.ui.canvas.wire_paint import INK
from playground.ui.canvas.wiring import ask_in_the_open, node_under
from playground.ui.painting import AA
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

Port = tuple[NodeItem, int]


class LooseWire(QGraphicsItem):
    """A wire whose start is not decided. state: as of a wire."""

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


class BackGesture:
    """One wire that ends at a free input. It has the parts of `WireGesture` that the view, the pointer and the keys use."""

    def __init__(self, view: CanvasView, target: NodeItem, port: int) -> None:
        self.view, self.target, self.port = view, target, port
        self.sticky = False
        self.over: Port | None = None
        self._at: QPointF | None = None  # of the pointer; None before it moved
        self._judged: dict[tuple[str, int], Problem | None] = {}
        end = target.mapToScene(target.port("in", port))
        self.wire = LooseWire(end, end)
        view.canvas.addItem(self.wire)

    def judge(self, item: NodeItem, output: int) -> Problem | None:
        """Why the wire may not start at this output, or None when it may."""
        key = (item.id, output)
        if key not in self._judged:
            session = self.view.session
            self._judged[key] = fits(session.view, session.samples, item.id, self.target.id, self.port, output)
        return self._judged[key]

    def choose(self, step: int) -> bool:
        """Up and down do nothing more here than left and right."""
        return False

    def move(self, at: QPointF) -> None:
        """The pointer is at a viewport position."""
        found, self._at = self.view.pointer.port_under(at), at
        port = (found[0], found[2]) if found and found[1] == "out" and found[0] is not self.target else self._port_of_whole()
        self.aim(port, self.view.mapToScene(at.toPoint()), at.toPoint())

    def _port_of_whole(self, fitting: bool = True) -> Port | None:
        """The output that is meant where the pointer is on a node but on no port. fitting: as of `WireGesture`."""
        item = node_under(self.view, self._at) if self._at is not None else None
        if item is None or item is self.target:
            return None
        order = sorted(range(item.look.outs), key=lambda k: (self.judge(item, k) is not None, k in item.look.quiet_out))
        return (item, order[0]) if order and not (fitting and self.judge(item, order[0]) is not None) else None

    def aim(self, port: Port | None, loose: QPointF, pointer: QPoint) -> None:
        """Start the wire at an output, or at a free place."""
        self.over = port
        reason = self.judge(*port) if port is not None else None
        start = port[0].mapToScene(port[0].port("out", port[1])) if port is not None else loose
        self.wire.show_state(start, "idle" if port is None else "refused" if reason else "fits")
        if reason is not None:
            self.view.refusal.tell(reason, pointer)
        else:
            self.view.refusal.dismiss()

    def cycle(self, step: int) -> None:
        """Aim at the next output by keys, those that fit first."""
        ports = [
            (item, k)
            for item in sorted(self.view.canvas.nodes.values(), key=lambda item: (item.x(), item.y()))
            for k in range(item.look.outs)
            if item is not self.target
        ]
        ports.sort(key=lambda port: self.judge(*port) is not None)
        if not ports:
            return
        at = ports.index(self.over) if self.over in ports else (-1 if step > 0 else 0)
        port = ports[(at + step) % len(ports)]
        centre = port[0].mapToScene(port[0].port("out", port[1]))
        self.aim(port, centre, self.view.mapFromScene(centre))
        self.view.say(say("from {node}", node=port[0].look.name))

    def finish(self) -> None:
        """Make the wire if it fits; keep the refusal's card if it offers a mend; in the open ask what is to stand there."""
        whole = self._port_of_whole(fitting=False) if self.over is None else None
        if whole is not None and self._at is not None:
            self.aim(whole, self.wire.start, self._at.toPoint())
        over, refused = self.over, self.over is not None and self.judge(*self.over) is not None
        self.end()
        if over is not None and not refused:
            self.view.commands.wire(over[0].id, self.target.id, self.port, over[1])
        elif refused:
            self.view.refusal.settle(unread=whole is not None)
        else:
            ask_in_the_open(self.view, self.wire.start, Place(self.target.id, self.port, behind=False))

    def ask(self) -> None:
        """By keys: let the wire go left of its target, and ask what is to stand there."""
        self.end()
        self.view.refusal.dismiss()
        beside = QPointF(self.view.mapFromScene(self.wire.end - QPointF(54, 0)))
        self.view.drops.open_quick_add(beside, "", Place(self.target.id, self.port, behind=False))

    def end(self) -> None:
        """Take the gesture's marks off the canvas."""
        self.view.gesture = None
        if self.wire.scene() is not None:
            self.view.canvas.removeItem(self.wire)

    def cancel(self) -> None:
        """Let go without a wire."""
        self.end()
        self.view.refusal.dismiss()

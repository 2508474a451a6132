"""The wiring gesture: by drag, by two clicks, or by keys. It asks at once whether a port fits and says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF

from playground.document.problems import Problem
from playground.lowering import fits
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.suggesting import Place
from playground.ui.canvas.wire_item import WireItem
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

Port = tuple[NodeItem, int]


class WireGesture:
    """One wire under construction. output: of the source where it starts.  replaces: the wire that was picked up at its end, or ""."""

    def __init__(self, view: CanvasView, source: NodeItem, replaces: str = "", output: int = 0) -> None:
        self.view, self.source, self.replaces, self.output = view, source, replaces, output
        self.sticky = False
        self.over: Port | None = None
        self._at: QPointF | None = None  # of the pointer; None before it moved
        self._judged: dict[tuple[str, int], Problem | None] = {}
        self.wire = WireItem("", source, output=output)
        self.wire.setZValue(2)
        self.wire.loose = source.mapToScene(source.port("out", output))
        view.canvas.addItem(self.wire)
        if replaces:
            view.canvas.wires[replaces].setVisible(False)
        source.start(True)
        self._offer()

    def _offer(self) -> None:
        """Mark the ports that the wire fits."""
        for item in self.view.canvas.nodes.values():
            if item is not self.source and item.look.group != "c_data":
                item.offer(frozenset(), True)
                fitting = frozenset(k for k in range(item.ports_in) if self.judge(item, k) is None)
                item.offer(fitting, True)

    def choose(self, step: int) -> bool:
        """Start at the next output of the source instead. False where it has one alone."""
        count = self.source.look.outs
        if count < 2:
            return False
        self.output = self.wire.output = (self.output + step) % count
        self._judged.clear()
        self._offer()
        self.aim(self.over, self.wire.loose, self.view.mapFromScene(self.wire.loose))
        self._say()
        return True

    def judge(self, item: NodeItem, port: int) -> Problem | None:
        """Why the wire may not end at this port, or None when it may."""
        key = (item.id, port)
        if key not in self._judged:
            session = self.view.session
            self._judged[key] = fits(session.view, session.samples, self.source.id, item.id, port, self.output)
        return self._judged[key]

    def move(self, at: QPointF) -> None:
        """The pointer is at a viewport position."""
        found, self._at = self.view.pointer.port_under(at), at
        port = (found[0], found[2]) if found and found[1] == "in" and found[0] is not self.source else self._port_of_whole()
        self.aim(port, self.view.mapToScene(at.toPoint()), at.toPoint())

    def _port_of_whole(self, fitting: bool = True) -> Port | None:
        """The input that is meant where the pointer is on a node but on no port: the first that fits, free ones before taken ones.

        fitting: None where none fits; else the first one then, to tell what keeps the wire from it.
        """
        item = node_under(self.view, self._at) if self._at is not None else None
        if item is None or item is self.source:
            return None
        taken = {wire.port for wire in self.view.canvas.wires.values() if wire.target is item and wire.id != self.replaces}
        order = sorted(range(item.ports_in), key=lambda k: (self.judge(item, k) is not None, k in taken, k in item.look.quiet_in))
        return (item, order[0]) if order and not (fitting and self.judge(item, order[0]) is not None) else None

    def aim(self, port: Port | None, loose: QPointF, pointer: QPoint) -> None:
        """Point the wire at a port, or at a free place."""
        self.over = port
        reason: Problem | None = None
        if port is None:
            self.wire.loose = loose
            state, label = "idle", ""
            self.view.port_names.tell(self.source, "out", self.output)
        else:
            item, k = port
            reason = self.judge(item, k)
            self.wire.loose = item.mapToScene(item.port("in", k))
            state = "refused" if reason else "fits"
            kind = self.view.session.seen.output_type(self.source.id, self.output)
            self.view.port_names.tell(item, "in", k)
            label = str(kind) if kind is not None else ""
        self.wire.show_state(label, state)
        self.wire.follow()
        if reason is not None:
            self.view.refusal.tell(reason, pointer)
        else:
            self.view.refusal.dismiss()

    def cycle(self, step: int) -> None:
        """Aim at the next port by keys, those that fit first."""
        ports = [
            (item, k)
            for item in sorted(self.view.canvas.nodes.values(), key=lambda item: (item.x(), item.y()))
            for k in range(item.ports_in)
            if item is not self.source
        ]
        ports.sort(key=lambda port: (self.judge(*port) is not None, port[1] in port[0].look.quiet_in))
        if not ports:
            return
        at = ports.index(self.over) if self.over in ports else (-1 if step > 0 else 0)
        port = ports[(at + step) % len(ports)]
        centre = port[0].mapToScene(port[0].port("in", port[1]))
        self.aim(port, centre, self.view.mapFromScene(centre))
        self._say()

    def _say(self) -> None:
        """Tell a screen reader where the wire starts and ends."""
        start = self.source.port_name("out", self.output)
        words = [say("from {start}", start=start)] if start else []
        if self.over is not None:
            item, k = self.over
            words = [
                item.look.name,
                say("input {port_name}", port_name=item.port_name("in", k) or k + 1),
                self.wire.state,
                *words,
            ]
        self.view.say(strung(words))

    def finish(self) -> None:
        """Make the wire if it fits; keep the refusal's card if it offers a mend; in the open ask what is to stand there."""
        whole = self._port_of_whole(fitting=False) if self.over is None else None
        if whole is not None and self._at is not None:
            self.aim(whole, self.wire.loose, self._at.toPoint())
        over, refused = self.over, self.over is not None and self.judge(*self.over) is not None
        self.end()
        if over is not None and not refused:
            if self.replaces:
                self.view.commands.rewire(self.replaces, self.source.id, over[0].id, over[1], self.output)
            else:
                self.view.commands.wire(self.source.id, over[0].id, over[1], self.output)
        elif refused:
            self.view.refusal.settle(unread=whole is not None)
        elif self.replaces:
            self.view.commands.unwire(self.replaces)
        else:
            ask_in_the_open(self.view, self.wire.loose, Place(self.source.id, self.output))

    def end(self) -> None:
        """Take the gesture's marks off the canvas."""
        self.view.gesture = None
        if self.wire.scene() is not None:
            self.view.canvas.removeItem(self.wire)
        self.source.start(False)
        self.view.port_names.clear()
        for item in self.view.canvas.nodes.values():
            item.offer(frozenset(), False)
        if self.replaces in self.view.canvas.wires:
            self.view.canvas.wires[self.replaces].setVisible(True)

    def ask(self) -> None:
        """By keys: let the wire go beside its source, and ask what is to stand there."""
        self.end()
        self.view.refusal.dismiss()
        beside = self.source.mapToScene(self.source.port("out", self.output)) + QPointF(54, 0)
        self.view.drops.open_quick_add(QPointF(self.view.mapFromScene(beside)), "", Place(self.source.id, self.output))

    def cancel(self) -> None:
        """Let go without a wire."""
        self.end()
        self.view.refusal.dismiss()


def node_under(view: CanvasView, at: QPointF) -> NodeItem | None:
    """The node at a viewport position, which may be on no port of it."""
    spot = view.mapToScene(at.toPoint())
    nodes = (item for item in view.canvas.items(spot) if isinstance(item, NodeItem))
    return next((item for item in nodes if item.body().contains(item.mapFromScene(spot))), None)


def ask_in_the_open(view: CanvasView, at: QPointF, place: Place) -> None:
    """A wire was let go at a point of the scene: where nothing stands, the quick list shows what fits at its other end."""
    spot = QPointF(view.mapFromScene(at))
    inside = view.viewport().rect().contains(spot.toPoint())
    if inside and not any(isinstance(item, NodeItem) for item in view.canvas.items(at)):
        view.drops.open_quick_add(spot, "", place)

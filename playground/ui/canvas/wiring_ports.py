"""What wires under construction have in common, whichever of their ends is loose: the ports they may end at, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QGraphicsItem

from playground.document.problems import Problem
from playground.ui.canvas.gesture import Gesture
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.suggesting import Place

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

#: A node and the number of one of its inputs, or of its outputs.
Port = tuple[NodeItem, int]


class PortGesture(Gesture):
    """A wire with one end at a node and the other under the pointer. It asks at once whether a port fits and says why not.

    held: the node where it is fast.  over: the port that it aims at.  spot: of its loose end, in the scene.
    """

    #: Which ports the loose end may go to: "in" or "out".
    side: ClassVar[str]
    wire: QGraphicsItem

    def __init__(self, view: CanvasView, held: NodeItem, spot: QPointF) -> None:
        super().__init__(view)
        self.held, self.spot = held, spot
        self.over: Port | None = None
        self._at: QPointF | None = None  # of the pointer; None before it moved
        self._judged: dict[tuple[str, int], Problem | None] = {}

    # What the two kinds say of themselves
    def fit(self, item: NodeItem, port: int) -> Problem | None:
        """Why the wire may not end at this port, or None when it may; asked once for every port."""
        raise NotImplementedError

    def count(self, item: NodeItem) -> int:
        """How many ports of its side a node has."""
        raise NotImplementedError

    def quiet(self, item: NodeItem, port: int) -> bool:
        """Is it a port that few wires go to?"""
        raise NotImplementedError

    def taken(self, item: NodeItem, port: int) -> bool:
        """Would the wire take the place of another?"""
        return False

    def draw(self, state: str) -> None:
        """Show the wire with its loose end at `spot`. state: as of a wire."""
        raise NotImplementedError

    def tell(self) -> None:
        """Say to a screen reader what the wire is aimed at."""
        raise NotImplementedError

    def make(self, over: Port) -> None:
        """Make the wire to a port that it fits."""
        raise NotImplementedError

    @property
    def place(self) -> Place:
        """What a new node at its loose end would be wired to."""
        raise NotImplementedError

    def ends(self, spot: QPointF) -> tuple[QPointF, QPointF]:
        """Where the wire starts and ends, its loose end being at a point of the scene."""
        raise NotImplementedError

    # What they do alike
    def judge(self, item: NodeItem, port: int) -> Problem | None:
        """Why the wire may not end at this port, or None when it may."""
        key = (item.id, port)
        if key not in self._judged:
            self._judged[key] = self.fit(item, port)
        return self._judged[key]

    def move(self, at: QPointF) -> None:
        """The pointer is at a viewport position."""
        found, self._at = self.view.pointer.port_under(at), at
        port = (found[0], found[2]) if found and found[1] == self.side and found[0] is not self.held else self._port_of_whole()
        self.aim(port, self.view.mapToScene(at.toPoint()), at.toPoint())

    def _port_of_whole(self, fitting: bool = True) -> Port | None:
        """The port that is meant where the pointer is on a node but on no port: the first that fits, free ones before taken ones.

        fitting: None where none fits; else the first one then, to tell what keeps the wire from it.
        """
        item = node_under(self.view, self._at) if self._at is not None else None
        if item is None or item is self.held:
            return None
        order = sorted(
            range(self.count(item)),
            key=lambda k: (self.judge(item, k) is not None, self.taken(item, k), self.quiet(item, k)),
        )
        return (item, order[0]) if order and not (fitting and self.judge(item, order[0]) is not None) else None

    def aim(self, port: Port | None, loose: QPointF, pointer: QPoint) -> None:
        """Point the wire at a port, or at a free place."""
        self.over = port
        reason = self.judge(*port) if port is not None else None
        self.spot = loose if port is None else self._centre(port)
        self.draw("idle" if port is None else "refused" if reason else "fits")
        if reason is not None:
            self.view.refusal.tell(reason, pointer)
        else:
            self.view.refusal.dismiss()

    def _centre(self, port: Port) -> QPointF:
        return port[0].mapToScene(port[0].port(self.side, port[1]))

    def cycle(self, step: int) -> None:
        """Aim at the next port by keys, those that fit first."""
        ports = [
            (item, k)
            for item in sorted(self.view.canvas.nodes.values(), key=lambda item: (item.x(), item.y()))
            for k in range(self.count(item))
            if item is not self.held
        ]
        ports.sort(key=lambda port: (self.judge(*port) is not None, self.quiet(*port)))
        if not ports:
            return
        at = ports.index(self.over) if self.over in ports else (-1 if step > 0 else 0)
        port = ports[(at + step) % len(ports)]
        self.aim(port, self.spot, self.view.mapFromScene(self._centre(port)))
        self.tell()

    def finish(self) -> None:
        """Make the wire if it fits; keep the refusal's card if it offers a mend; in the open ask what is to stand there."""
        whole = self._port_of_whole(fitting=False) if self.over is None else None
        if whole is not None and self._at is not None:
            self.aim(whole, self.spot, self._at.toPoint())
        over, refused = self.over, self.over is not None and self.judge(*self.over) is not None
        self.end()
        if over is not None and not refused:
            self.make(over)
        elif refused:
            self.view.refusal.settle(unread=whole is not None)
        else:
            self.leave()

    def leave(self) -> None:
        """It was let go at no node: where nothing stands, the quick list shows what fits at its other end."""
        spot = QPointF(self.view.mapFromScene(self.spot))
        inside = self.view.viewport().rect().contains(spot.toPoint())
        if inside and not any(isinstance(item, NodeItem) for item in self.view.canvas.items(self.spot)):
            self.view.drops.open_quick_add(spot, "", self.place, self.ends(self.spot))

    def ask_at(self, spot: QPointF) -> None:
        """Let the wire go, and ask what is to stand at a point of the scene."""
        self.cancel()
        self.view.drops.open_quick_add(QPointF(self.view.mapFromScene(spot)), "", self.place, self.ends(spot))

    def end(self) -> None:
        """Take the gesture's marks off the canvas."""
        super().end()
        if self.wire.scene() is not None:
            self.view.canvas.removeItem(self.wire)


def node_under(view: CanvasView, at: QPointF) -> NodeItem | None:
    """The node at a viewport position, which may be on no port of it."""
    spot = view.mapToScene(at.toPoint())
    nodes = (item for item in view.canvas.items(spot) if isinstance(item, NodeItem))
    return next((item for item in nodes if item.body().contains(item.mapFromScene(spot))), None)

"""The wiring gesture from an input backwards: to an output that fits, or into the open, where the quick list shows what may feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from playground.document.problems import Problem
from playground.lowering import fits
from playground.ui.canvas.loose_wire import LooseWire
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.suggesting import Place
from playground.ui.canvas.wiring_ports import Port, PortGesture
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView


class BackGesture(PortGesture):
    """One wire that ends at a free input."""

    side = "out"
    wire: LooseWire

    def __init__(self, view: CanvasView, target: NodeItem, port: int) -> None:
        super().__init__(view, target, target.mapToScene(target.port("in", port)))
        self.target, self.port = target, port
        self.wire = LooseWire(self.spot, self.spot)
        view.canvas.addItem(self.wire)

    def fit(self, item: NodeItem, port: int) -> Problem | None:
        session = self.view.session
        return fits(session.view, session.samples, item.id, self.target.id, self.port, port)

    def count(self, item: NodeItem) -> int:
        return item.look.outs

    def quiet(self, item: NodeItem, port: int) -> bool:
        return port in item.look.quiet_out

    def draw(self, state: str) -> None:
        self.wire.show_state(self.spot, state)

    def tell(self) -> None:
        """Where the wire starts."""
        if self.over is not None:
            self.view.say(say("from {node}", node=self.over[0].look.name))

    def make(self, over: Port) -> None:
        self.view.commands.wire(over[0].id, self.target.id, self.port, over[1])

    @property
    def place(self) -> Place:
        return Place(self.target.id, self.port, behind=False)

    def ends(self, spot: QPointF) -> tuple[QPointF, QPointF]:
        return spot, self.wire.end

    def ask(self) -> None:
        """By keys: let the wire go left of its target, and ask what is to stand there."""
        self.ask_at(self.wire.end - QPointF(54, 0))

"""The wiring gesture: from an output to an input that fits, by drag, by two clicks, or by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from playground.document.problems import Problem
from playground.lowering import fits
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.suggesting import Place
from playground.ui.canvas.wire_item import WireItem
from playground.ui.canvas.wiring_ports import Port, PortGesture
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView


class WireGesture(PortGesture):
    """One wire from its source on. output: of the source where it starts.  replaces: the wire that was picked up at its end, or ""."""

    side = "in"
    wire: WireItem

    def __init__(self, view: CanvasView, source: NodeItem, replaces: str = "", output: int = 0) -> None:
        super().__init__(view, source, source.mapToScene(source.port("out", output)))
        self.source, self.replaces, self.output = source, replaces, output
        self.wire = WireItem("", source, output=output)
        self.wire.setZValue(2)
        self.wire.loose = self.spot
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
        self.aim(self.over, self.spot, self.view.mapFromScene(self.spot))
        self.tell()
        return True

    def fit(self, item: NodeItem, port: int) -> Problem | None:
        session = self.view.session
        return fits(session.view, session.samples, self.source.id, item.id, port, self.output)

    def count(self, item: NodeItem) -> int:
        return item.ports_in

    def quiet(self, item: NodeItem, port: int) -> bool:
        return port in item.look.quiet_in

    def taken(self, item: NodeItem, port: int) -> bool:
        wires = self.view.canvas.wires.values()
        return any(wire.target is item and wire.port == port and wire.id != self.replaces for wire in wires)

    def draw(self, state: str) -> None:
        self.wire.loose = self.spot
        if self.over is None:
            label = ""
            self.view.port_names.tell(self.source, "out", self.output)
        else:
            kind = self.view.session.seen.output_type(self.source.id, self.output)
            label = str(kind) if kind is not None else ""
            self.view.port_names.tell(self.over[0], "in", self.over[1])
        self.wire.show_state(label, state)
        self.wire.follow()

    def tell(self) -> None:
        """Where the wire starts and ends."""
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

    def make(self, over: Port) -> None:
        if self.replaces:
            self.view.commands.rewire(self.replaces, self.source.id, over[0].id, over[1], self.output)
        else:
            self.view.commands.wire(self.source.id, over[0].id, over[1], self.output)

    @property
    def place(self) -> Place:
        return Place(self.source.id, self.output)

    def leave(self) -> None:
        """A wire that was picked up at its end is taken away in the open."""
        if self.replaces:
            self.view.commands.unwire(self.replaces)
        else:
            super().leave()

    def ends(self, spot: QPointF) -> tuple[QPointF, QPointF]:
        return self.source.mapToScene(self.source.port("out", self.output)), spot

    def ask(self) -> None:
        """By keys: let the wire go beside its source, and ask what is to stand there."""
        start, _ = self.ends(self.spot)
        self.ask_at(start + QPointF(54, 0))

    def end(self) -> None:
        """Take the gesture's marks off the canvas."""
        super().end()
        self.source.start(False)
        self.view.port_names.clear()
        for item in self.view.canvas.nodes.values():
            item.offer(frozenset(), False)
        if self.replaces in self.view.canvas.wires:
            self.view.canvas.wires[self.replaces].setVisible(True)

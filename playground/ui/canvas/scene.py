"""The scene follows the project: items are made, changed and removed by id, never rebuilt."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QRectF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from playground.core.samples import Samples
from playground.document.project import Project
from playground.lowering import Inspection
from playground.ui.canvas.crowding import roomed
from playground.ui.canvas.frame_item import FrameItem
from playground.ui.canvas.look import NodeLook, Surroundings
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import NoteItem
from playground.ui.canvas.routing import Ends, tie_ways, ways
from playground.ui.canvas.tie_item import TieItem
from playground.ui.canvas.wire_item import WireItem, at
from playground.ui.canvas.wire_labels import label_of
from playground.ui.canvas.wire_paint import label_room

EXTENT = 20_000
THICK = 2.5  # a wire that carried a number that is not finite


def _stands(look: NodeLook) -> tuple[object, ...]:
    """What decides where a node's ports are."""
    return look.width, look.height, look.ins, look.outs, look.quiet_in, look.quiet_out


class CanvasScene(QGraphicsScene):
    """Nodes, wires and notes by id."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setSceneRect(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[str, WireItem] = {}
        self.ties: dict[str, TieItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.labels = "shape"
        self.spoiled: dict[str, str] = {}  # wires that carried a number that is not finite, by id -> what it is

    def show_project(self, project: Project, inspection: Inspection, samples: Samples | None) -> None:
        """Make the items equal to the project."""
        network = project.network
        self._drop(self.wires, {link.id for link in network.links})
        self._drop_ties({node.id for node in network.nodes})
        self._drop(self.nodes, {node.id for node in network.nodes})
        self._drop(self.notes, {note.id for note in network.notes})
        around = Surroundings(project, inspection, samples)
        looks = roomed({node.id: around.look(node) for node in network.nodes}, {node.id: node.position for node in network.nodes})
        moved = False
        for node in network.nodes:
            look = looks[node.id]
            item = self.nodes.get(node.id)
            if item is None:
                item = self.nodes[node.id] = NodeItem(node.id, look)
                self.addItem(item)
                moved = True
            elif look != item.look:
                moved = moved or _stands(look) != _stands(item.look)
                item.show_look(look)
            if (item.x(), item.y()) != node.position:
                item.setPos(*node.position)
                moved = True
        self._show_links(project, inspection)
        self._show_ties(project)
        if moved:
            self.reroute()
        for note in network.notes:
            if note.id not in self.notes:
                self.notes[note.id] = FrameItem(note) if note.frame else NoteItem(note)
                self.addItem(self.notes[note.id])
            self.notes[note.id].show_note(note)
            self.notes[note.id].setPos(*note.position)

    def _show_links(self, project: Project, inspection: Inspection) -> None:
        for link in project.network.links:
            wire = self.wires.get(link.id)
            source, target = self.nodes.get(link.source), self.nodes.get(link.target)
            if source is None or target is None:
                continue
            if wire is not None and (wire.source, wire.target, wire.port, wire.output) != (
                source,
                target,
                link.port,
                link.output,
            ):
                self._drop(self.wires, set(self.wires) - {link.id})
                wire = None
            if wire is None:
                wire = self.wires[link.id] = WireItem(link.id, source, target, link.port, link.output)
                self.addItem(wire)
        self.show_labels(project, inspection, {})

    def _drop_ties(self, nodes: set[str]) -> None:
        """Ties that lost an end, before that leaves the scene."""
        for id, tie in list(self.ties.items()):
            if any(end.id not in nodes for end in tie.ends):
                tie.detach()
                self.removeItem(self.ties.pop(id))

    def _show_ties(self, project: Project) -> None:
        """A tie between every node that shares weights and the one that has them."""
        wanted = {node.id: node for node in project.network.nodes if node.shares in self.nodes and node.id in self.nodes}
        for id, tie in list(self.ties.items()):
            node = wanted.get(id)
            if node is None or tie.ends != (self.nodes[node.shares], self.nodes[id]):
                tie.detach()
                self.removeItem(self.ties.pop(id))
        for id, node in wanted.items():
            if id not in self.ties:
                self.ties[id] = TieItem(self.nodes[node.shares], self.nodes[id])
                self.addItem(self.ties[id])
            self.ties[id].show_transposed(node.transposed)

    def show_labels(self, project: Project, inspection: Inspection, norms: dict[str, float]) -> None:
        """Write on the wires what was chosen."""
        for link in project.network.links:
            wire = self.wires.get(link.id)
            if wire is not None and wire.state != "target":
                if link.id in self.spoiled:
                    wire.show_state(self.spoiled[link.id], "spoiled", THICK)
                    continue
                label, thickness = label_of(link, self.labels, project, inspection, norms)
                wire.show_state(label, "idle" if inspection.type_of(link) is not None else "waiting", thickness)

    def reroute(self) -> None:
        """Lay every wire anew: the lane of one depends on where all nodes stand."""
        bodies = {id: item.body().translated(item.pos()) for id, item in self.nodes.items()}
        rects = {id: (body.left(), body.top(), body.right(), body.bottom()) for id, body in bodies.items()}
        ends = {
            id: Ends(at(wire.source.mapToScene(wire.source.port("out", wire.output))),
                     at(wire.target.mapToScene(wire.target.port("in", wire.port))), wire.source.id, wire.target.id)
            for id, wire in self.wires.items() if wire.target is not None
        }  # fmt: skip
        found = ways(rects, ends)
        for id, led in ends.items():
            self.wires[id].lead(found.get(id), led.start, led.end)
        hung = {
            id: (at(tie.source.mapToScene(tie.source.handle())), at(tie.target.mapToScene(tie.target.handle())))
            for id, tie in self.ties.items() if tie.target is not None
        }  # fmt: skip
        for id, way in tie_ways(rects, hung).items():
            self.ties[id].lead(way)
        self._room_for_ties()

    def _room_for_ties(self) -> None:
        """Their labels stand on no node, no label of a wire and not on one another."""
        if not self.ties:
            return
        taken = [item.body().translated(item.pos()) for item in self.nodes.values()]
        taken += [label_room(wire) for wire in self.wires.values() if wire.label]
        for tie in self.ties.values():
            tie.seek_room(taken)
            taken.append(tie.pill())

    def _drop(self, items: dict[str, NodeItem] | dict[str, WireItem] | dict[str, NoteItem], kept: set[str]) -> None:
        for id in [id for id in items if id not in kept]:
            item = items.pop(id)
            if isinstance(item, WireItem):
                item.detach()
            self.removeItem(item)

    def show_selection(self, ids: Iterable[str]) -> None:
        """Select exactly these items."""
        wanted = set(ids)
        for id, item in self.by_id():
            if item.isSelected() != (id in wanted):
                item.setSelected(id in wanted)

    def selected_ids(self) -> tuple[str, ...]:
        """Ids of the selected items, nodes first."""
        return tuple(id for id, item in self.by_id() if item.isSelected())

    def by_id(self) -> Iterable[tuple[str, NodeItem | WireItem | NoteItem]]:
        """Every item with its id."""
        yield from self.nodes.items()
        yield from self.wires.items()
        yield from self.notes.items()

    def world(self) -> QRectF:
        """Bounds of all nodes, wires and notes; null when there are none."""
        bounds = QRectF()
        for node in self.nodes.values():
            bounds |= node.body().translated(node.pos())
        for wire in self.wires.values():
            bounds |= wire.path.boundingRect()
        for note in self.notes.values():
            bounds |= note.frame.translated(note.pos())
        return bounds

    def positions(self) -> dict[str, tuple[float, float]]:
        """Where nodes and notes stand on screen now, which during a drag is ahead of the project."""
        return {id: (item.x(), item.y()) for id, item in self.by_id() if not isinstance(item, WireItem)}

    def item_of(self, id: str) -> QGraphicsItem | None:
        return self.nodes.get(id) or self.wires.get(id) or self.notes.get(id)

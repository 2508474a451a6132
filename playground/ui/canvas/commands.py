"""What the canvas can do to the network, as edits asked of the session. Gestures, menus and the palette all end here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QGuiApplication

from playground.core.spec import Spec
from playground.document.arranging import Position, Size, tidy
from playground.document.blocks import BlockUse
from playground.document.edits import (
    AddLink,
    AddNode,
    AddNote,
    Edit,
    GroupIntoBlock,
    InsertOnLink,
    MoveNodes,
    Paste,
    RemoveLinks,
    RemoveNodes,
    RemoveNotes,
    RenameNode,
    SetNodeOption,
    SetNote,
    Several,
    ShareWeights,
    UngroupBlock,
    duplicate,
)  # fmt: skip
from playground.document.project import Node
from playground.document.wiring import gives_output, port_names, takes_port
from playground.errors import PlaygroundError
from playground.lowering import fits, tie_of
from playground.ui.block_library import bringing
from playground.ui.canvas.placing import beside, free, snapped
from playground.ui.canvas.scene import CanvasScene
from playground.ui.canvas.starters import Starter
from playground.ui.kinds import Kind
from playground.ui.painting import width_of
from playground.ui.session import Session

NEW_SIZE = (106.0, 52.0)  # what a node is taken to measure before it is drawn


class CanvasCommands(QObject):
    """shown(ids): these were just made, bring them into view."""

    shown = Signal(object)

    def __init__(self, session: Session, scene: CanvasScene, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.scene = session, scene

    # Adding
    def add_kind(self, kind: Kind, at: QPointF | None = None) -> str:
        """Add what a palette shows; where its file cannot be used the reason is told."""
        try:
            return self.add(kind.made(self.session.view), at)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            return ""

    def add(self, spec: Spec, at: QPointF | None = None) -> str:
        """Add a node: centred on a point, or after the selected node and wired to it when that fits. Gives its id, or ""."""
        anchor = self._anchor() if at is None else None
        spot = self._spot(at, anchor)
        made = AddNode(spec, position=spot, name=self._name(spec))
        brought = bringing(spec, self.session.view)
        wires = self._wires(made, anchor, brought) if anchor is not None else ()
        edits = (*brought, made, *wires)
        edit: Edit = Several(f"Add {made.made(self.session.view).name}", edits) if len(edits) > 1 else made
        return self._finish(edit, made.id)

    def add_to_wire(self, spec: Spec, link: str, at: QPointF) -> str:
        """Add a node on a wire; where it does not fit there it is added beside it."""
        made = AddNode(spec, position=snapped(at.x() - NEW_SIZE[0] / 2, at.y() - NEW_SIZE[1] / 2), name=self._name(spec))
        try:
            edit = InsertOnLink(link, made)
            edit.apply(self.session.view)
        except PlaygroundError:
            return self.add(spec, at)
        edits = (*bringing(spec, self.session.view), edit, *self._make_room(edit, made))
        return self._finish(Several(edit.describe(self.session.view), edits) if len(edits) > 1 else edit, made.id)

    def start_from(self, starter: Starter) -> None:
        """Lay out a ready network on the empty canvas."""
        if self.session.do(starter.edit()):
            self.shown.emit(tuple(node.id for node in self.session.view.network.nodes))

    def add_note(self, at: QPointF) -> str:
        """Add a note with its upper left corner at a point."""
        made = AddNote("Note", snapped(at.x(), at.y()))
        return self._finish(made, made.id)

    def _name(self, spec: Spec) -> str:
        """Data and loss are called so, because there is one of each and it may be exchanged; "" numbers the others."""
        name = {"dataset": "data", "loss": "loss"}.get(spec.kind, "")
        return "" if any(node.name == name for node in self.session.view.network.nodes) else name

    def _finish(self, edit: Edit, id: str) -> str:
        if not self.session.do(edit):
            return ""
        self.session.select((id,))
        self.shown.emit((id,))
        return id

    def _anchor(self) -> Node | None:
        """The node that a new one follows: the selected one, else the last one with nothing after it."""
        chosen = self.session.selected_nodes()
        if chosen:
            return chosen[-1]
        network = self.session.view.network
        feeding = {link.source for link in network.links}
        ends = [node for node in network.nodes if node.id not in feeding and gives_output(node.spec)]
        return ends[-1] if ends else (network.nodes[-1] if network.nodes else None)

    def _spot(self, at: QPointF | None, anchor: Node | None) -> tuple[float, float]:
        if at is not None:
            return snapped(at.x() - NEW_SIZE[0] / 2, at.y() - NEW_SIZE[1] / 2)
        taken = [item.body().translated(item.pos()) for item in self.scene.nodes.values()]
        if anchor is None or anchor.id not in self.scene.nodes:
            return free(QRectF(24, 120, *NEW_SIZE), taken)
        item = self.scene.nodes[anchor.id]
        return beside(item.body().translated(item.pos()), NEW_SIZE, taken)

    def _wires(self, made: AddNode, anchor: Node, brought: Iterable[Edit] = ()) -> tuple[Edit, ...]:
        """A wire from the anchor to the new node, or from the new node to an anchor that lacks an input."""
        project = self.session.view
        grown = project
        for edit in (*brought, made):
            grown = edit.apply(grown)
        if gives_output(anchor.spec) and takes_port(made.spec, 0):
            refused = fits(grown, self.session.samples, anchor.id, made.id, 0)
            taken = any(link.source == anchor.id for link in project.network.links)
            return () if refused is not None or (taken and made.spec.kind == "loss") else (AddLink(anchor.id, made.id, 0),)
        if gives_output(made.spec) and port_names(anchor.spec) and not project.network.into(anchor.id):
            refused = fits(grown, self.session.samples, made.id, anchor.id, 0)
            return () if refused is not None else (AddLink(made.id, anchor.id, 0),)
        return ()

    def _make_room(self, edit: InsertOnLink, made: AddNode) -> tuple[Edit, ...]:
        """Push what stands right of the new node on its row further right, when there is too little room."""
        spot = QRectF(*made.position, *NEW_SIZE)
        hit = [i for i in self.scene.nodes.values() if i.body().translated(i.pos()).adjusted(-16, 0, 16, 0).intersects(spot)]
        right = [item for item in hit if item.pos().x() >= spot.x()]
        if not right:
            return ()
        push = spot.right() + 54 - min(item.pos().x() for item in right)
        row = [
            i for i in self.scene.nodes.values() if i.pos().x() >= spot.x() and abs(self._level(i.id) - spot.center().y()) < 120
        ]
        return (MoveNodes({item.id: (item.pos().x() + push, item.pos().y()) for item in row}),)

    def _level(self, id: str) -> float:
        item = self.scene.nodes[id]
        return item.pos().y() + item.look.height / 2

    # Wires
    def wire(self, source: str, target: str, port: int, output: int = 0) -> bool:
        return self.session.do(AddLink(source, target, port, output=output))

    def rewire(self, link: str, source: str, target: str, port: int, output: int = 0) -> None:
        """Move the end of a wire to another port as one step."""
        old = next((k for k in self.session.view.network.links if k.id == link), None)
        if old is not None and (old.target, old.port, old.output) != (target, port, output):
            self.session.do(Several("Move wire", (RemoveLinks((link,)), AddLink(source, target, port, output=output))))

    def unwire(self, link: str) -> None:
        self.session.do(RemoveLinks((link,)))

    # Weights
    def tie(self, source: str, target: str, transposed: bool) -> bool:
        """Let a node use another's weights."""
        return self.session.do(ShareWeights(target, source, transposed))

    def untie(self, id: str) -> bool:
        """Give a node weights of its own again."""
        return self.session.do(ShareWeights(id, ""))

    def share(self) -> bool:
        """End the sharing of the one selected node, or share between the two selected. False for any other selection."""
        nodes = {node.id: node for node in self.session.selected_nodes()}
        chosen = [nodes[id] for id in self.session.selection if id in nodes]
        if len(chosen) == 1 and chosen[0].shares:
            return self.untie(chosen[0].id)
        if len(chosen) != 2:
            return False
        if chosen[1].shares == chosen[0].id or chosen[0].shares == chosen[1].id:
            return self.untie(next(node.id for node in chosen if node.shares))
        found = tie_of(self.session.view, self.session.samples, chosen[0].id, chosen[1].id)
        if found.problem is not None:
            self.session.message.emit(found.problem.text, "warning")
            return True
        return self.tie(chosen[0].id, chosen[1].id, not found.plain)

    # What is selected
    def delete(self) -> None:
        """Delete the selected nodes, wires and notes as one step."""
        network, chosen = self.session.view.network, set(self.session.selection)
        nodes = tuple(node.id for node in network.nodes if node.id in chosen)
        gone = set(nodes)
        links = tuple(k.id for k in network.links if k.id in chosen and k.source not in gone and k.target not in gone)
        notes = tuple(note.id for note in network.notes if note.id in chosen)
        edits: list[Edit] = []
        if links:
            edits.append(RemoveLinks(links))
        if nodes:
            edits.append(RemoveNodes(nodes))
        if notes:
            edits.append(RemoveNotes(notes))
        if edits:
            self.session.do(edits[0] if len(edits) == 1 else Several("Delete selection", tuple(edits)))

    def move(self, positions: dict[str, tuple[float, float]]) -> None:
        """Put nodes and notes elsewhere as one step."""
        if positions:
            self.session.history.seal()
            self.session.do(MoveNodes(positions))
            self.session.history.seal()

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by a little; quick repeats are one step."""
        chosen = set(self.session.selection)
        moved = {id: (x + dx, y + dy) for id, (x, y) in self.scene.positions().items() if id in chosen}
        if moved:
            self.session.do(MoveNodes(moved))

    def copy(self) -> bool:
        """Put the selection on the clipboard as text. False when there is nothing to copy."""
        from playground.document.clipboard import to_text  # brings pydantic, which the first paint need not wait for

        network, chosen = self.session.view.network, set(self.session.selection)
        ids = [id for id in (*(n.id for n in network.nodes), *(n.id for n in network.notes)) if id in chosen]
        if ids:
            QGuiApplication.clipboard().setText(to_text(self.session.view, ids))
        return bool(ids)

    def cut(self) -> None:
        if self.copy():
            self.delete()

    def paste(self, at: QPointF | None = None) -> None:
        """Add what the clipboard holds, at a point or a little beside where it came from."""
        from playground.document.clipboard import pasted

        text = QGuiApplication.clipboard().text()
        if not text.strip():
            self.session.message.emit("The clipboard holds no network. Copy some nodes first.", "info")
            return
        try:
            edit = pasted(text)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "warning")
            return
        fragment = edit.fragment
        corners = [*(node.position for node in fragment.nodes), *(note.position for note in fragment.notes)]
        offset = (24.0, 24.0)
        if at is not None and corners:
            left, top = min(x for x, _ in corners), min(y for _, y in corners)
            offset = snapped(at.x() - left, at.y() - top)
        self._paste(dataclasses.replace(edit, offset=offset))

    def duplicate(self) -> None:
        """Double the selected nodes and notes, a little lower."""
        if self.session.selection:
            self._paste(duplicate(self.session.view, self.session.selection))

    def _paste(self, edit: Paste) -> None:
        if (edit.fragment.nodes or edit.fragment.notes) and self.session.do(edit):
            ids = (*edit.nodes, *(note.id for note in edit.fragment.notes))
            self.session.select(ids)
            self.shown.emit(ids)

    # Blocks
    def group(self) -> None:
        """The selected layers become a block, used once in their place."""
        chosen = tuple(node.id for node in self.session.selected_nodes())
        if chosen:
            made = GroupIntoBlock(chosen)
            self._finish(made, made.id)

    def ungroup(self) -> None:
        """The layers of the selected blocks in place of the nodes that use them."""
        blocks = [node for node in self.session.selected_nodes() if isinstance(node.spec, BlockUse)]
        project = self.session.view
        before = {node.id for node in project.network.nodes}
        edits: tuple[Edit, ...] = tuple(UngroupBlock(node.id) for node in blocks)
        if edits and self.session.do(edits[0] if len(edits) == 1 else Several("Ungroup", edits)):
            made = tuple(node.id for node in self.session.view.network.nodes if node.id not in before)
            self.session.select(made)
            self.shown.emit(made)

    def rename(self, id: str, name: str) -> bool:
        return self.session.do(RenameNode(id, name))

    def set_note(self, id: str, words: str) -> bool:
        return self.session.do(SetNote(id, words=words))

    def freeze(self) -> None:
        """Freeze the selected nodes, or thaw them when all are frozen."""
        nodes = [node for node in self.session.selected_nodes() if node.spec.kind == "layer"]
        wanted = not all(node.frozen for node in nodes)
        if nodes:
            edits = tuple(SetNodeOption(node.id, "frozen", wanted) for node in nodes)
            self.session.do(edits[0] if len(edits) == 1 else Several("Freeze" if wanted else "Unfreeze", edits))

    def align(self, edge: str) -> None:
        """Bring the selected nodes to the "left" edge or the "middle" line of the first one."""
        items = [self.scene.nodes[node.id] for node in self.session.selected_nodes() if node.id in self.scene.nodes]
        if len(items) < 2:
            return
        first = min(items, key=lambda item: (item.x(), item.y()))
        line = first.y() + first.look.height / 2
        if edge == "left":
            self.move({item.id: (first.x(), item.y()) for item in items})
        else:
            self.move({item.id: (item.x(), line - item.look.height / 2) for item in items})

    def tidy(self, view: Size) -> None:
        """Lay all nodes out in reading order, in as many rows as a view shows largest."""
        places = self.tidy_places(view)
        self.session.history.seal()
        if places:
            self.session.do(MoveNodes(places))

    def tidy_places(self, view: Size) -> dict[str, Position]:
        """Where nodes and notes would go in reading order."""
        network = self.session.view.network
        sizes = {id: (item.look.width, item.look.height) for id, item in self.scene.nodes.items()}
        labels = {wire.source.id: width_of(wire.label, 10) for wire in self.scene.wires.values()}
        places = tidy(network, sizes, (view,), labels)
        if network.notes and places:  # notes keep together, below everything
            low = max(y + sizes[id][1] for id, (_, y) in places.items()) + 40
            left = min(x for x, _ in places.values())
            for note in network.notes:
                places[note.id] = (left, low)
                left += note.size[0] + 24
        return places

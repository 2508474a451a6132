"""Commands that add nodes, notes and ready networks, placed and wired where that fits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF

from playground.core.spec import Spec
from playground.document.arranging import Position, Size
from playground.document.edits import AddLink, AddNode, AddNote, Edit, InsertOnLink, MoveNodes, Several
from playground.document.project import Node
from playground.document.wiring import gives_output, port_names, takes_port
from playground.errors import PlaygroundError
from playground.lowering import fits, inspect
from playground.ui.block_library import bringing
from playground.ui.canvas.commands.part import Part
from playground.ui.canvas.look import look_of
from playground.ui.canvas.placing import beside, free, snapped
from playground.ui.canvas.starters import Starter
from playground.ui.canvas.suggesting import Place
from playground.ui.kinds import Kind
from playground.words import meant, say, sentence

NEW_SIZE = (106.0, 52.0)  # what a node is taken to measure before it is drawn
LEVEL = 24.0  # a wire is taken for level as long as it rises less
GAP = 54.0  # between a node on a wire and its neighbours


class Adding(Part):
    """Adding to the network."""

    def add_kind(self, kind: Kind, at: QPointF | None = None) -> str:
        """Add what a palette shows; where its file cannot be used the reason is told."""
        try:
            return self.add(kind.made(self.session.view), at)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            self.session.offered.emit((sentence("Choose another layer"), self.layer_wanted.emit))
            return ""

    def add(self, spec: Spec, at: QPointF | None = None) -> str:
        """Add a node: centred on a point, or after the selected node and wired to it when that fits. Gives its id, or ""."""
        anchor = self._anchor() if at is None else None
        spot = self._spot(at, anchor)
        made = AddNode(spec, position=spot, name=self._name(spec))
        brought = bringing(spec, self.session.view)
        wires = self._wires(made, anchor, brought) if anchor is not None else ()
        if anchor is not None:  # it grows with what it shows, so its ports are level with the anchor's only when that is known
            spot = self._spot(None, anchor, self._size_after((*brought, made, *wires), made.id))
            made = dataclasses.replace(made, position=spot)
        edits = (*brought, made, *wires)
        edit: Edit = Several(sentence("Add {made}", made=made.made(self.session.view).name), edits) if len(edits) > 1 else made
        return self.finish(edit, made.id)

    def add_wired(self, kind: Kind, place: Place, at: QPointF) -> str:
        """Add what was picked where a wire was let go: its port there, and the wire drawn. Where it does not fit it is added without."""
        try:
            spec = kind.made(self.session.view)
        except PlaygroundError as error:
            self.session.message.emit(str(error), "error")
            self.session.offered.emit((sentence("Choose another layer"), self.layer_wanted.emit))
            return ""
        spot = snapped(at.x() if place.behind else at.x() - NEW_SIZE[0], at.y() - NEW_SIZE[1] / 2)
        made = AddNode(spec, position=spot, name=self._name(spec))
        brought = bringing(spec, self.session.view)
        wire = self._wire_at(place, made, brought)
        if wire is not None:  # the port that it is wired at is under the pointer
            wide, high = self._size_after((*brought, made, wire), made.id)
            made = dataclasses.replace(made, position=snapped(at.x() if place.behind else at.x() - wide, at.y() - high / 2))
        edits: tuple[Edit, ...] = (*brought, made) if wire is None else (*brought, made, wire)
        added = sentence("Add {made}", made=made.made(self.session.view).name)
        return self.finish(Several(added, edits) if len(edits) > 1 else made, made.id)

    def _wire_at(self, place: Place, made: AddNode, brought: Iterable[Edit]) -> AddLink | None:
        """The wire between a place and a new node; None with the reason told where the node does not fit."""
        grown = self.session.view
        for edit in (*brought, made):
            grown = edit.apply(grown)
        if place.behind:
            source, target, port, output = place.node, made.id, 0, place.k
            possible = takes_port(made.spec, 0)
        else:
            source, target, port, output = made.id, place.node, place.k, 0
            possible = gives_output(made.spec)
        if not possible or any(id not in {node.id for node in grown.network.nodes} for id in (source, target)):
            return None
        refused = fits(grown, self.session.samples, source, target, port, output)
        if refused is not None:
            self.session.message.emit(refused.text, "warning")
            self.session.offered.emit((sentence("Take it away again"), self.session.undo))
            return None
        return AddLink(source, target, port, output=output)

    def place_behind(self) -> Place | None:
        """Where a new node would be wired by itself: behind the selected node, before it where it lacks an input, else behind the last."""
        anchor = self._anchor()
        if anchor is None:
            return None
        if gives_output(anchor.spec):
            return Place(anchor.id)
        return (
            Place(anchor.id, behind=False) if port_names(anchor.spec) and not self.session.view.network.into(anchor.id) else None
        )

    def add_to_wire(self, spec: Spec, link: str, at: QPointF) -> str:
        """Add a node on a wire; where it does not fit there it is added beside it."""
        made = AddNode(spec, position=snapped(at.x() - NEW_SIZE[0] / 2, at.y() - NEW_SIZE[1] / 2), name=self._name(spec))
        try:
            edit = InsertOnLink(link, made)
            edit.apply(self.session.view)
        except PlaygroundError:
            return self.add(spec, at)
        brought = bringing(spec, self.session.view)
        wide, high = self._size_after((*brought, edit), made.id)
        spot = self._behind_source(link, QRectF(at.x() - wide / 2, self._line(link, at) - high / 2, wide, high))
        made = dataclasses.replace(made, position=snapped(spot.x(), spot.y()))
        edit = InsertOnLink(link, made)
        edits = (*brought, edit, *self._room_for(QRectF(*made.position, wide, high), made.id))
        return self.finish(Several(edit.describe(self.session.view), edits) if len(edits) > 1 else edit, made.id)

    def start_from(self, starter: Starter) -> None:
        """Lay out a ready network on the empty canvas."""
        if self.session.do(starter.edit()):
            self.shown.emit(tuple(node.id for node in self.session.view.network.nodes))

    def add_note(self, at: QPointF) -> str:
        """Add a note with its upper left corner at a point."""
        made = AddNote(say(meant("Note", "on the canvas")), snapped(at.x(), at.y()))
        return self.finish(made, made.id)

    def _name(self, spec: Spec) -> str:
        """Data and loss are called so, because there is one of each and it may be exchanged; "" numbers the others."""
        name = {"dataset": "data", "loss": "loss"}.get(spec.kind, "")
        return "" if any(node.name == name for node in self.session.view.network.nodes) else name

    def _anchor(self) -> Node | None:
        """The node that a new one follows: the selected one, else the last one with nothing after it."""
        chosen = self.session.selected_nodes()
        if chosen:
            return chosen[-1]
        network = self.session.view.network
        feeding = {link.source for link in network.links}
        ends = [node for node in network.nodes if node.id not in feeding and gives_output(node.spec)]
        return ends[-1] if ends else (network.nodes[-1] if network.nodes else None)

    def _spot(self, at: QPointF | None, anchor: Node | None, size: Size = NEW_SIZE) -> Position:
        if at is not None:
            return snapped(at.x() - NEW_SIZE[0] / 2, at.y() - NEW_SIZE[1] / 2)
        taken = [item.body().translated(item.pos()) for item in self.scene.nodes.values()]
        if anchor is None or anchor.id not in self.scene.nodes:
            return free(QRectF(*self._first_spot(), *size), taken)
        item = self.scene.nodes[anchor.id]
        return beside(item.body().translated(item.pos()), size, taken)

    def _first_spot(self) -> tuple[float, float]:
        """Where a node goes that nothing tells a place for: on an empty canvas to the left of what is seen, else above on the left."""
        views = [view for view in self.scene.views() if view.isVisible()]
        if self.scene.nodes or not views:
            return 24.0, 120.0
        shown = views[0].mapToScene(views[0].viewport().rect()).boundingRect()
        return snapped(shown.left() + 40, shown.center().y() - NEW_SIZE[1] / 2)

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

    def put_on_wire(self, id: str, link: str, at: tuple[float, float]) -> bool:
        """Put a node that is on the canvas on a wire, at a place. False where it cannot stand there; the reason is told."""
        insert = InsertOnLink(link, id)
        try:
            insert.apply(self.session.view)
        except PlaygroundError as error:
            self.session.refused(insert, str(error), "warning")
            return False
        item = self.scene.nodes[id]
        spot = self._behind_source(link, QRectF(*at, item.look.width, item.look.height))
        at = spot.x(), spot.y()
        edits = (MoveNodes({id: at}), insert, *self._room_for(spot, id))
        self.session.history.seal()
        done = self.session.do(Several(insert.describe(self.session.view), edits))
        self.session.history.seal()
        return done

    def _size_after(self, edits: Iterable[Edit], id: str) -> tuple[float, float]:
        """How large a node will be drawn once it stands where it shall."""
        grown = self.session.view
        for edit in edits:
            grown = edit.apply(grown)
        look = look_of(grown.network.node(id), grown, inspect(grown, self.session.samples), self.session.samples)
        return look.width, look.height

    def _line(self, link: str, at: QPointF) -> float:
        """The height a node on a wire is centred at: that of the wire where it is level, else that of the pointer."""
        wire = self.scene.wires.get(link)
        if wire is None:
            return at.y()
        box = wire.mapRectToScene(wire.path.controlPointRect())
        return box.center().y() if box.height() < LEVEL else at.y()

    def _behind_source(self, link: str, spot: QRectF) -> QRectF:
        """The place of a node on a wire, moved right of the node that the wire comes from where it would lie on that."""
        wire = self.scene.wires.get(link)
        body = wire.source.body().translated(wire.source.pos()) if wire is not None else QRectF()
        if body.adjusted(-16, 0, 16, 0).intersects(spot) and spot.center().x() > body.center().x():
            spot.moveLeft(snapped(body.right() + GAP, 0)[0])
        return spot

    def _room_for(self, spot: QRectF, id: str) -> tuple[Edit, ...]:
        """Push what stands right of a node put at a place on its row further right, when there is too little room.

        What those would run into goes along.
        """
        others = {item.id: item.body().translated(item.pos()) for item in self.scene.nodes.values() if item.id != id}
        behind = {one: body for one, body in others.items() if body.x() >= spot.x()}
        hit = {one for one, body in behind.items() if body.adjusted(-16, 0, 16, 0).intersects(spot)}
        if not hit:
            return ()
        push = spot.right() + GAP - min(self.scene.nodes[one].pos().x() for one in hit)
        pushed = hit | {one for one, body in behind.items() if abs(body.center().y() - spot.center().y()) < 120}
        new = pushed
        while new:
            moved = [behind[one].translated(push, 0).adjusted(-12, -12, 12, 12) for one in new]
            new = {one for one, body in behind.items() if one not in pushed and any(room.intersects(body) for room in moved)}
            pushed = pushed | new
        places = {one: self.scene.nodes[one].pos() for one in others if one in pushed}
        return (MoveNodes({one: (at.x() + push, at.y()) for one, at in places.items()}),)

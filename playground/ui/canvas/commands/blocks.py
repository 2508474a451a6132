"""Commands that make a block of the selection, and layers of a block. The wires stay as level as they were."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from PySide6.QtCore import QRectF

from playground.document.arranging import GAP_Y, Position
from playground.document.blocks import BlockUse, is_port
from playground.document.edits import Edit, EditBlock, GroupIntoBlock, MoveNodes, Several, UngroupBlock
from playground.document.project import Network
from playground.errors import PlaygroundError
from playground.lowering import inspect
from playground.ui.canvas.commands.part import Part
from playground.ui.canvas.look import NodeLook, Surroundings
from playground.ui.canvas.ports import places
from playground.ui.parting import take_apart
from playground.ui.scope import Scope
from playground.words import sentence

Port = tuple[str, str, int]


class Blocks(Part):
    """Grouping and ungrouping."""

    def group(self) -> None:
        """The selected layers become a block, used once in their place."""
        chosen = tuple(node.id for node in self.session.selected_nodes())
        if not chosen:
            return
        made = GroupIntoBlock(chosen)
        moved = self._places(made, chosen)
        if not moved:
            self.finish(made, made.id)
            return
        edits = (made, MoveNodes(moved), EditBlock(made.block, MoveNodes(self._inner_places(made))))
        self.finish(Several(made.describe(self.session.view), edits), made.id)

    def ungroup(self) -> None:
        """The layers of the selected blocks in place of the nodes that use them."""
        blocks = [node for node in self.session.selected_nodes() if isinstance(node.spec, BlockUse)]
        before = {node.id for node in self.session.view.network.nodes}
        edits: list[Edit] = []
        for node in blocks:
            made = UngroupBlock(node.id)
            moved = self._places(made, (node.id,))
            edits += [made, MoveNodes(moved)] if moved else [made]
        title = edits[0].describe(self.session.view) if len(blocks) == 1 else sentence("Ungroup")
        if edits and take_apart(self.session, Several(title, tuple(edits)), blocks):
            laid = tuple(node.id for node in self.session.view.network.nodes if node.id not in before)
            self.session.select(laid)
            self.shown.emit(laid)

    def _places(self, edit: Edit, old: Collection[str]) -> dict[str, Position]:
        """Where what an edit puts in the place of old nodes is to stand: in their middle, and where the wire that was most level stays so.

        Nothing where they are not drawn, or where the edit is refused, which is told when it is done.
        """
        if not set(old) <= set(self.scene.nodes):
            return {}
        view, samples = self.session.view, self.session.samples
        try:
            after = edit.apply(view)
        except PlaygroundError:
            return {}
        known = {node.id for node in view.network.nodes}
        around = Surroundings(after, inspect(after, samples), samples)
        made = {node.id: (node.position, around.look(node)) for node in after.network.nodes if node.id not in known}
        room, taken = QRectF(), QRectF()
        for (x, y), look in made.values():
            room |= QRectF(x, y, look.width, look.height)
        for id in old:
            taken |= self.scene.nodes[id].body().translated(self.scene.nodes[id].pos())
        stood = {outer: self._height(inner) for outer, inner in crossing(view.network, old)}
        shifts = [
            (abs(stood[outer] - self._height(outer)), stood[outer] - made[id][0][1] - port_height(made[id][1], side, k))
            for outer, (id, side, k) in crossing(after.network, made)
            if outer in stood
        ]
        dx, dy = taken.center().x() - room.center().x(), taken.center().y() - room.center().y()
        if shifts:
            _, dy = min(shifts)
        dy += self._way_down({id: QRectF(x + dx, y + dy, look.width, look.height) for id, ((x, y), look) in made.items()}, old)
        return {id: (float(round(x + dx)), float(round(y + dy))) for id, ((x, y), _) in made.items()}

    def _way_down(self, rooms: Mapping[str, QRectF], old: Collection[str]) -> float:
        """How far down nodes have to go together to lie on none of those that stay."""
        staying = [item.body().translated(item.pos()) for item in self.scene.nodes.values() if item.id not in old]
        down = 0.0
        for _ in range(len(staying) * len(rooms) + 1):
            lower = [room.translated(0, down) for room in rooms.values()]
            hits = [(room, other) for room in lower for other in staying if other.intersects(room)]
            if not hits:
                break
            down += max(other.bottom() + GAP_Y - room.top() for room, other in hits)
        return down

    def _inner_places(self, made: GroupIntoBlock) -> dict[str, Position]:
        """Where the nodes of a new block are to stand in it. There they may be larger or smaller than outside, by what they show."""
        session, inside = self.session, Scope()
        project = session.scope.routed(made, session.project, session.samples).apply(session.project)
        inside.path = (*session.scope.path, made.id)
        view, seen = inside.view(project, session.samples), inside.seen(project, session.samples)
        around = Surroundings(view, seen, session.samples)
        looks = {node.id: around.look(node) for node in view.network.nodes}
        found: dict[str, Position] = {}
        for node in view.network.nodes:
            if node.id in self.scene.nodes:
                x, y = node.position
                found[node.id] = x, y + (self.scene.nodes[node.id].look.height - looks[node.id].height) / 2
        low: dict[str, float] = {}
        for port in (node for node in view.network.nodes if is_port(node.spec)):
            outer, (_, side, k) = next(crossing(view.network, (port.id,)))
            rise = port_height(looks[outer[0]], *outer[1:]) - port_height(looks[port.id], side, k)
            y = max(found[outer[0]][1] + rise, low.get(side, -math.inf))
            found[port.id] = port.position[0], y
            low[side] = y + looks[port.id].height + GAP_Y
        return found

    def _height(self, port: Port) -> float:
        """The height at which a port is drawn."""
        id, side, k = port
        item = self.scene.nodes[id]
        return item.pos().y() + item.port(side, k).y()


def crossing(network: Network, inner: Collection[str]) -> Iterator[tuple[Port, Port]]:
    """(outer end, inner end) of the wires between some nodes and the others."""
    for link in network.links:
        ends = (link.source, "out", link.output), (link.target, "in", link.port)
        if (link.source in inner) != (link.target in inner):
            yield ends if link.target in inner else (ends[1], ends[0])


def port_height(look: NodeLook, side: str, k: int) -> float:
    """How far below the top of a node a port of it stands."""
    count, quiet = (look.ins, look.quiet_in) if side == "in" else (look.outs, look.quiet_out)
    return places(max(count, k + 1), quiet, look.height)[k]

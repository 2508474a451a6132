"""Commands that say where nodes and notes stand."""

from __future__ import annotations

from playground.document.arranging import Position, Size, tidy
from playground.document.edits import MoveNodes
from playground.ui.canvas.commands.part import Part
from playground.ui.painting import width_of


class Arranging(Part):
    """Moving, aligning and laying out."""

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

"""Commands that say where nodes and notes stand."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from playground.document.arranging import Position, Size, tidy
from playground.document.edits import AddNote, MoveNodes, SetNote, Several
from playground.ui.canvas.commands.part import Part
from playground.ui.canvas.frame_item import RIM, TITLE, carried
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import LEAST_HIGH, LEAST_WIDE, MOST, NoteItem
from playground.ui.painting import width_of
from playground.words import say, sentence


def _within(side: float, least: float) -> float:
    return float(min(MOST, max(least, round(side))))


class Arranging(Part):
    """Moving, aligning and laying out."""

    def move(self, positions: dict[str, tuple[float, float]], title: str = "") -> None:
        """Put nodes and notes elsewhere as one step. title: what it is called, where it is more than a move."""
        if positions:
            self.session.history.seal()
            moved = MoveNodes(positions)
            self.session.do(Several(title, (moved,)) if title else moved)
            self.session.history.seal()

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by a little; quick repeats are one step."""
        chosen = set(self.session.selection)
        for id in self.session.selection:
            chosen |= set(carried(self.scene, id))
        moved = {id: (x + dx, y + dy) for id, (x, y) in self.scene.positions().items() if id in chosen}
        if moved:
            self.session.do(MoveNodes(moved))

    def align(self, edge: str) -> None:
        """Bring the selected nodes and notes to the outermost "left", "right", "top" or "bottom" edge, or to the first one's "middle"
        line or "centre".
        """
        rooms = self._loose(2)
        if len(rooms) < 2:
            return
        first = rooms[min(rooms, key=lambda id: (rooms[id].x(), rooms[id].y()))]
        left, top = min(r.left() for r in rooms.values()), min(r.top() for r in rooms.values())
        right, bottom = max(r.right() for r in rooms.values()), max(r.bottom() for r in rooms.values())
        to = {
            "left": lambda r: (left, r.y()),
            "right": lambda r: (right - r.width(), r.y()),
            "top": lambda r: (r.x(), top),
            "bottom": lambda r: (r.x(), bottom - r.height()),
            "centre": lambda r: (first.center().x() - r.width() / 2, r.y()),
            "middle": lambda r: (r.x(), first.center().y() - r.height() / 2),
        }[edge]
        title = {
            "left": sentence("Align left"),
            "right": sentence("Align right"),
            "top": sentence("Align top"),
            "bottom": sentence("Align bottom"),
            "centre": sentence("Align in a column"),
            "middle": sentence("Align in a row"),
        }[edge]
        self._place({id: to(room) for id, room in rooms.items()}, rooms, title)

    def distribute(self, across: bool) -> None:
        """Leave equal gaps between the selected nodes and notes, side by side or one above the other; the outermost stay."""
        rooms = self._loose(3)
        if len(rooms) < 3:
            return
        order = sorted(rooms, key=lambda id: rooms[id].center().x() if across else rooms[id].center().y())
        sizes = [rooms[id].width() if across else rooms[id].height() for id in order]
        first, last = rooms[order[0]], rooms[order[-1]]
        whole = last.right() - first.left() if across else last.bottom() - first.top()
        gap = (whole - sum(sizes)) / (len(order) - 1)
        at = first.left() if across else first.top()
        places: dict[str, Position] = {}
        for id, size in zip(order, sizes, strict=True):
            places[id] = (float(round(at)), rooms[id].y()) if across else (rooms[id].x(), float(round(at)))
            at += size + gap
        self._place(places, rooms, sentence("Distribute across") if across else sentence("Distribute down"))

    def _loose(self, least: int) -> dict[str, QRectF]:
        """The bodies of what is selected, without what a selected frame takes along as long as so many remain."""
        rooms = self._rooms()
        held = {other for id in rooms for other in carried(self.scene, id)}
        loose = {id: room for id, room in rooms.items() if id not in held}
        return loose if len(loose) >= least else rooms

    def _place(self, places: dict[str, Position], rooms: dict[str, QRectF], title: str) -> None:
        """Put nodes and notes elsewhere as one step; a frame takes along what lies in it."""
        stands, moved = self.scene.positions(), dict(places)
        for id, (x, y) in places.items():
            dx, dy = x - rooms[id].x(), y - rooms[id].y()
            for other in carried(self.scene, id):
                moved.setdefault(other, (stands[other][0] + dx, stands[other][1] + dy))
        self.move(moved, title)

    def _rooms(self) -> dict[str, QRectF]:
        """The bodies of the selected nodes and notes."""
        found = {}
        for id in self.session.selection:
            item = self.scene.item_of(id)
            if isinstance(item, NodeItem):
                found[id] = item.body().translated(item.pos())
            elif isinstance(item, NoteItem):
                found[id] = item.frame.translated(item.pos())
        return found

    def frame(self, at: QRectF) -> str:
        """A frame round the selected nodes and notes, or of this size where nothing is selected. Gives its id."""
        room = QRectF()
        for one in self._rooms().values():
            room |= one
        room = room.adjusted(-RIM, -RIM - TITLE, RIM, RIM) if not room.isNull() else at
        made = AddNote(say("Frame"), (round(room.x()), round(room.y())), (round(room.width()), round(room.height())), frame=True)
        return self.finish(made, made.id)

    def resize(self, note: str, wide: float, high: float) -> None:
        """Another size of a note or frame."""
        self.session.do(SetNote(note, size=(float(round(wide)), float(round(high)))))

    def grow(self, wide: float, high: float) -> bool:
        """Make the selected notes and frames wider and higher; quick repeats are one step. False where none is selected."""
        notes = [note for note in self.session.view.network.notes if note.id in self.session.selection]
        edits = tuple(
            SetNote(note.id, size=(_within(note.size[0] + wide, LEAST_WIDE), _within(note.size[1] + high, LEAST_HIGH)))
            for note in notes
        )
        if edits:
            self.session.do(edits[0] if len(edits) == 1 else Several(sentence("Resize notes"), edits, joins=True))
        return bool(edits)

    def tidy(self, view: Size) -> None:
        """Lay all nodes out in reading order, in as many rows as a view shows largest."""
        held = {note.id: carried(self.scene, note.id) for note in self.session.view.network.notes if note.frame}
        places = self.tidy_places(view)
        self.session.history.seal()
        if places:
            moved = MoveNodes(places)
            framed = tuple(self._refit(id, ids, places) for id, ids in held.items() if any(k in self.scene.nodes for k in ids))
            self.session.do(Several(sentence("Lay out"), (moved, *framed)))

    def _refit(self, frame: str, ids: tuple[str, ...], places: dict[str, Position]) -> SetNote:
        """A frame round the nodes that it held, where they are to stand."""
        room = QRectF()
        for id in ids:
            if id in self.scene.nodes:
                look = self.scene.nodes[id].look
                room |= QRectF(*places[id], look.most, look.height)
        room.adjust(-RIM, -RIM - TITLE, RIM, RIM)
        return SetNote(frame, position=(room.x(), room.y()), size=(room.width(), room.height()))

    def tidy_places(self, view: Size) -> dict[str, Position]:
        """Where nodes and notes would go in reading order."""
        network = self.session.view.network
        sizes = {id: (item.look.most, item.look.height) for id, item in self.scene.nodes.items()}
        labels = {wire.source.id: width_of(wire.label, 10) for wire in self.scene.wires.values()}
        places = tidy(network, sizes, (view,), labels)
        if network.notes and places:  # notes keep together, below everything
            low = max(y + sizes[id][1] for id, (_, y) in places.items()) + 40
            left = min(x for x, _ in places.values())
            for note in network.notes:
                if note.frame:
                    continue
                places[note.id] = (left, low)
                left += note.size[0] + 24
        return places

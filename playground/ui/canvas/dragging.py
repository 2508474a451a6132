"""Dragging what is selected: it snaps to guides, a frame takes along what lies in it, and a lone node may be put on a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF

from playground.ui.canvas.frame_item import FrameItem, carried
from playground.ui.canvas.guides import REACH, Guides, snap
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import NoteItem
from playground.ui.canvas.wire_item import WireItem
from playground.ui.carrying import carry, taken_at

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

NEAR = 10.0  # how near the middle of a node has to come to a wire


class Dragging:
    """Qt moves the selected items; this follows up every step and makes one edit of the whole."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.guides: Guides | None = None
        self._starts: dict[str, QPointF] = {}
        self._carried: dict[str, tuple[str, ...]] = {}
        self._wire: WireItem | None = None

    def begin(self) -> None:
        """A button went down: remember where everything stands."""
        self._starts = {id: QPointF(item.pos()) for id, item in self.view.canvas.by_id() if not isinstance(item, WireItem)}
        self._carried = {}

    def follow(self, free: bool = False) -> None:
        """Qt has moved the selected items to the pointer. free: snap to nothing."""
        canvas = self.view.canvas
        moving = {
            id: item
            for id in self._starts
            if isinstance(item := canvas.item_of(id), NodeItem | NoteItem)
            and item.isSelected()
            and item.pos() != self._starts[id]
        }
        if not moving:
            return
        delta = next(item.pos() - self._starts[id] for id, item in moving.items())
        for id, item in list(moving.items()):
            if isinstance(item, FrameItem):
                for other in self._held(id, item):
                    companion = canvas.item_of(other)
                    if other not in moving and other in self._starts and isinstance(companion, NodeItem | NoteItem):
                        companion.setPos(self._starts[other] + delta)
                        moving[other] = companion
        self._snap(moving, free)
        self._aim(moving)

    def _held(self, id: str, item: FrameItem) -> tuple[str, ...]:
        """What lay in a frame before it was dragged."""
        if id not in self._carried:
            here = QPointF(item.pos())
            item.setPos(self._starts[id])
            self._carried[id] = carried(self.view.canvas, id)
            item.setPos(here)
        return self._carried[id]

    def _snap(self, moving: dict[str, NodeItem | NoteItem], free: bool) -> None:
        if self.guides is None:
            self.guides = Guides(self.view.canvas)
        if free:
            self.guides.show_lines(())
            return
        room, seen = QRectF(), self.view.visible()
        for item in moving.values():
            room |= _body(item)
        others = [
            body for id, item in self.view.canvas.nodes.items() if id not in moving and (body := _body(item)).intersects(seen)
        ]
        found = snap(room, others, REACH / self.view.zoom)
        if found.dx or found.dy:
            for item in moving.values():
                item.setPos(item.pos() + QPointF(found.dx, found.dy))
        self.guides.show_lines(found.lines)

    def _aim(self, moving: dict[str, NodeItem | NoteItem]) -> None:
        """Mark the wire that a lone node without wires would be put on."""
        wire = None
        (item, *more) = moving.values()
        if not more and isinstance(item, NodeItem) and not item.wires and item.look.ins and item.look.outs:
            middle = _body(item).center()
            near = self.view.canvas.items(QRectF(middle.x() - NEAR, middle.y() - NEAR, 2 * NEAR, 2 * NEAR))
            wire = next((other for other in near if isinstance(other, WireItem) and other.id), None)
        self._wire = wire
        self.view.drops.mark(wire)

    def carry_out(self, place: QPoint) -> bool:
        """The pointer left the canvas for a place of the screen. Where nodes are taken there, they are carried on as a drag of their
        own and stand where they stood; False leaves them with the pointer.
        """
        canvas = self.view.canvas
        grabber = canvas.mouseGrabberItem()
        nodes = [id for id in self._starts if isinstance(item := canvas.item_of(id), NodeItem) and item.isSelected()]
        if not isinstance(grabber, NodeItem) or not nodes or not taken_at(self.view, place):
            return False
        self.cancel()
        carry(self.view, self.view.session, nodes)
        return True

    def cancel(self) -> bool:
        """Let go of what is dragged, and put it back where it stood; False where the pointer holds nothing."""
        grabber = self.view.canvas.mouseGrabberItem()
        if not isinstance(grabber, NodeItem | NoteItem):
            return False
        grabber.ungrabMouse()
        self._rest()
        for id, start in self._starts.items():
            item = self.view.canvas.item_of(id)
            if isinstance(item, NodeItem | NoteItem):
                item.setPos(start)
        return True

    def _rest(self) -> None:
        """Take the marks of a drag away."""
        self._wire = None
        self.view.drops.mark(None)
        if self.guides is not None:
            self.guides.show_lines(())

    def finish(self) -> None:
        """Everything that was dragged becomes one edit."""
        wire = self._wire
        self._rest()
        network = self.view.session.view.network
        before = {node.id: node.position for node in network.nodes} | {note.id: note.position for note in network.notes}
        moved = {
            id: (float(round(x)), float(round(y)))
            for id, (x, y) in self.view.canvas.positions().items()
            if id in before and before[id] != (x, y)
        }
        if len(moved) == 1 and wire is not None and wire.scene() is not None:
            (id,) = moved
            if self.view.commands.put_on_wire(id, wire.id, moved[id]):
                return
        if moved:
            self.view.commands.move(moved)


def _body(item: NodeItem | NoteItem) -> QRectF:
    return (item.body() if isinstance(item, NodeItem) else item.frame).translated(item.pos())

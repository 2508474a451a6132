"""What comes onto the canvas from outside: layers dragged from a palette, and those picked in the quick list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QDropEvent

from playground.ui.canvas.ghost import Ghost
from playground.ui.canvas.loose_wire import LooseWire
from playground.ui.canvas.quick_add import QuickAdd
from playground.ui.canvas.suggesting import Choice, Place, choices
from playground.ui.canvas.wire_item import WireItem
from playground.ui.kinds import MIME, Kind, from_mime

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView


class CanvasDrops:
    """Reads drags for the view and keeps its quick list."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self._marked: WireItem | None = None
        self.quick = QuickAdd(view, self._choices)
        self.quick.picked.connect(self._add_picked)
        self.quick.closed.connect(lambda: self._hold(None))
        self.ghost = Ghost(view)
        self._quick_spot: QPointF | None = None
        self._place: Place | None = None
        self._wired = False
        self.held: LooseWire | None = None

    def open_quick_add(
        self, at: QPointF | None, text: str = "", place: Place | None = None, ends: tuple[QPointF, QPointF] | None = None
    ) -> None:
        """Open the quick list at a viewport position, the pointer's when none is given.

        place: where a wire was let go, so that what is picked is wired there; ends: of that wire, which stays to be seen until then.
        Without a place and a position what is picked goes
        behind the selected node, and what fits there is shown.
        """
        self._hold(ends)
        self._wired = place is not None
        self._place = place if place is not None else self.view.commands.place_behind() if at is None else None
        pointer, inside = self.view.pointer, QRectF(self.view.viewport().rect())
        pointer.at = at if at is not None else pointer.at
        if not inside.contains(pointer.at):
            pointer.at = inside.center()
        self._quick_spot = self.view.mapToScene(pointer.at.toPoint()) if at is not None else None
        self.quick.ask(pointer.at.toPoint(), text)

    def _hold(self, ends: tuple[QPointF, QPointF] | None) -> None:
        """Show a wire that was let go in the open, or none."""
        if self.held is not None:
            self.view.canvas.removeItem(self.held)
        self.held = LooseWire(*ends) if ends is not None else None
        if self.held is not None:
            self.view.canvas.addItem(self.held)

    def _add_picked(self, kind: Kind) -> None:
        self.view.setFocus()
        if self._wired and self._place is not None and self._quick_spot is not None:
            self.view.commands.add_wired(kind, self._place, self._quick_spot)
        else:
            self.view.commands.add_kind(kind, self._quick_spot)

    def _choices(self, text: str) -> list[Choice]:
        session = self.view.session
        return choices(text, self._place, session.view, session.samples)

    def enter(self, event: QDropEvent) -> None:
        """A drag came over the canvas."""
        event.setAccepted(event.mimeData().hasFormat(MIME))

    def move(self, event: QDropEvent) -> None:
        """It moves on: mark the wire that it would be inserted into."""
        event.setAccepted(event.mimeData().hasFormat(MIME))
        self.mark(self.wire_at(event.position()))

    def leave(self) -> None:
        """It went away again."""
        self.mark(None)

    def drop(self, event: QDropEvent) -> None:
        """Add what was dropped, on a wire or in the open."""
        wire = self.wire_at(event.position())
        self.mark(None)
        spec = from_mime(bytes(event.mimeData().data(MIME).data()), self.view.session.view)
        if spec is None:
            event.ignore()
            return
        at = self.view.mapToScene(event.position().toPoint())
        self.view.setFocus()
        if wire is not None:
            self.view.commands.add_to_wire(spec, wire.id, at)
        else:
            self.view.commands.add(spec, at)
        event.acceptProposedAction()

    def wire_at(self, at: QPointF) -> WireItem | None:
        """The wire at a viewport position."""
        pos = self.view.mapToScene(at.toPoint())
        near = self.view.canvas.items(QRectF(pos.x() - 8, pos.y() - 8, 16, 16))
        return next((item for item in near if isinstance(item, WireItem) and item.id), None)

    def mark(self, wire: WireItem | None) -> None:
        """Show that what is dragged would be put on this wire, or on none."""
        if wire is not self._marked:
            for item, state in ((self._marked, "idle"), (wire, "target")):
                if item is not None:
                    item.show_state(item.label, state, item.thickness)
            self._marked = wire

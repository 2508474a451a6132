"""The canvas by pointer: what a press takes hold of, what a drag and its release do, and the gestures that keys may start too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsView

from playground.ui.canvas.dragging import Dragging
from playground.ui.canvas.edge_scroll import EdgeScroll
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import NoteItem
from playground.ui.canvas.resizing import ResizeGesture
from playground.ui.canvas.sharing import ShareGesture, weights_under
from playground.ui.canvas.wire_item import WireItem
from playground.ui.canvas.wiring import WireGesture
from playground.ui.canvas.wiring_back import BackGesture

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

STILL = 4  # pixels that a press may wander and still be a click


class CanvasPointer:
    """Reads the mouse for the view, whose `gesture` it starts. at: its last viewport position."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.at = QPointF(200, 160)
        self._pressed_at: QPointF | None = None
        self._down = False
        self._selected: tuple[str, ...] = ()
        self.dragging, self.edge = Dragging(view), EdgeScroll(view)
        self._modifiers, self._held = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton

    def port_under(self, at: QPointF) -> tuple[NodeItem, str, int] | None:
        """The port at a viewport position."""
        pos = self.view.mapToScene(at.toPoint())
        reach = max(14.0, 14.0 / self.view.zoom)
        for item in self.view.canvas.items(QRectF(pos.x() - reach, pos.y() - reach, 2 * reach, 2 * reach)):
            if isinstance(item, NodeItem) and (found := item.port_at(item.mapFromScene(pos))) is not None:
                return item, *found
        return None

    def press(self, event: QMouseEvent) -> bool:
        """A button went down; False leaves it to Qt, which selects, moves and draws the rubber band."""
        at = event.position()
        self.view.looking.glide.finish()
        if self.view.refusal.isVisible():
            self.view.refusal.dismiss()
        if event.button() == Qt.MouseButton.MiddleButton:
            self.view.start_pan(at)
            return True
        gesture = self.view.gesture
        if gesture is not None:
            gesture.move(at)
            gesture.finish() if event.button() == Qt.MouseButton.LeftButton else gesture.cancel()
            return True
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at, self._down, self._selected = at, True, self.view.session.selection
            self.edge.begin(at)
            if self.view.drops.ghost.press(self.view.mapToScene(at.toPoint())):
                return True
            self.dragging.begin()
            return self._grab_corner(at) or self._grab_port(at) or self._grab_weights(at, event.modifiers())
        if event.button() == Qt.MouseButton.RightButton:
            self._select_under(at)
            return True
        return False

    def _corner_under(self, at: QPointF) -> NoteItem | None:
        """The note or frame whose lower right corner is there: one that is selected, or one over which nothing lies."""
        pos, top = self.view.mapToScene(at.toPoint()), self.view.itemAt(at.toPoint())
        notes = [item for item in self.view.canvas.notes.values() if item.isSelected() or item is top]
        return next((item for item in notes if item.corner_at(item.mapFromScene(pos))), None)

    def _grab_corner(self, at: QPointF) -> bool:
        """Take hold of the lower right corner of a note or frame, to resize it."""
        item = self._corner_under(at)
        if item is None:
            return False
        if not item.isSelected():
            self.view.session.select((item.id,))
        self.view.gesture = ResizeGesture(self.view, item)
        return True

    def _point_at_corner(self, on: bool) -> None:
        """The sign of what can be resized, at the pointer."""
        port, sign = self.view.viewport(), Qt.CursorShape.SizeFDiagCursor
        if on != (port.cursor().shape() == sign):
            port.setCursor(sign) if on else port.unsetCursor()

    def _grab_port(self, at: QPointF) -> bool:
        found = self.port_under(at)
        if found is None:
            return False
        item, side, port = found
        if side == "out":
            self.view.gesture = WireGesture(self.view, item, output=port)
        else:
            wire = next((w for w in self.view.canvas.wires.values() if w.target is item and w.port == port), None)
            if wire is None:
                self.view.gesture = BackGesture(self.view, item, port)
            else:
                self.view.gesture = WireGesture(self.view, wire.source, wire.id, wire.output)
        self.view.gesture.move(at)
        return True

    def _grab_weights(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Take hold of a node's weights: at their handle, or anywhere on the node with Alt."""
        item = weights_under(self.view, at, anywhere=bool(modifiers & Qt.KeyboardModifier.AltModifier))
        if item is None:
            return False
        self.view.gesture = ShareGesture(self.view, item)
        self.view.gesture.move(at)
        return True

    def _select_under(self, at: QPointF) -> None:
        item = known(self.view.itemAt(at.toPoint()))
        if item is not None and not item.isSelected():
            self.view.session.select((item.id,))

    def move(self, event: QMouseEvent) -> bool:
        """The mouse moved; False leaves it to Qt, and `hover` is to follow."""
        self.at, self._modifiers, self._held = event.position(), event.modifiers(), event.buttons()
        self._down &= bool(self._held & Qt.MouseButton.LeftButton)  # it may have been let go over another window
        if self._down:
            self.edge.follow(self.at, self._modifiers)
        if self.view.gesture is None:
            return False
        self.view.gesture.move(self.at)
        return True

    def hover(self) -> None:
        """Qt has moved what is dragged. Name the port that the mouse stands over, and say what the handle of the weights does."""
        if self._held & Qt.MouseButton.LeftButton:
            outside = not self.view.viewport().rect().contains(self.at.toPoint())
            if outside and self.dragging.carry_out(self.view.viewport().mapToGlobal(self.at.toPoint())):
                self._down = False
            else:
                self.dragging.follow(free=bool(self._modifiers & Qt.KeyboardModifier.AltModifier))
            return
        self._point_at_corner(not self._held and self._corner_under(self.at) is not None)
        self.view.port_names.hover(self.port_under(self.at))
        weights_under(self.view, self.at, tell=True)

    def release(self, event: QMouseEvent) -> bool:
        """A button went up; False leaves it to Qt, and `let_go` is to follow."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.edge.stop()
        if self.view.gesture is None:
            return False
        self._down = False
        self._release_wire(event.position())
        return True

    def let_go(self, event: QMouseEvent) -> None:
        """Qt has finished with the release."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._down = False
            self.dragging.finish()

    def abandon(self) -> bool:
        """Escape while the button is held: what is dragged stands where it stood, or what was selected before the rubber band is again.

        False where the button is not held.
        """
        self.edge.stop()
        if not self._down:
            return False
        if not self.dragging.cancel():
            self.view.setDragMode(QGraphicsView.DragMode.NoDrag)  # takes the band away, which then does not come back
            self.view.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
            self.view.session.select(self._selected)
        return True

    def _release_wire(self, at: QPointF) -> None:
        """A press and release on one spot leaves the wire at the pointer until the next click; a drag ends here."""
        gesture = self.view.gesture
        if gesture is None or gesture.sticky:
            return
        start = self._pressed_at or at
        if abs(at.x() - start.x()) + abs(at.y() - start.y()) <= STILL:
            gesture.sticky = True
        else:
            gesture.move(at)
            gesture.finish()

    def double_click(self, at: QPointF) -> None:
        """Open a block, a name or a note; in the open the quick list."""
        item = known(self.view.itemAt(at.toPoint()))
        if item is None:
            self.view.open_quick_add(at)
        elif not (isinstance(item, NodeItem) and self.view.session.enter(item.id)) and isinstance(item, NodeItem | NoteItem):
            self.view.naming.edit(item)

    # Gestures without the mouse
    def start_wire(self) -> None:
        """Begin a wire at the selected node; arrows aim it, Enter makes it."""
        view = self.view
        chosen = [view.canvas.nodes[node.id] for node in view.session.selected_nodes()]
        if chosen and chosen[-1].look.outs and view.gesture is None:
            view.setFocus()
            view.gesture = WireGesture(view, chosen[-1])
            view.gesture.sticky = True
            view.gesture.cycle(1)

    def share_weights(self) -> None:
        """End the sharing of the selected node, share between two, or take hold of one's weights; arrows then aim, Enter shares."""
        view = self.view
        if view.gesture is None and not view.commands.share():
            chosen = [item for node in view.session.selected_nodes() if (item := view.canvas.nodes.get(node.id)) is not None]
            if len(chosen) == 1 and chosen[0].look.weighty:
                view.setFocus()
                view.gesture = ShareGesture(view, chosen[0])
                view.gesture.sticky = True
                view.gesture.cycle(1)


def known(item: QGraphicsItem | None) -> NodeItem | WireItem | NoteItem | None:
    """The item if it is part of the network."""
    return item if isinstance(item, NodeItem | WireItem | NoteItem) else None

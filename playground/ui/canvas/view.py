"""The canvas: pan, zoom, dotted ground, selection, moving, wiring and drops. It shows the session and asks `commands` for edits."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)  # fmt: skip
from PySide6.QtWidgets import QGraphicsItem, QGraphicsView, QWidget

from playground.document.arranging import Size
from playground.ui.canvas.commands import CanvasCommands
from playground.ui.canvas.empty import EmptyCanvas
from playground.ui.canvas.feed import PreviewFeed
from playground.ui.canvas.keys import CanvasKeys
from playground.ui.canvas.minimap import Minimap
from playground.ui.canvas.naming import NameEditor
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import NoteItem
from playground.ui.canvas.port_names import PortNames
from playground.ui.canvas.quick_add import QuickAdd
from playground.ui.canvas.refusal import Refusal
from playground.ui.canvas.scene import CanvasScene
from playground.ui.canvas.sharing import ShareGesture, weights_under
from playground.ui.canvas.wire_item import WireItem
from playground.ui.canvas.wiring import WireGesture
from playground.ui.canvas.zoom_view import ZoomView
from playground.ui.kinds import MIME, Kind, from_mime
from playground.ui.session import Session
from playground.ui.theme import theme

LEAST_FOR_MAP = 400
STILL = 4  # pixels that a press may wander and still be a click


class CanvasView(ZoomView):
    """menu_asked(global point): a menu for the selection. edit_asked: Enter on a node, for its settings."""

    menu_asked = Signal(QPoint)
    edit_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.canvas = CanvasScene(self)
        self.adopt(self.canvas)
        self._configure()
        self.gesture: WireGesture | ShareGesture | None = None
        self.port_names = PortNames(self.canvas)
        self._pressed_at: QPointF | None = None
        self._fresh = bool(session.view.network.nodes)
        self._drop_wire: WireItem | None = None
        self._stands: tuple[str, ...] = ()
        self._looked_at: dict[tuple[str, ...], tuple[float, QPointF]] = {}
        self.pointer = QPointF(200, 160)
        self.commands = CanvasCommands(session, self.canvas, self)
        self.keys = CanvasKeys(self)
        self.feed = PreviewFeed(self)
        self.refusal = Refusal(self)
        self.refusal.chosen.connect(session.mend)
        self.map = Minimap(self)
        self.empty = EmptyCanvas(self)
        self.quick = QuickAdd(self, lambda: session.view)
        self.quick.picked.connect(self._add_picked)
        self.naming = NameEditor(self)
        self.commands.shown.connect(self._reveal)
        self._listen()
        self.show_project()

    def _configure(self) -> None:
        self.setAccessibleName("Network canvas")
        self.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setMinimumSize(320, 180)

    def _listen(self) -> None:
        session = self.session
        session.project_changed.connect(self.show_project)
        session.samples_changed.connect(self.show_project)
        session.selection_changed.connect(self._show_selection)
        session.replaced.connect(self._on_replaced)
        session.scope_changed.connect(self._on_scope)
        self.canvas.selectionChanged.connect(self._on_scene_selection)
        theme().changed.connect(self._recolor)

    # Session -> canvas
    def show_project(self) -> None:
        """Make the scene equal to the session."""
        if self.gesture is not None:
            self.gesture.cancel()
        project = self.session.view
        self.canvas.show_project(project, self.session.seen, self.session.samples)
        self._show_selection()
        self.feed.refresh()
        self.map.stale()
        self.empty.setVisible(not project.network.nodes and not project.network.notes and not self.session.scope.path)
        self._place_map()
        if self._fresh and self.canvas.nodes and self.isVisible():
            self.zoom_to_fit(most=1.0)
            if self._data_known():
                self._fresh = False  # sizes depend on the data: only now they are final
                self._part_example()

    def _data_known(self) -> bool:
        """Whether the samples are those of this project, or there are none to wait for."""
        session = self.session
        there = session.samples is not None and not session.loading
        return there or bool(session.samples_error) or not session.project.network.of_kind("dataset")

    def _part_example(self) -> None:
        """A project made without a canvas has its nodes on one point, and an example lacks the pictures' sizes: where nodes overlap
        it is laid out, which is no edit of the person's."""
        bodies = [item.body().translated(item.pos()) for item in self.canvas.nodes.values()]
        overlap = any(body.intersects(other) for k, body in enumerate(bodies) for other in bodies[k + 1 :])
        unplaced = len(bodies) > 1 and len({node.position for node in self.session.view.network.nodes}) == 1
        if self.session.scope.path:
            return
        if unplaced or (overlap and self.session.path is None):
            self.session.place(self.commands.tidy_places(self._room()))
            self.zoom_to_fit(most=1.0)

    map_wanted = True

    def show_map(self, on: bool) -> None:
        """Show or hide the map."""
        self.map_wanted = on
        self._place_map()

    def show_labels(self, what: str) -> None:
        """Write "shape", "parameters" or "gradient" on the wires."""
        self.canvas.labels = what
        self.canvas.show_labels(self.session.view, self.session.seen, {})
        self.feed.draw()

    def _place_map(self) -> None:
        """In the lower right corner; in a low view it would lie over nodes, so it stays away."""
        self.map.move(self.width() - self.map.width() - 10, self.height() - self.map.height() - 10)
        self.map.setVisible(self.map_wanted and bool(self.canvas.nodes) and self.height() >= LEAST_FOR_MAP)

    def _on_replaced(self) -> None:
        """The next picture of it is zoomed to fit."""
        self._fresh = True

    def _on_scope(self) -> None:
        """Another network is on the canvas: show all of a block that was opened, of the others what was seen of them before."""
        deeper = len(self.session.scope.path) > len(self._stands)
        self._looked_at[self._stands] = self.zoom, self.visible().center()
        self._stands = self.session.scope.path
        self.show_project()
        if deeper or self._stands not in self._looked_at:
            self.zoom_to_fit(most=1.0)
        else:
            zoom, centre = self._looked_at[self._stands]
            self.zoom_about(zoom, QPointF(self.viewport().rect().center()))
            self.centerOn(centre)
        way = self.session.scope.names(self.session.project)
        self.say(f"Inside {way[-1][0]}, a use of {way[-1][1]}" if way else "The network")

    def _show_selection(self) -> None:
        self.canvas.blockSignals(True)
        self.canvas.show_selection(self.session.selection)
        self.canvas.blockSignals(False)
        self.viewport().update()
        nodes = self.session.selected_nodes()
        said = [self.canvas.nodes[node.id].look.said for node in nodes if node.id in self.canvas.nodes]
        self.say(
            ", ".join(said) + ", selected" if len(said) == 1 else f"{len(said)} nodes selected" if said else "Nothing selected"
        )

    def say(self, text: str) -> None:
        """Tell a screen reader what is under the keys."""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _on_scene_selection(self) -> None:
        self.session.select(self.canvas.selected_ids())

    def _recolor(self) -> None:
        for item in self.canvas.nodes.values():
            item.recolor()
        self.feed.refresh()
        self.viewport().update()

    def _reveal(self, ids: tuple[str, ...]) -> None:
        items = [item for id in ids if (item := self.canvas.item_of(id)) is not None]
        bounds = QRectF()
        for item in items:
            bounds |= item.sceneBoundingRect()
        seen = self.visible()
        if bounds.width() > seen.width() or bounds.height() > seen.height():
            self.zoom_to_fit(most=1.0)
        elif items and not seen.contains(bounds):
            self.ensureVisible(bounds, 40, 40)

    # Looking
    def world(self) -> QRectF:
        return self.canvas.world()

    def looked(self) -> None:
        self.map.update()
        self.feed.draw_new()

    def tidy(self) -> None:
        """Lay everything out in reading order, in as many rows as show it largest."""
        self.commands.tidy(self._room())
        self.zoom_to_fit(most=1.0)

    def _room(self) -> Size:
        return max(480.0, self.viewport().width()), max(240.0, self.viewport().height())

    def add_note(self) -> None:
        """Add a note in the lower left of the view and open it for typing."""
        made = self.commands.add_note(self.mapToScene(24, self.viewport().height() - 96))
        if made in self.canvas.notes:
            self.naming.edit(self.canvas.notes[made])

    def select_all(self) -> None:
        network = self.session.view.network
        self.session.select([*(n.id for n in network.nodes), *(k.id for k in network.links), *(n.id for n in network.notes)])

    def rename_selected(self) -> None:
        """Open the selected node's name, or the selected note's text, for typing."""
        chosen = [item for id in self.session.selection if isinstance(item := self.canvas.item_of(id), NodeItem | NoteItem)]
        if chosen:
            self.naming.edit(chosen[0])

    def start_wire(self) -> None:
        """Begin a wire at the selected node; arrows aim it, Enter makes it."""
        chosen = [self.canvas.nodes[node.id] for node in self.session.selected_nodes()]
        if chosen and chosen[-1].look.outs and self.gesture is None:
            self.setFocus()
            self.gesture = WireGesture(self, chosen[-1])
            self.gesture.sticky = True
            self.gesture.cycle(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_map()
        self.empty.setGeometry(self.viewport().rect())
        if self._fresh and self.canvas.nodes:
            self.show_project()

    # Pointer
    def port_under(self, at: QPointF) -> tuple[NodeItem, str, int] | None:
        """The port at a viewport position."""
        pos = self.mapToScene(at.toPoint())
        reach = max(14.0, 14.0 / self.zoom)
        for item in self.canvas.items(QRectF(pos.x() - reach, pos.y() - reach, 2 * reach, 2 * reach)):
            if isinstance(item, NodeItem) and (found := item.port_at(item.mapFromScene(pos))) is not None:
                return item, *found
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self.refusal.isVisible():
            self.refusal.dismiss()
        if event.button() == Qt.MouseButton.MiddleButton:
            self.start_pan(at)
            return
        if self.gesture is not None:
            self.gesture.move(at)
            self.gesture.finish() if event.button() == Qt.MouseButton.LeftButton else self.gesture.cancel()
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = at
            if self._grab_port(at) or self._grab_weights(at, event.modifiers()):
                return
        if event.button() == Qt.MouseButton.RightButton:
            self._select_under(at)
            return
        super().mousePressEvent(event)

    def _grab_port(self, at: QPointF) -> bool:
        found = self.port_under(at)
        if found is None:
            return False
        item, side, port = found
        if side == "out":
            self.gesture = WireGesture(self, item, output=port)
        else:
            wire = next((w for w in self.canvas.wires.values() if w.target is item and w.port == port), None)
            if wire is None:
                return False
            self.gesture = WireGesture(self, wire.source, wire.id, wire.output)
        self.gesture.move(at)
        return True

    def _grab_weights(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Take hold of a node's weights: at their handle, or anywhere on the node with Alt."""
        item = weights_under(self, at, anywhere=bool(modifiers & Qt.KeyboardModifier.AltModifier))
        if item is None:
            return False
        self.gesture = ShareGesture(self, item)
        self.gesture.move(at)
        return True

    def share_weights(self) -> None:
        """End the sharing of the selected node, share between two, or take hold of one's weights; arrows then aim, Enter shares."""
        if self.gesture is None and not self.commands.share():
            chosen = [item for node in self.session.selected_nodes() if (item := self.canvas.nodes.get(node.id)) is not None]
            if len(chosen) == 1 and chosen[0].look.weighty:
                self.setFocus()
                self.gesture = ShareGesture(self, chosen[0])
                self.gesture.sticky = True
                self.gesture.cycle(1)

    def _select_under(self, at: QPointF) -> None:
        item = self._known(self.itemAt(at.toPoint()))
        if item is not None and not item.isSelected():
            self.session.select((item.id,))

    def _known(self, item: QGraphicsItem | None) -> NodeItem | WireItem | NoteItem | None:
        return item if isinstance(item, NodeItem | WireItem | NoteItem) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer = event.position()
        if self.gesture is not None:
            self.gesture.move(event.position())
        else:
            super().mouseMoveEvent(event)
            self.port_names.hover(self.port_under(event.position()))
            weights_under(self, event.position(), tell=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            self._release_wire(event.position())
            return
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._finish_move()

    def _release_wire(self, at: QPointF) -> None:
        """A press and release on one spot leaves the wire at the pointer until the next click; a drag ends here."""
        gesture = self.gesture
        if gesture is None or gesture.sticky:
            return
        start = self._pressed_at or at
        if abs(at.x() - start.x()) + abs(at.y() - start.y()) <= STILL:
            gesture.sticky = True
        else:
            gesture.move(at)
            gesture.finish()

    def _finish_move(self) -> None:
        """Everything that was dragged becomes one edit."""
        network = self.session.view.network
        before = {node.id: node.position for node in network.nodes} | {note.id: note.position for note in network.notes}
        moved = {id: at for id, at in self.canvas.positions().items() if id in before and before[id] != at}
        if moved:
            self.commands.move({id: (round(x), round(y)) for id, (x, y) in moved.items()})

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self._known(self.itemAt(event.position().toPoint()))
        if item is None:
            self.open_quick_add(event.position())
        elif not (isinstance(item, NodeItem) and self.session.enter(item.id)) and isinstance(item, NodeItem | NoteItem):
            self.naming.edit(item)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.gesture is None:
            self.menu_asked.emit(event.globalPos())

    # Adding
    def open_quick_add(self, at: QPointF | None = None, text: str = "") -> None:
        """Open the quick list at a viewport position, the pointer's when none is given."""
        inside = QRectF(self.viewport().rect())
        self.pointer = at if at is not None else self.pointer
        if not inside.contains(self.pointer):
            self.pointer = inside.center()
        self._quick_spot = self.mapToScene(self.pointer.toPoint()) if at is not None else None
        self.quick.ask(self.pointer.toPoint(), text)

    _quick_spot: QPointF | None = None

    def _add_picked(self, kind: Kind) -> None:
        self.setFocus()
        self.commands.add_kind(kind, self._quick_spot)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(MIME))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(MIME))
        self._mark_drop(self.wire_at(event.position()))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark_drop(None)

    def dropEvent(self, event: QDropEvent) -> None:
        wire = self.wire_at(event.position())
        self._mark_drop(None)
        spec = from_mime(bytes(event.mimeData().data(MIME).data()), self.session.view)
        if spec is None:
            event.ignore()
            return
        at = self.mapToScene(event.position().toPoint())
        self.setFocus()
        if wire is not None:
            self.commands.add_to_wire(spec, wire.id, at)
        else:
            self.commands.add(spec, at)
        event.acceptProposedAction()

    def wire_at(self, at: QPointF) -> WireItem | None:
        """The wire at a viewport position."""
        pos = self.mapToScene(at.toPoint())
        near = self.canvas.items(QRectF(pos.x() - 8, pos.y() - 8, 16, 16))
        return next((item for item in near if isinstance(item, WireItem) and item.id), None)

    def _mark_drop(self, wire: WireItem | None) -> None:
        if wire is not self._drop_wire:
            for item, state in ((self._drop_wire, "idle"), (wire, "target")):
                if item is not None:
                    item.show_state(item.label, state, item.thickness)
            self._drop_wire = wire

    # Keys
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keys.press(event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.keys.claims(event):
            event.accept()
            return True
        return super().event(event)

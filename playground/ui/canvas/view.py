"""The canvas: pan, zoom, dotted ground, selection, moving, wiring and drops. It shows the session and asks `commands` for edits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)  # fmt: skip
from PySide6.QtWidgets import QGraphicsView, QWidget

from playground.ui.canvas.commands import CanvasCommands
from playground.ui.canvas.drops import CanvasDrops
from playground.ui.canvas.empty import EmptyCanvas
from playground.ui.canvas.feed import PreviewFeed
from playground.ui.canvas.gesture import Gesture
from playground.ui.canvas.keys import CanvasKeys
from playground.ui.canvas.looking import CanvasLooking
from playground.ui.canvas.naming import NameEditor
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import NoteItem
from playground.ui.canvas.pointer import CanvasPointer
from playground.ui.canvas.port_names import PortNames
from playground.ui.canvas.refusal import Refusal
from playground.ui.canvas.scene import CanvasScene
from playground.ui.canvas.zoom_view import ZoomView
from playground.ui.selected import selected_words
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import say


class CanvasView(ZoomView):
    """menu_asked(global point): a menu for the selection. edit_asked: Enter on a node, for its settings.

    put_away: puts away what lies over the canvas and is told by others; whether there was something. Escape asks it.
    """

    menu_asked = Signal(QPoint)
    edit_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.canvas = CanvasScene(self)
        self.adopt(self.canvas)
        self._configure()
        self.gesture: Gesture | None = None
        self.put_away: Callable[[], bool] = lambda: False
        self.port_names = PortNames(self.canvas)
        self.pointer = CanvasPointer(self)
        self.commands = CanvasCommands(session, self.canvas, self)
        self.keys = CanvasKeys(self)
        self.feed = PreviewFeed(self)
        self.refusal = Refusal(self)
        self.refusal.chosen.connect(session.mend)
        self.looking = CanvasLooking(self)
        self.empty = EmptyCanvas(self)
        self.drops = CanvasDrops(self)
        self.quick = self.drops.quick
        self.naming = NameEditor(self)
        self.commands.shown.connect(self.looking.reveal)
        self.commands.layer_wanted.connect(lambda: self.open_quick_add())
        self.commands.weights_wanted.connect(self.share_weights)
        self._listen()
        self.show_project()

    def _configure(self) -> None:
        self.setAccessibleName(say("Network canvas"))
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
        self.looking.map.stale()
        self.empty.setVisible(not project.network.nodes and not project.network.notes and not self.session.scope.path)
        self.looking.place_map()
        self.looking.fit_fresh()

    def show_labels(self, what: str) -> None:
        """Write "shape", "parameters" or "gradient" on the wires."""
        self.canvas.labels = what
        self.canvas.show_labels(self.session.view, self.session.seen, {})
        self.feed.draw()

    def _on_replaced(self) -> None:
        self.looking.renew()

    def _on_scope(self) -> None:
        self.looking.change_scope()
        way = self.session.scope.names(self.session.project)
        self.say(say("Inside {way}, a use of {way2}", way=way[-1][0], way2=way[-1][1]) if way else say("The network"))

    def _show_selection(self) -> None:
        self.canvas.blockSignals(True)
        self.canvas.show_selection(self.session.selection)
        self.canvas.blockSignals(False)
        self.viewport().update()
        nodes = self.session.selected_nodes()
        said = [self.canvas.nodes[node.id].look.said for node in nodes if node.id in self.canvas.nodes]
        self.say(
            say("{node}, selected", node=said[0])
            if len(said) == 1
            else say("{said_count} nodes selected", said_count=len(said))
            if said
            else selected_words(self.session)
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

    # Looking
    def world(self) -> QRectF:
        return self.canvas.world()

    def looked(self) -> None:
        self.looking.map.update()
        self.feed.draw_new()

    def tidy(self) -> None:
        """Lay everything out in reading order."""
        self.looking.tidy()

    def show_map(self, on: bool) -> None:
        """Show or hide the map."""
        self.looking.show_map(on)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.feed.refresh()
        self.looking.fit_fresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.rest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looking.resized(event.oldSize())
        self.looking.place_map()
        self.empty.setGeometry(self.viewport().rect())
        if self.looking.fresh and self.canvas.nodes:
            self.show_project()

    # Asked for by actions
    def add_note(self, at: QPointF | None = None) -> None:
        """Add a note at a point of the scene, or in the lower left of the view, and open it for typing."""
        made = self.commands.add_note(self.mapToScene(24, self.viewport().height() - 96) if at is None else at)
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
        self.pointer.start_wire()

    def share_weights(self) -> None:
        """End or begin the sharing of the selected node's weights."""
        self.pointer.share_weights()

    def open_quick_add(self, at: QPointF | None = None, text: str = "") -> None:
        """Open the quick list at a viewport position, the pointer's when none is given."""
        self.drops.open_quick_add(at, text)

    # Pointer, drags and keys
    def mousePressEvent(self, event: QMouseEvent) -> None:
        _extend(event)
        if not self.pointer.press(event):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        _extend(event)
        if not self.pointer.move(event):
            super().mouseMoveEvent(event)
            self.pointer.hover()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        _extend(event)
        if not self.pointer.release(event):
            super().mouseReleaseEvent(event)
            self.pointer.let_go(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointer.double_click(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.gesture is None:
            self.menu_asked.emit(event.globalPos())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.drops.enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.drops.move(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drops.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drops.drop(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keys.press(event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.keys.claims(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.keys.tab(event):
            return True
        return super().event(event)


def _extend(event: QMouseEvent) -> None:
    """Shift adds to the selection as Ctrl does, which alone Qt knows."""
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        event.setModifiers(event.modifiers() | Qt.KeyboardModifier.ControlModifier)

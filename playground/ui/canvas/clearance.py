"""Where something can lie over the canvas without hiding what a person looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from playground.ui.canvas.frame_item import FrameItem

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

REST_MS = 250


class Clearance(QObject):
    """rested: another part of the canvas has been in view for a moment, or something stands elsewhere in it, and no button is held."""

    rested = Signal()

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._rest)
        view.zoomed.connect(self._timer.start)
        for bar in (view.horizontalScrollBar(), view.verticalScrollBar()):
            bar.valueChanged.connect(lambda _: self._timer.start())
        view.session.project_changed.connect(self._timer.start)

    def _rest(self) -> None:
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._timer.start()
        else:
            self.rested.emit()

    def covered(self, place: QRect) -> float:
        """Square pixels of nodes, notes and the map under a rectangle of the view. Frames hold what counts by itself."""
        view, map = self.view, self.view.looking.map
        scene = view.mapToScene(place).boundingRect()
        items = [node.body().translated(node.pos()) for node in view.canvas.nodes.values()]
        items += [note.frame.translated(note.pos()) for note in view.canvas.notes.values() if not isinstance(note, FrameItem)]
        area = sum(_area(scene & item) for item in items) * view.zoom**2
        return area + (_area(QRectF(place & map.geometry())) if map.isVisible() else 0.0)


def _area(rect: QRectF) -> float:
    return rect.width() * rect.height() if rect.isValid() else 0.0

"""What lies beyond the rim of the canvas comes into view while something is dragged against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QMouseEvent

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

RIM = 24.0  # pixels along the rim in which a drag scrolls, the faster the further out
MOST = 12.0  # pixels of one tick
TICK_MS = 16
FREE = 24.0  # pixels that a drag which begins on the rim has to go before it scrolls


def held() -> bool:
    """Whether the left button is down; it may have come up over another window, of which the canvas hears nothing."""
    return bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)


class EdgeScroll(QObject):
    """Scrolls the view under a drag that stands still: of nodes, of a wire, of the rubber band."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self._from, self._at, self._free = QPointF(), QPointF(), False
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def on(self) -> bool:
        """Whether the view is being scrolled."""
        return self._timer.isActive()

    def begin(self, at: QPointF) -> None:
        """A button went down at a viewport position."""
        self._from, self._free = at, False

    def follow(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """What is dragged is here now."""
        self._at, self._modifiers = at, modifiers
        push = self._push()
        self._free |= push.isNull() or (at - self._from).manhattanLength() > FREE
        if push.isNull() or not self._free:
            self.stop()
        elif not self.on:
            self._timer.start()

    def stop(self) -> None:
        """The drag is over, or away from the rim."""
        self._timer.stop()

    def _drags(self) -> bool:
        """Something moves with the pointer; Escape may have let go of it."""
        view = self.view
        return view.gesture is not None or view.canvas.mouseGrabberItem() is not None or not view.rubberBandRect().isNull()

    def _push(self) -> QPointF:
        """Pixels to scroll by in a tick."""
        room = self.view.viewport().rect()
        return QPointF(_depth(self._at.x(), room.width()), _depth(self._at.y(), room.height())) * MOST

    def _tick(self) -> None:
        if not held() or not self.view.isVisible() or not self._drags():
            self.stop()
            return
        push, port = self._push(), self.view.viewport()
        self.view.pan(push.x(), push.y())
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        # what is dragged stays under the pointer
        moved = QMouseEvent(QEvent.Type.MouseMove, self._at, QPointF(port.mapToGlobal(self._at)), none, left, self._modifiers)
        QGuiApplication.sendEvent(port, moved)


def _depth(at: float, extent: int) -> float:
    """How far within the rim, -1 to 1; 0 elsewhere."""
    if extent < 4 * RIM:
        return 0.0
    return max(-1.0, min(0.0, (at - RIM) / RIM)) + min(1.0, max(0.0, (at - extent + RIM) / RIM))

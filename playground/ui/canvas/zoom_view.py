"""Looking at a scene: zoom about a point, pan, the dotted ground. It knows nothing of networks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from playground.ui.canvas.dots import Dots

LEAST_ZOOM, MOST_ZOOM = 0.05, 4.0
MARGIN = 16  # pixels that stay free round everything


class ZoomView(QGraphicsView):
    """zoomed: the scale changed. The scene belongs to the view, because Qt does not keep a Python one alive."""

    zoomed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pan_from: QPointF | None = None
        self._zooming = False
        self._dots = Dots()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.BoundingRectViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        flag = QGraphicsView.OptimizationFlag
        self.setOptimizationFlags(flag.DontSavePainterState | flag.DontAdjustForAntialiasing)

    def adopt(self, scene: QGraphicsScene) -> None:
        """Show a scene and keep it."""
        scene.setParent(self)
        self.setScene(scene)

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def world(self) -> QRectF:
        """Bounds of what there is; null for nothing."""
        raise NotImplementedError

    def looked(self) -> None:
        """Another part is seen now."""

    def visible(self) -> QRectF:
        """The part of the scene on screen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def shows_all(self) -> bool:
        """Whether everything is in view, so that a view of another size should show everything too."""
        return self.visible().contains(self.world())

    def zoom_about(self, zoom: float, at: QPointF) -> None:
        """Zoom about a viewport position; Qt's own anchor trusts a stale pointer."""
        kept = self.viewportTransform().inverted()[0].map(at)
        factor = min(MOST_ZOOM, max(LEAST_ZOOM, zoom)) / self.zoom
        self._zooming = True  # once is told, not for every scroll bar
        self.scale(factor, factor)
        off = self.viewportTransform().map(kept) - at
        self.pan(off.x(), off.y())
        self._zooming = False
        self.looked()
        self.zoomed.emit()

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the view."""
        self.zoom_about(self.zoom * factor, QPointF(self.viewport().rect().center()))

    def zoom_to_fit(self, most: float = 1.5) -> None:
        """Show everything, no larger than `most`."""
        room, world = self.viewport().rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN), self.world()
        if world.isNull():
            world = QRectF(room)
        zoom = min(max(room.width(), 1) / world.width(), max(room.height(), 1) / world.height(), most)
        self.zoom_about(zoom, QPointF(self.viewport().rect().center()))
        self.centerOn(world.center())

    def pan(self, dx: float, dy: float) -> None:
        """Move the view by viewport pixels."""
        for bar, step in ((self.horizontalScrollBar(), dx), (self.verticalScrollBar(), dy)):
            bar.setValue(bar.value() + round(step))

    def start_pan(self, at: QPointF) -> None:
        """The middle button went down."""
        self._pan_from = at
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is None:
            super().mouseMoveEvent(event)
            return
        step = event.position() - self._pan_from
        self._pan_from = event.position()
        self.pan(-step.x(), -step.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None and event.button() == Qt.MouseButton.MiddleButton:
            self._pan_from = None
            self.viewport().unsetCursor()
            return
        super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Plain wheel zooms at the pointer; with Shift or a sideways wheel it pans."""
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or (delta.x() and not delta.y()):
            self.pan(-(delta.x() or delta.y()), 0)
        else:
            self.zoom_about(self.zoom * 1.0015 ** delta.y(), event.position())
        event.accept()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if not self._zooming:
            self.looked()

    def drawBackground(self, p: QPainter, rect: QRectF | QRect) -> None:
        self._dots.draw(p, self)

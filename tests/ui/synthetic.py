"""Pointer and keys as events, sent where Qt would send them. The offscreen platform has no drag of its own."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from playground.core import registry
from playground.ui.canvas.view import CanvasView
from playground.ui.kinds import MIME

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


def mouse(
    view: QWidget, kind: QEvent.Type, at: QPointF | QPoint, button: Qt.MouseButton = LEFT, held: Qt.MouseButton | None = None,
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:  # fmt: skip
    """One mouse event to a view's viewport."""
    target = view.viewport() if isinstance(view, CanvasView) else view
    at = QPointF(at)
    down = held if held is not None else (NONE if kind == QEvent.Type.MouseButtonRelease else button)
    sent = NONE if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(kind, at, QPointF(target.mapToGlobal(at.toPoint())), sent, down, modifiers)
    QApplication.sendEvent(target, event)


def press(view: QWidget, at: QPointF | QPoint, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
    mouse(view, QEvent.Type.MouseButtonPress, at, modifiers=modifiers)


def move(view: QWidget, at: QPointF | QPoint, held: Qt.MouseButton = LEFT) -> None:
    mouse(view, QEvent.Type.MouseMove, at, held=held)


def release(view: QWidget, at: QPointF | QPoint) -> None:
    mouse(view, QEvent.Type.MouseButtonRelease, at)


def drag(view: QWidget, start: QPointF, end: QPointF) -> None:
    """Press, three moves, release; what takes the pointer on the way has it from then on."""
    press(view, start)
    for share in (0.3, 0.7, 1.0):
        to, at = holder(view, start + (end - start) * share)
        move(to, at)
    release(*holder(view, end))


def holder(view: QWidget, at: QPointF) -> tuple[QWidget, QPointF]:
    """Who has the pointer, and where it is for that widget."""
    taken = QWidget.mouseGrabber()
    return (view, at) if taken is None else (taken, QPointF(taken.mapFromGlobal(view.mapToGlobal(at))))


def click(view: QWidget, at: QPointF) -> None:
    press(view, at)
    release(view, at)


def double_click(view: QWidget, at: QPointF) -> None:
    click(view, at)
    mouse(view, QEvent.Type.MouseButtonDblClick, at)
    release(view, at)


def drop(view: CanvasView, kind: str, id: str, at: QPointF, target: QWidget | None = None) -> None:
    """What a drag from the palette delivers: enter, move, drop."""
    from playground.ui.kinds import kinds

    found = next(k for k in kinds() if k.spec is registry.find(kind, id))
    mime = QMimeData()
    mime.setData(MIME, found.mime())
    deliver(target or view.viewport(), mime, at)


def deliver(target: QWidget, mime: QMimeData, at: QPointF | QPoint) -> bool:
    """A drag enters a widget, moves, and is let go there, if it would be taken. Gives whether it was."""
    copy, at = Qt.DropAction.CopyAction, QPointF(at)
    enter = QDragEnterEvent(at.toPoint(), copy, mime, LEFT, PLAIN)
    over = QDragMoveEvent(at.toPoint(), copy, mime, LEFT, PLAIN)
    for event in (enter, over):
        QApplication.sendEvent(target, event)
    taken = enter.isAccepted() and over.isAccepted()
    QApplication.sendEvent(target, QDropEvent(at, copy, mime, LEFT, PLAIN) if taken else QDragLeaveEvent())
    return taken


def port(view: CanvasView, name: str, side: str, k: int = 0) -> QPointF:
    """A port of a named node, in viewport pixels."""
    item = next(item for item in view.canvas.nodes.values() if item.look.name == name)
    return QPointF(view.mapFromScene(item.mapToScene(item.port(side, k))))


def centre(view: CanvasView, name: str) -> QPointF:
    """A place on a named node's header, in viewport pixels."""
    item = next(item for item in view.canvas.nodes.values() if item.look.name == name)
    return QPointF(view.mapFromScene(item.mapToScene(QPointF(item.look.width / 2, 14))))

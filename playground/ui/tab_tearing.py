"""A tab dragged away from its bar takes its dock along, which floats under the pointer and can be dropped anywhere.

Qt does this by itself only with `QMainWindow.GroupedDragging`, which also joins floating docks that come to lie over one another in
windows of their own; where a dock is torn off over those, Qt 6 writes to memory that is no more. So the option stays off, and the
drag is handed from the bar to the dock, whose own dragging goes without such windows. Nor do tabs glide to their places (the theme
gives that no time): a bar that is filled anew meanwhile, as Qt does when docks come and go, would go on moving tabs that are no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMargins, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QTabBar, QWidget
from shiboken6 import Shiboken

if TYPE_CHECKING:
    from playground.ui.layouts import Dock

LEFT = Qt.MouseButton.LeftButton


class TabTearing(QObject):
    """Watches the tab bars of docks that share a place.

    docks: those of the window.  changing: whether docks have come or gone and Qt has not laid them out again.
    """

    def __init__(self, docks: Iterable[Dock], changing: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self.docks, self.changing = tuple(docks), changing
        self._held: Dock | None = None
        self._at, self._count = QPoint(), 0

    def watch(self, bar: QTabBar) -> None:
        """Look at what the pointer does there. Asking again changes nothing."""
        bar.installEventFilter(self)

    def dock_at(self, bar: QTabBar, tab: int) -> Dock | None:
        """The dock that a tab stands for: Qt keeps its address with the tab."""
        address = bar.tabData(tab)
        return next((dock for dock in self.docks if Shiboken.getCppPointer(dock)[0] == address), None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QTabBar) and isinstance(event, QMouseEvent):
            kind, at = event.type(), event.position().toPoint()
            if kind == QEvent.Type.MouseButtonPress:
                self._held = self.dock_at(watched, watched.tabAt(at)) if event.button() == LEFT else None
                self._at, self._count = at, watched.count()
            elif kind == QEvent.Type.MouseButtonRelease or not event.buttons() & LEFT:
                self._held = None
            elif self.changing() or watched.count() != self._count:
                # Qt would move the tab of a number that may be no more, or of a bar that is out of use, and come down.
                return True
            elif self._held is not None and not watched.rect().marginsAdded(around()).contains(at):
                self._tear(watched, self._held, event.globalPosition().toPoint())
                return True
        return super().eventFilter(watched, event)

    def _tear(self, bar: QTabBar, dock: Dock, pointer: QPoint) -> None:
        """Let the bar end its own drag, and begin that of the dock by its title."""
        send(bar, QEvent.Type.MouseButtonRelease, self._at)
        dock.setFloating(True)
        dock.title.collapse(False)
        # The next dock takes the place now: while one is dragged Qt would leave it empty.
        for layout in (bar.window().layout(), dock.layout()):
            if layout is not None:
                layout.activate()
        grip = QPoint(min(dock.width() // 2, 90), dock.title.geometry().center().y())
        dock.move(pointer - grip)
        send(dock, QEvent.Type.MouseButtonPress, grip)
        # Beyond the distance at which a drag begins: from here on the dock has the pointer, and comes back to it with the next move.
        send(dock, QEvent.Type.MouseMove, grip + QPoint(0, QApplication.startDragDistance() + 1))


def around() -> QMargins:
    """The room around a bar in which a tab is only moved among its like."""
    wide = 3 * (QApplication.startDragDistance() + 1)
    return QMargins(wide, wide, wide, wide)


def send(widget: QWidget, kind: QEvent.Type, at: QPoint) -> None:
    """A mouse event with the left button, at a place of the widget."""
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
    event = QMouseEvent(kind, QPointF(at), QPointF(widget.mapToGlobal(at)), button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)

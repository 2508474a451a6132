"""The time of the window's thread that a person asked for: what a key, a button or the wheel set off, up to the painting that follows."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QWindow

#: What a person does, as it reaches a window.
DEEDS = frozenset({
    QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick, QEvent.Type.MouseMove, QEvent.Type.Wheel,
    QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride, QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate,
    QEvent.Type.TouchEnd, QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease, QEvent.Type.DragMove, QEvent.Type.Drop,
})  # fmt: skip
#: Comes after what is posted meanwhile, but for painting.
LATER = QEvent.Type(QEvent.registerEventType())


class Asked(QObject):
    """Tells the seconds that each deed of a person took.

    Events come to a window first, whatever widget they are meant for. How long the widget takes is not told by any later event, so one of
    our own is posted. Layouts and painting that the widget asks for are posted behind that; the second one comes after them.
    """

    def __init__(self, parent: QObject, took: Callable[[float], object]) -> None:
        super().__init__(parent)
        self._took = took
        self._begun = 0.0
        self._rounds = 0
        self._listens = False

    def listen(self, wanted: bool) -> None:
        """Look at the program's events, or no longer: a look at each of them is not free."""
        app = QCoreApplication.instance()
        if wanted == self._listens or app is None:
            return
        self._listens = wanted
        if wanted:
            app.installEventFilter(self)
        else:
            app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QWindow) and not self._rounds and event.type() in DEEDS:
            self._begun, self._rounds = time.thread_time(), 2
            self._post()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() != LATER:
            return super().event(event)
        self._rounds -= 1
        if self._rounds:
            self._post()
        else:
            self._took(time.thread_time() - self._begun)
        return True

    def _post(self) -> None:
        QCoreApplication.postEvent(self, QEvent(LATER), Qt.EventPriority.LowEventPriority.value)

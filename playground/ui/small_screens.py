"""When a screen is small, and what its size allows: layouts as they were designed need more room than some screens have."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, QSize, Signal
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

#: Pixels that the desktop takes for the title bar of a window.
TITLE_BAR = 40
#: The least size in which a window holds every layout as it was designed, in every language.
DESIGNED_LEAST = QSize(1040, 600)
#: The least size of a window on a small screen: one of 960 × 540 less title bar and task bar.
SMALL_LEAST = QSize(960, 456)
#: What a dock has to show of its panel on a small screen; the rest scrolls.
DOCK_LEAST = QSize(240, 140)


def room_of(widget: QWidget) -> QSize:
    """What the screen of a widget leaves to a window, without its title bar."""
    return widget.screen().availableSize() - QSize(0, TITLE_BAR)


def is_small(room: QSize) -> bool:
    """Whether a window in that room cannot hold every layout as it was designed."""
    return room.width() < DESIGNED_LEAST.width() or room.height() < DESIGNED_LEAST.height()


def is_small_for(window: QWidget) -> bool:
    """Whether a window is bound to a small screen. One that is larger than its screen, as over two of them, has the room that it takes."""
    return is_small(room_of(window).expandedTo(window.size()))


class ScreenWatch(QObject):
    """changed: a window came to another screen, or that screen has another size or scale."""

    changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.window = window
        self._screen: QScreen | None = None

    def follow(self) -> None:
        """Watch the screen of the window, which has been shown."""
        handle = self.window.windowHandle()
        if self._screen is None and handle is not None:
            handle.screenChanged.connect(self._on_screen)
            self._watch(self.window.screen())

    def _watch(self, screen: QScreen) -> None:
        if self._screen is not None:
            self._screen.availableGeometryChanged.disconnect(self._on_size)
        self._screen = screen
        screen.availableGeometryChanged.connect(self._on_size)

    def _on_screen(self, screen: QScreen | None) -> None:
        if screen is not None:
            self._watch(screen)
            self.changed.emit()

    def _on_size(self, _: QRect) -> None:
        self.changed.emit()


class Scrolling(QScrollArea):
    """Around something that is larger than its place: it keeps its least size, and scrolls."""

    def __init__(self, inside: QWidget, least: QSize) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setMinimumSize(least)
        self.setWidget(inside)

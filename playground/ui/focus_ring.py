"""A frame around what has the keyboard and says so by no mark of its own: plots, lists, trees, tab bars, the canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractScrollArea, QTabBar, QWidget

from playground.ui.theme import theme

LINE = 2
HIGHEST_CONTROL = 40  # pixels: what is not higher draws its own mark
PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.MenuBarFocusReason)


class FocusRing(QWidget):
    """Lies over a widget until that loses the keyboard. It is nothing but its four edges, so that what is below paints as fast as ever."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.over = over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over.installEventFilter(self)
        self._fit()
        self.show()
        self.raise_()

    def _fit(self) -> None:
        whole = self.over.rect()
        self.setGeometry(whole)
        self.setMask(QRegion(whole) - QRegion(whole.adjusted(LINE, LINE, -LINE, -LINE)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        elif isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in PASSING:
            watched.removeEventFilter(self)
            self.hide()
            self.deleteLater()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("accent"))
        p.end()


def mark(widget: QWidget) -> None:
    """Frame what has the keyboard now, unless it draws a mark itself. Where a click put the keyboard, nobody looks for it."""
    plain = isinstance(widget, QAbstractScrollArea | QTabBar) or widget.height() > HIGHEST_CONTROL
    if plain and widget.hasFocus() and widget.findChild(FocusRing, options=Qt.FindChildOption.FindDirectChildrenOnly) is None:
        FocusRing(widget)

"""Tabs above the pages of a dialog: plain buttons with a line under the one that is chosen; arrow keys move between them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from playground.ui.painting import CENTRE, box, put, rule, width_of
from playground.ui.theme import theme

HEIGHT = 34


class Tab(QAbstractButton):
    """One tab."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(round(width_of(text, 12, True)) + 28, HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # the strip turns
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, on = QPainter(self), QRectF(self.rect()), self.isChecked()
        if self.underMouse() and not on:
            p.fillRect(r, theme().color("accentsoft"))
        if self.hasFocus():
            box(p, r.adjusted(3, 4, -3, -5), 4, None, theme().color("accent"), 1.5)
        put(p, r, self.text(), 12, "text" if on else "text2", on, CENTRE)
        if on:
            p.fillRect(QRectF(0, r.bottom() - 2, r.width(), 2), theme().color("accent"))
        p.end()


class TabStrip(QWidget):
    """A row of tabs. chosen(place): a person chose another."""

    chosen = Signal(int)

    def __init__(self, texts: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.tabs = [Tab(text) for text in texts]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for place, tab in enumerate(self.tabs):
            tab.clicked.connect(lambda _=False, place=place: self.choose(place))
            row.addWidget(tab)
        row.addStretch(1)
        self.tabs[0].setChecked(True)

    @property
    def place(self) -> int:
        """Of the chosen tab."""
        return next(at for at, tab in enumerate(self.tabs) if tab.isChecked())

    def choose(self, place: int) -> None:
        self.tabs[place].setChecked(True)
        self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        place = (self.place + by) % len(self.tabs)
        self.tabs[place].setFocus()
        self.choose(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        rule(p, 0, self.height() - 1, self.width())
        p.end()

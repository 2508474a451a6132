"""A dock's title: icon, name, a few words, and a pin that floats it. Among tabs it takes no room, because the tab says it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QHBoxLayout, QWidget

from playground.ui.painting import RIGHT, box, put, rule, stamp, width_of
from playground.ui.theme import theme
from playground.words import say

HEIGHT = 28


class PinButton(QAbstractButton):
    """Tears the dock off, or puts it back."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__()
        self.setFixedSize(26, 26)
        self.setText(say("Float or dock {windowtitle}", windowtitle=dock.windowTitle()))
        self.setToolTip(say("Float or dock this panel"))
        self.setAccessibleName(self.text())
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        if self.underMouse() or self.hasFocus():
            edge = theme().color("accent") if self.hasFocus() else None
            box(p, QRectF(self.rect()).adjusted(2, 2, -2, -2), 4, theme().color("accentsoft"), edge, 2)
        stamp(p, 13, 13, "pin", "text2", 15)
        p.end()


class TitleBar(QWidget):
    """Drawn for a dock that stands alone or floats."""

    def __init__(self, dock: QDockWidget, icon: str) -> None:
        super().__init__(dock)
        self.dock, self.glyph, self.note = dock, icon, ""
        self.collapsed = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 2, 1)
        row.addStretch()
        self.pin = PinButton(dock)
        row.addWidget(self.pin)

    def collapse(self, on: bool) -> None:
        """Take no room, while the dock is one of several tabs."""
        if on != self.collapsed:
            self.collapsed = on
            self.pin.setVisible(not on)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(60, 0 if self.collapsed else HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.collapsed:
            return
        p, wide = QPainter(self), float(self.width())
        p.fillRect(self.rect(), theme().color("panel"))
        rule(p, 0, HEIGHT - 1, wide)
        stamp(p, 18, 14, self.glyph, "text", 16)
        put(p, QRectF(31, 0, wide - 60, HEIGHT), self.dock.windowTitle(), 12, "text", True)
        if self.note:
            room = QRectF(31 + width_of(self.dock.windowTitle(), 12, True) + 24, 0, 0, HEIGHT)
            room.setRight(wide - 32)
            put(p, room, say(self.note), 11, "text2", how=RIGHT)
            stamp(p, room.right() - width_of(say(self.note), 11) - 9, 14, "bolt", "accent", 11)
        p.end()

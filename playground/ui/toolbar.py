"""The toolbar: actions as painted buttons, and what to train as five pickers whose choice is an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QWidget

from playground.ui.actions import ActionSet
from playground.ui.painting import Painted, box, put, rule, stamp, width_of
from playground.ui.pickers import PICKERS, Picker
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

HEIGHT = 48


class ActionButton(QAbstractButton):
    """A button that is an action: its text, icon, switch and availability follow it.

    look: "icon", "quiet" (icon and text) or "primary" (the one filled button, 92 wide).
    """

    def __init__(self, action: QAction, icon: str, look: str = "icon") -> None:
        super().__init__()
        self.action_shown, self.glyph, self.look = action, icon, look
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(action.trigger)
        action.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Take text and availability from the action."""
        self.setText(self.action_shown.text())
        self.setToolTip(self._tip())
        self.setAccessibleName(self.action_shown.text())
        self.setEnabled(self.action_shown.isEnabled())
        self.updateGeometry()
        self.update()

    def _tip(self) -> str:
        keys = self.action_shown.shortcut().toString()
        return f"{self.text()} ({keys})" if keys else self.text()

    def sizeHint(self) -> QSize:
        if self.look == "primary":
            return QSize(92, 32)
        if self.look == "icon":
            return QSize(32, 32)
        return QSize(round(width_of(self.text(), 12)) + 42, 32)

    def icon_now(self) -> str:
        """The primary button shows what it would do."""
        if self.look != "primary":
            return self.glyph
        return "pause" if self.text() == "Pause" else "play"

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, on = QPainter(self), QRectF(self.rect()), self.isEnabled()
        primary = self.look == "primary"
        ink = ("onaccent" if primary else "text") if on else "disabled"
        if primary:
            box(p, r, 5, theme().color("accent") if on else theme().color("base"), None if on else theme().color("border"))
        elif on and (self.underMouse() or self.isDown()):
            box(p, r, 5, theme().color("accentsoft"), None)
        if self.hasFocus():
            box(
                p,
                r.adjusted(2, 2, -2, -2) if primary else r,
                4,
                None,
                theme().color("onaccent" if primary and on else "accent"),
                2,
            )
        if self.look == "icon":
            stamp(p, r.center().x(), r.center().y(), self.glyph, "text2" if on else "disabled", 18)
        else:
            wide = width_of(self.text(), 12, primary) + 24
            x = (r.width() - wide) / 2
            stamp(p, x + 8, r.center().y(), self.icon_now(), ink if primary else "text2" if on else "disabled", 16)
            put(p, QRectF(x + 24, 0, wide, r.height()), self.text(), 12, ink, primary)
        p.end()


class Rule(Painted):
    """A line between groups of buttons."""

    def __init__(self) -> None:
        super().__init__(HEIGHT, 14)

    def draw(self, p: QPainter, r: QRectF) -> None:
        p.fillRect(QRectF(7, 11, 1, r.height() - 22), theme().color("border"))


class PickerButton(QAbstractButton):
    """A caption over its value; a press opens the choices."""

    def __init__(self, picker: Picker, window: MainWindow) -> None:
        super().__init__()
        self.picker, self.window_shown = picker, window
        self.value = ""
        self.setFixedHeight(36)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.choose)

    def refresh(self) -> None:
        """Show the project's value."""
        value = self.picker.value(self.window_shown.session)
        self.setEnabled(self.picker.enabled(self.window_shown.session))
        if value != self.value:
            self.value = value
            self.setText(value)
            self.setAccessibleName(f"{self.picker.caption}: {value}")
            self.setToolTip(f"{self.picker.help}")
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wide = max(width_of(self.value, 12), width_of(self.picker.caption, 10))
        return QSize(round(min(max(wide + 42, 66), 176)), 36)

    def minimumSizeHint(self) -> QSize:
        return QSize(62, 36)

    def choose(self) -> None:
        """Open the choices below the button."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        self.picker.fill(menu, self.window_shown)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, on = QPainter(self), QRectF(self.rect()), self.isEnabled()
        lit = self.hasFocus()
        edge = "accent" if lit else "strong" if on and self.underMouse() else "border"
        box(p, r, 4, theme().color("base"), theme().color(edge), 2 if lit else 1)
        put(p, QRectF(9, 3, r.width() - 12, 14), self.picker.caption, 10, "text2" if on else "disabled")
        put(p, QRectF(9, 16, r.width() - 32, 17), self.value, 12, "text" if on else "disabled")
        stamp(p, r.right() - 13, 18, "down", "text2" if on else "disabled", 13)
        p.end()


class Toolbar(QWidget):
    """Start, Open, Save | Undo, Redo | Data, Loss, Optimizer, Schedule, Batch … Find rate | Train, Step, Stop, Reset."""

    def __init__(self, window: MainWindow, actions: ActionSet) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(9, 0, 8, 0)
        row.setSpacing(4)
        icons = ("home", "open", "save", "undo", "redo")
        buttons = [
            ActionButton(actions[id], icon) for id, icon in zip(("start", "open", "save", "undo", "redo"), icons, strict=True)
        ]
        self.pickers = [PickerButton(picker, window) for picker in PICKERS]
        self.train = ActionButton(actions["train"], "play", "primary")
        for part in (*buttons[:3], Rule(), *buttons[3:], Rule(), *self.pickers):
            row.addWidget(part)
        row.addStretch()
        self.rate = ActionButton(actions["find_rate"], "finder", "quiet")
        for part in (self.rate, Rule(), self.train):
            row.addWidget(part)
        for id, icon in (("step", "step"), ("stop", "stop"), ("reset", "reset")):
            row.addWidget(ActionButton(actions[id], icon))

    def refresh(self) -> None:
        """Take the project's values."""
        for picker in self.pickers:
            picker.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("panel"))
        rule(p, 0, 0, self.width())
        rule(p, 0, self.height() - 1, self.width())
        p.end()

"""The toolbar: actions as painted buttons, and what to train as five pickers whose choice is an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QWidget

from playground.ui.action_button import ActionButton
from playground.ui.actions import ACTIONS, ActionSet
from playground.ui.painting import Painted, box, put, rule, stamp, width_of
from playground.ui.pickers import PICKERS, Picker
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

__all__ = ["ActionButton", "PickerButton", "Toolbar"]

HEIGHT = 48
LEFT = 300  # actions below this number stand left of the pickers


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
            self.setAccessibleName(strung((say(self.picker.caption), value), ": "))
            self.setToolTip(say(self.picker.help))
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wide = max(width_of(self.value, 12), width_of(say(self.picker.caption), 10))
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
        put(p, QRectF(9, 3, r.width() - 12, 14), say(self.picker.caption), 10, "text2" if on else "disabled")
        put(p, QRectF(9, 16, r.width() - 32, 17), self.value, 12, "text" if on else "disabled")
        stamp(p, r.right() - 13, 18, "down", "text2" if on else "disabled", 13)
        p.end()


class Toolbar(QWidget):
    """Actions that have a number for it, left | Data, Loss, Optimizer, Schedule, Batch … the other such actions, right."""

    def __init__(self, window: MainWindow, actions: ActionSet) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(9, 0, 8, 0)
        row.setSpacing(4)
        shown = sorted((action for action in ACTIONS if action.tool), key=lambda action: action.tool)
        self.buttons = {action.id: ActionButton(actions[action.id], action.icon, action.look) for action in shown}
        self.pickers = [PickerButton(picker, window) for picker in PICKERS]
        self.train, self.rate = self.buttons["train"], self.buttons["find_rate"]
        self._quiet = [button for button in self.buttons.values() if button.look == "quiet"]
        section = 0
        for action in [action for action in shown if action.tool < LEFT]:
            section = self._part(row, action.tool, section, self.buttons[action.id])
        row.addWidget(Rule())
        for picker in self.pickers:
            row.addWidget(picker)
        row.addStretch()
        section = 0
        for action in [action for action in shown if action.tool >= LEFT]:
            section = self._part(row, action.tool, section, self.buttons[action.id])

    def _part(self, row: QHBoxLayout, tool: int, before: int, button: ActionButton) -> int:
        """Add a button, after a line where a new hundred begins; gives its hundred."""
        if before and tool // 100 != before:
            row.addWidget(Rule())
        row.addWidget(button)
        return tool // 100

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least(bare=True), HEIGHT)

    def _least(self, *, bare: bool) -> int:
        """Least width with the quiet buttons as icons, or with their words."""
        row = self.layout()
        assert row is not None
        return row.totalMinimumSize().width() + sum(each.wide(bare) - each.sizeHint().width() for each in self._quiet)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Where the words of the quiet buttons have no room, their icons stand alone."""
        bare = self._least(bare=False) > self.width()
        for button in self._quiet:
            button.fold(bare)

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

"""The command palette: a few letters find any action, panel, node, layer, setting or recent project, and Enter does it.

It lies over the window, is worked by the keyboard alone, and says of what is not possible now why it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from playground.ui.commands import Command, commands, ranked, recent_ids, remember
from playground.ui.focus_order import give_keyboard
from playground.ui.painting import RIGHT, box, chip, put, rule, stamp, width_of
from playground.ui.setting_commands import setting_commands
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

ROLE = Qt.ItemDataRole.UserRole
ROW, WIDTH, MOST_SHOWN, MOST_ROWS, FOOT = 28, 600, 12, 60, 26


class CommandRow(QStyledItemDelegate):
    """Icon, title, a few words, shortcut; a command that is not possible is drawn as disabled."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(self, p: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        command: Command = index.data(ROLE)
        r, on = QRectF(option.rect), not command.why
        if option.state & QStyle.StateFlag.State_Selected:
            box(p, r.adjusted(4, 1, -4, -1), 4, theme().color("accentsoft"), None)
        if command.ink.startswith("c_") and on:
            chip(p, 11, r.y() + 4, 20, command.icon, command.ink, "panel")
        else:
            stamp(p, 21, r.center().y(), command.icon, "text2" if on else "disabled", 16)
        title = width_of(command.title)
        put(p, r.adjusted(40, 0, -12, 0), command.title, 12, "text" if on else "disabled")
        right = r.right() - 12
        if command.keys:
            wide = width_of(command.keys, 10) + 10
            cap = QRectF(right - wide, r.y() + 6, wide, ROW - 12)
            box(p, cap, 3, None, theme().color("border"))
            put(p, cap.adjusted(5, 0, 0, 0), command.keys, 10, "text2" if on else "disabled")
            right -= wide + 10
        if right - 40 - title > 40:
            put(p, QRectF(56 + title, r.y(), right - 56 - title, ROW), command.tail, 10, "text3" if on else "disabled", how=RIGHT)


class CommandPalette(QFrame):
    """Made once for a window, on first use. `ask` opens it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window_shown = window
        self.found: list[Command] = []
        self.recent: list[str] = []
        self._before: QWidget | None = None
        self.hide()
        self.setAccessibleName(say("Command palette"))
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(say("Find a command, node, layer or panel, or type: set batch 64"))
        self.field.setAccessibleName(say("Find a command"))
        self.field.setFixedHeight(32)
        self.field.setTextMargins(34, 0, 8, 0)
        self.rows = QListWidget(self)
        self.rows.setAccessibleName(say("Commands found"))
        self.rows.setItemDelegate(CommandRow(self.rows))
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self.rows.setUniformItemSizes(True)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.viewport().setAutoFillBackground(False)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 5, 1, FOOT)
        column.setSpacing(3)
        column.addWidget(self.field)
        column.addWidget(self.rows)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.rows.itemClicked.connect(self._choose)
        self.rows.currentRowChanged.connect(lambda _: self._tell())
        window.installEventFilter(self)

    def ask(self, text: str = "") -> None:
        """Open with what was typed already; the keyboard goes back to where it was afterwards."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.found, self.recent = commands(self.window_shown), recent_ids()
        self.field.setText(text)
        self._filter(text)
        self.show()
        self.raise_()
        give_keyboard(self.field, Qt.FocusReason.PopupFocusReason)

    @property
    def current(self) -> Command | None:
        """The marked command."""
        item = self.rows.currentItem()
        return item.data(ROLE) if item is not None else None

    def titles(self) -> list[str]:
        """What is shown, from the top."""
        return [self.rows.item(at).text() for at in range(self.rows.count())]

    def _filter(self, text: str) -> None:
        set_by_words = setting_commands(self.window_shown.session, text)
        others = ranked(text, self.found, self.recent)
        words = text.replace("=", " ").split()
        sure = bool(words) and (words[0].casefold() in ("set", say("set").casefold()) or not others)
        shown = [*set_by_words, *others] if sure else [*others[:MOST_SHOWN], *set_by_words, *others[MOST_SHOWN:]]
        self.rows.clear()
        for command in shown[:MOST_ROWS]:
            item = QListWidgetItem(command.title)
            item.setData(ROLE, command)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, _said(command))
            self.rows.addItem(item)
        self.rows.setCurrentRow(0)
        self._place()
        self._tell()

    def _place(self) -> None:
        room = self.window_shown.size()
        rows = max(1, min(MOST_SHOWN, self.rows.count(), (room.height() - 160) // ROW))
        self.resize(min(WIDTH, room.width() - 24), 41 + ROW * rows + FOOT + 3)
        self.move((room.width() - self.width()) // 2, min(84, max(0, room.height() - self.height() - 8)))

    def _tell(self) -> None:
        """Say the marked command to a screen reader, since the keyboard stays in the field."""
        command = self.current
        text = _said(command) if command is not None else say("No command matches {typed}", typed=self.field.text())
        if text != self.field.accessibleDescription():
            self.field.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self.field, QAccessible.Event.DescriptionChanged))
        self.update()

    def _choose(self, item: QListWidgetItem | None) -> None:
        command: Command | None = item.data(ROLE) if item is not None else None
        if command is None or command.why:
            return  # the foot says why
        if command.fills:
            self.field.setText(command.fills)
            self.field.setFocus()
            return
        self._leave()
        remember(command.id)
        QTimer.singleShot(0, self, command.run)  # once the key is dealt with: it may put away all that the key went through

    def _leave(self) -> None:
        """Put it away and give the keyboard back."""
        self.hide()
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            give_keyboard(before, Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.window_shown:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        elif event.type() == QEvent.Type.FocusOut and QApplication.activePopupWidget() is None:
            self.hide()
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: MOST_SHOWN, Qt.Key.Key_PageUp: -MOST_SHOWN}
        last = self.rows.count() - 1
        if key in steps:
            at = self.rows.currentRow() + steps[key]
            if abs(steps[key]) == 1:  # round the ends, so that the last is one key away
                at = 0 if at > last else last if at < 0 else at
            self.rows.setCurrentRow(max(0, min(last, at)))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.rows.currentItem())
            return True
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            command = self.current
            if command is not None and command.fills:
                self.field.setText(command.fills)
            return True
        if key == Qt.Key.Key_Escape:
            self._leave()
            return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        box(p, r, 6, theme().color("panel"), theme().color("strong"))
        field = QRectF(self.field.geometry()).adjusted(7, 1, -7, -1)
        box(p, field, 4, theme().color("base"), theme().color("accent"), 2)
        stamp(p, field.x() + 17, field.center().y(), "search", "text2")
        foot = QRectF(12, r.bottom() - FOOT, r.width() - 24, FOOT)
        rule(p, 1, foot.y(), r.width() - 2)
        command = self.current
        if command is None:
            put(p, QRectF(14, 42, r.width() - 28, ROW), say("No command matches {typed}", typed=self.field.text()), 12, "text2")
        elif command.why:
            stamp(p, foot.x() + 6, foot.center().y(), "info", "warn", 13)
            put(p, foot.adjusted(18, 0, 0, 0), command.why, 11, "text2")
        else:
            put(p, foot, say("Enter chooses, arrows move, Esc closes"), 11, "text3")
        p.end()


def _said(command: Command) -> str:
    """A command for a screen reader."""
    return strung(part for part in (command.title, command.tail, command.keys, command.why) if part)

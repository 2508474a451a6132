"""The list of shortcuts, where each can be changed: press the keys, see who has them already, take them or choose others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from playground.ui import keymap
from playground.ui.actions import ACTIONS, MENUS, Action
from playground.ui.dialogs.sheet import Sheet
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.text import Label
from playground.ui.panels.data_rows import FlatHeader, PaddedCells
from playground.ui.shortcuts import BY_HAND
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

ROLE = Qt.ItemDataRole.UserRole
_BY_ID = {action.id: action for action in ACTIONS}
_MODIFIER_KEYS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_unknown)
_LEAVING = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape)


class KeyField(LineField):
    """Shows the keys that were pressed last. pressed(keys): a combination; left(): Esc. Tab moves the focus on as everywhere."""

    pressed = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__(width=150, hint=say("Press the keys"))
        self.setReadOnly(True)
        self.setAccessibleName(say("New keys"))
        self.setAccessibleDescription(say("Press the combination of keys. Tab moves on, Esc goes back."))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # else the keys would do what they do now
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Escape and plain:
            self.left.emit()
        elif key in _LEAVING and plain:
            super().keyPressEvent(event)
        elif key not in _MODIFIER_KEYS:
            keys = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
            self.setText(keys)
            self.pressed.emit(keys)


class ShortcutEditor(Sheet):
    """Every action by menu, its keys, and at the foot of the list a field that takes others."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__("info", say("Keyboard shortcuts"), (640, 700), window)
        self.window_shown = window
        self.search = LineField(icon="search", hint=say("Search actions or keys"))
        self.search.setAccessibleName(say("Search actions or keys"))
        self.table = self._made_table()
        self.field, self.what, self.state = KeyField(), Label("", 12, "text", True), Label("", 11, "text2", wraps=True)
        self.state.setMinimumHeight(32)
        self.use, self.remove = Button(say("Use these keys"), "primary"), Button(say("No keys"), "secondary")
        self.again = Button(say("Reset"), "secondary", "reset")
        self.body.addWidget(self._assembled())
        self.all_again, self.leave = self.button(say("Reset all")), self.button(say("Close"))
        self.wanted = ""
        self.search.textChanged.connect(self.fill)
        self.table.currentItemChanged.connect(lambda *_: self._show_action())
        self.table.itemActivated.connect(lambda _: self.field.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self.field.pressed.connect(self._want)
        self.field.left.connect(lambda: self.table.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self.use.clicked.connect(self._use)
        self.remove.clicked.connect(lambda: self._choose(""))
        self.again.clicked.connect(self._reset)
        self.all_again.clicked.connect(self._reset_all)
        self.leave.clicked.connect(self.close)
        self.fill()
        theme().changed.connect(self.fill)
        self.table.setFocus()

    def _made_table(self) -> QTableWidget:
        table = QTableWidget(0, 3)
        table.setHorizontalHeader(FlatHeader(Qt.Orientation.Horizontal))
        table.setItemDelegate(PaddedCells(table))
        table.setHorizontalHeaderLabels([say("Menu"), say("Action"), say("Keys")])
        table.setAccessibleName(say("Keyboard shortcuts"))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setHighlightSections(False)
        table.setColumnWidth(0, 84)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(28)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        return table

    def _assembled(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(8)
        for part in (self.field, self.use, self.remove, self.again):
            line.addWidget(part)
        line.addStretch(1)
        column.addWidget(self.search)
        column.addWidget(self.table)
        column.addWidget(self.what)
        column.addLayout(line)
        column.addWidget(self.state)
        return page

    @property
    def action(self) -> Action | None:
        """The action of the marked row; None for what has fixed keys."""
        item = self.table.item(self.table.currentRow(), 1)
        return _BY_ID.get(item.data(ROLE)) if item is not None else None

    def mark(self, id: str) -> None:
        """Mark an action's row."""
        for at in range(self.table.rowCount()):
            item = self.table.item(at, 1)
            if item is not None and item.data(ROLE) == id:
                self.table.setCurrentCell(at, 1)

    def fill(self, *_: object) -> None:
        """Show what the search means, the marked action still marked."""
        kept, mine = self.action, keymap.chosen()
        wanted = self.search.text().casefold()
        lines = [
            (say(action.menu), say(action.text).rstrip("…"), keymap.keys_of(action, mine), action)
            for action in sorted(ACTIONS, key=lambda action: (*MENUS, "").index(action.menu))
        ] + [(say(menu), say(what), say(keys), None) for menu, what, keys in BY_HAND]
        lines = [line for line in lines if any(wanted in text.casefold() for text in line[:3])]
        self.table.blockSignals(True)
        self.table.setRowCount(len(lines))
        for at, (menu, what, keys, action) in enumerate(lines):
            for column, text in enumerate((menu, what, keys)):
                item = QTableWidgetItem(text)
                if column == 1:
                    item.setData(ROLE, action.id if action is not None else "")
                if action is None or column == 0:
                    item.setForeground(theme().color("text3"))
                if action is not None and keys != action.shortcut and column == 2:
                    item.setFont(theme().font(12, True))
                    item.setToolTip(say("Changed; it was {keys}", keys=action.shortcut or say("none")))
                self.table.setItem(at, column, item)
        self.table.blockSignals(False)
        self.table.setCurrentCell(0, 1)
        if kept is not None:
            self.mark(kept.id)
        self._show_action()

    def _show_action(self) -> None:
        action = self.action
        self.wanted = ""
        self.field.clear()
        self.field.setEnabled(action is not None)
        keys = keymap.keys_of(action) if action is not None else ""
        self.remove.setEnabled(bool(keys))
        self.again.setEnabled(action is not None and keys != action.shortcut)
        self.what.show_text(say(action.text).rstrip("…") if action is not None else say("These keys are fixed."))
        self._judge()

    def _want(self, keys: str) -> None:
        self.wanted = keys
        self._judge()

    def _judge(self) -> None:
        """Say whether the pressed keys can be had, and from whom they would be taken."""
        action = self.action
        self.use.show_text(say("Use these keys"))
        wrong = keymap.refusal(self.wanted) if self.wanted else ""
        other = keymap.holder(self.wanted, action, ACTIONS) if action is not None and self.wanted and not wrong else None
        self.field.refuse(bool(wrong) or other is not None)
        self.use.setEnabled(bool(action is not None and self.wanted and not wrong))
        text = wrong
        if other is not None:
            text = say("{keys} belongs to {other}.", keys=self.wanted, other=say(other.text).rstrip("…"))
            self.use.show_text(say("Take them from {other}", other=say(other.text).rstrip("…")))
        elif not wrong and self.wanted and action is not None and self.wanted == keymap.keys_of(action):
            text = say("It has these keys already.")
            self.use.setEnabled(False)
        elif not wrong and self.wanted:
            text = say("{keys} is free.", keys=self.wanted)
        elif action is not None and not text:
            text = say("Enter on a row, then press the keys that it is to have.")
        self.state.show_text(text, "error" if wrong else "warn" if other is not None else "text2")
        self.field.setAccessibleDescription(text)

    def _use(self) -> None:
        action = self.action
        if action is None or not self.wanted:
            return
        other = keymap.holder(self.wanted, action, ACTIONS)
        if other is not None:
            keymap.choose(other, "")
        self._choose(self.wanted)

    def _choose(self, keys: str) -> None:
        if self.action is not None:
            keymap.choose(self.action, keys)
            self._changed()

    def _reset(self) -> None:
        """The keys of the table again; who took them meanwhile loses them."""
        action = self.action
        if action is not None:
            other = keymap.holder(action.shortcut, action, ACTIONS)
            if other is not None:
                keymap.choose(other, "")
            keymap.reset(action)
            self._changed()

    def _reset_all(self) -> None:
        keymap.reset_all()
        self._changed()

    def _changed(self) -> None:
        """Every window's actions take their keys anew."""
        from playground.ui.actions import ActionSet

        for made in self.window_shown.findChildren(ActionSet):
            made.bind()
        self.fill()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

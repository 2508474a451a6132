"""Shortcuts that are changed: menus, tool tips and lists follow, conflicts are named, nothing that is typed is taken away."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.ui import keymap, settings
from playground.ui.actions import ACTIONS, Action
from playground.ui.dialogs.start import Start
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from playground.ui.shortcut_editor import ShortcutEditor
from playground.ui.shortcuts import rows
from tests.ui.conftest import settle

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip


def action(id: str) -> Action:
    return next(found for found in ACTIONS if found.id == id)


@pytest.fixture
def editor(window: MainWindow) -> ShortcutEditor:
    window.actions_made["shortcuts"].trigger()
    return window.findChildren(ShortcutEditor)[0]


def press(editor: ShortcutEditor, qtbot: QtBot, id: str, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    """By keys alone: Enter on the row, the combination, Tab to the button, Space."""
    editor.mark(id)
    qtbot.keyClick(editor.table, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is editor.field
    qtbot.keyClick(editor.field, key, modifiers)


def test_every_action_is_listed(editor: ShortcutEditor) -> None:
    shown = [editor.table.item(at, 1).data(Qt.ItemDataRole.UserRole) for at in range(editor.table.rowCount())]
    assert {id for id in shown if id} == {found.id for found in ACTIONS}
    editor.close()


def test_free_keys_are_taken_and_everything_follows(
    editor: ShortcutEditor, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    press(editor, qtbot, "tidy", Qt.Key.Key_J, CTRL | ALT)
    assert editor.state.text() == "Ctrl+Alt+J is free."
    qtbot.keyClick(editor.field, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is editor.use
    qtbot.keyClick(editor.use, Qt.Key.Key_Space)
    made = window.actions_made["tidy"]
    assert made.shortcut() == QKeySequence("Ctrl+Alt+J")
    assert made.toolTip() == "Lay out (Ctrl+Alt+J)"
    assert ("Network", "Lay out", "Ctrl+Alt+J") in rows()
    assert settings.word("keys/tidy", "") == "Ctrl+Alt+J"
    editor.close()
    settle()
    window.canvas.commands.add(registry.find("layer", "dense")())
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.canvas, timeout=3000)
    with qtbot.assertNotEmitted(made.triggered):
        qtbot.keyClick(window.canvas, Qt.Key.Key_L, CTRL | SHIFT)
    with qtbot.waitSignal(made.triggered, timeout=2000):
        qtbot.keyClick(window.canvas, Qt.Key.Key_J, CTRL | ALT)


def test_buttons_and_tabs_follow(editor: ShortcutEditor, window: MainWindow, qtbot: QtBot) -> None:
    press(editor, qtbot, "train", Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    editor.use.click()
    assert window.tools.train.toolTip().splitlines()[0] == "Train (F9)"
    press(editor, qtbot, "train_layout", Qt.Key.Key_7, ALT)
    editor.use.click()
    from playground.ui.tabs import LayoutTab

    tab = next(tab for tab in window.findChildren(LayoutTab) if tab.text() == "Train")
    assert tab.toolTip() == "Train layout (Alt+7)"
    editor.close()


def test_a_conflict_is_named_and_the_keys_can_be_taken(editor: ShortcutEditor, window: MainWindow, qtbot: QtBot) -> None:
    press(editor, qtbot, "about", Qt.Key.Key_S, CTRL)
    assert editor.state.text() == "Ctrl+S belongs to Save."
    assert editor.use.text() == "Take them from Save"
    editor.use.click()
    assert window.actions_made["about"].shortcut() == QKeySequence("Ctrl+S")
    assert window.actions_made["save"].shortcut().isEmpty()
    assert window.actions_made["save"].toolTip() == "Save"
    editor.mark("save")
    editor.again.click()
    assert window.actions_made["save"].shortcut() == QKeySequence("Ctrl+S")
    assert window.actions_made["about"].shortcut().isEmpty()
    editor.all_again.click()
    assert settings.words("keys") == {}
    for found in ACTIONS:
        assert window.actions_made[found.id].shortcut() == QKeySequence(found.shortcut)
    editor.close()


@pytest.mark.parametrize(
    ("keys", "why"),
    [("A", "typing"), ("Shift+A", "typing"), ("7", "typing"), ("Esc", "Esc"), ("Return", "Enter"), ("Left", "Arrows"),
     ("Ctrl+Left", "move the selection"), ("Space", "Space"), ("", "no keys"), ("Ctrl+K, Ctrl+S", "One combination")],
)  # fmt: skip
def test_what_the_canvas_and_fields_read_cannot_be_taken(keys: str, why: str) -> None:
    assert why in keymap.refusal(keys)


def test_no_shortcut_of_the_table_would_be_refused() -> None:
    for found in ACTIONS:
        assert not found.shortcut or keymap.refusal(found.shortcut) == "", found.id


def test_refused_keys_cannot_be_used(editor: ShortcutEditor, window: MainWindow, qtbot: QtBot) -> None:
    press(editor, qtbot, "about", Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier)
    assert not editor.use.isEnabled()
    assert "Add Ctrl or Alt" in editor.state.text()
    qtbot.keyClick(editor.field, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is editor.table
    editor.close()


def test_keys_can_be_taken_away_and_stay_away(editor: ShortcutEditor, window: MainWindow) -> None:
    editor.mark("find_rate")
    editor.remove.click()
    assert window.actions_made["find_rate"].shortcut().isEmpty()
    assert keymap.chosen()["find_rate"] == ""
    assert keymap.keys_of(action("find_rate")) == ""
    editor.close()


def test_the_search_finds_words_and_keys(editor: ShortcutEditor) -> None:
    editor.search.setText("ctrl+shift+l")
    assert editor.table.rowCount() == 1
    editor.search.setText("undo")
    assert editor.table.item(0, 1).text() == "Undo"
    editor.search.setText("arrows")
    editor.table.setCurrentCell(0, 1)
    assert editor.action is None
    assert not editor.field.isEnabled()
    editor.close()


def test_a_damaged_file_of_settings_takes_no_keys_away(app: QApplication, session: Session) -> None:
    settings.set_word("keys/save", "zzzz")
    settings.set_word("keys/nobody", "Ctrl+Alt+N")
    assert keymap.keys_of(action("save")) == "Ctrl+S"
    made = MainWindow(session)
    assert made.actions_made["save"].shortcut() == QKeySequence("Ctrl+S")
    made.autosave.close()
    made.deleteLater()
    settle()


def test_hints_beside_buttons_follow(window: MainWindow) -> None:
    keymap.choose(action("new"), "Ctrl+J")
    keymap.choose(action("open"), "")
    window.show_start()
    settle()
    (start,) = window.findChildren(Start)
    assert [button.hint for button in start.wide[:2]] == ["Ctrl+J", ""]

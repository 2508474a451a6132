"""The table of actions, and everything that derives from it."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QMenu, QToolBar
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.edits import AddNode
from playground.ui.actions import ACTIONS, MENUS, tooltip
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from playground.ui.shortcuts import rows
from playground.ui.theme import icon_names
from playground.ui.toolbar import ActionButton
from tests.ui.conftest import settle
from tests.ui.synthetic import double_click


def test_ids_and_shortcuts_are_unique() -> None:
    for what in ([action.id for action in ACTIONS], [action.shortcut for action in ACTIONS if action.shortcut]):
        assert [one for one, count in Counter(what).items() if count > 1] == []


def test_every_shortcut_and_icon_exists() -> None:
    for action in ACTIONS:
        assert not action.shortcut or not QKeySequence(action.shortcut).isEmpty(), action.id
        assert not action.icon or action.icon in icon_names(), action.id
        assert action.menu in MENUS, action.id
        assert not action.text[0].islower()


def test_no_letter_of_a_menu_shortcut_is_taken_from_typing() -> None:
    plain = [action.id for action in ACTIONS if len(action.shortcut) == 1 and action.shortcut.isalpha()]
    assert plain == []


def test_menus_hold_the_table(window: MainWindow) -> None:
    for name, menu in window.bar.menus.items():
        wanted = [action.id for action in ACTIONS if action.menu == name]
        inner = [[entry, *(sub.actions() if isinstance(sub := entry.menu(), QMenu) else ())] for entry in menu.actions()]
        found = [entry.objectName() for part in inner for entry in part if entry.objectName() in wanted]
        assert found == wanted
    subs = {action.sub for action in ACTIONS if action.sub}
    assert subs == {"Slow motion", "Checkpoints of epochs"}
    assert len(window.bar.menus["Train"].actions()) < 20


def test_the_list_of_shortcuts_holds_the_table() -> None:
    listed = {(what, keys) for _, what, keys in rows()}
    for action in ACTIONS:
        if action.shortcut:
            assert (action.text.rstrip("…"), action.shortcut) in listed


@pytest.mark.parametrize(("look", "wanted"), [("primary", 1), ("icon", 2)])
def test_a_double_click_presses_train_once_and_a_step_twice(qtbot: QtBot, look: str, wanted: int) -> None:
    action, pressed = QAction("Train"), []
    action.triggered.connect(lambda: pressed.append(look))
    button = ActionButton(action, "play", look)
    qtbot.addWidget(button)
    double_click(button, QPointF(5, 5))
    assert len(pressed) == wanted


def test_tooltips_say_the_shortcut() -> None:
    train = next(action for action in ACTIONS if action.id == "train")
    assert tooltip(train) == "Train (F5)"


def test_toolbar_buttons_follow_their_action(window: MainWindow, session: Session) -> None:
    buttons = {button.action_shown.objectName(): button for button in window.findChildren(ActionButton)}
    assert {"open", "save", "undo", "redo", "train", "step", "stop", "reset", "find_rate"} <= set(buttons)
    assert not buttons["undo"].isEnabled()
    window.canvas.commands.add(registry.find("layer", "dense")())
    assert buttons["undo"].isEnabled()
    assert buttons["undo"].accessibleName() == "Undo add dense1"
    buttons["undo"].click()
    assert not session.project.network.nodes
    assert buttons["redo"].isEnabled()


def test_a_grey_button_says_why(window: MainWindow, session: Session) -> None:
    session.new()
    window.leave_start()
    window.refresh()
    button = window.tools.findChildren(ActionButton)
    (train,) = [each for each in button if each.action_shown.objectName() == "train"]
    assert train.toolTip() == "Train (F5)\nNothing to train yet: add data and a loss."
    session.do(AddNode(registry.find("dataset", "moons")(), (0.0, 0.0)))
    assert len(train.toolTip().splitlines()) == 2, "whatever the reason is by now"


def test_every_action_runs_on_an_empty_project_or_is_off(window: MainWindow) -> None:
    asks = {"quit", "open", "save", "save_as"}  # these open the system's dialogs, which wait for a person
    for action in ACTIONS:
        window.session.history.mark_saved()  # what leaves the project would ask about it
        window.actions_made.refresh()
        if action.id in asks or not window.actions_made[action.id].isEnabled():
            continue
        window.actions_made[action.id].trigger()
        window.canvas.quick.hide()
        for dialog in window.findChildren(QDialog):
            dialog.close()
        settle()
    window.session.history.mark_saved()


def test_the_toolbar_cannot_be_hidden(window: MainWindow) -> None:
    assert all(not bar.toggleViewAction().isVisible() for bar in window.findChildren(QToolBar))

"""Controls hidden for a class: not shown, not offered anywhere, back with the teacher's view; the project is not touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shiboken6 import isValid

from playground.core import registry
from playground.ui import settings
from playground.ui.class_controls import NEEDED, ClassControls
from playground.ui.commands import commands
from playground.ui.hidden import hidden
from playground.ui.kinds import all_groups, groups, search
from playground.ui.main_window import MainWindow
from playground.ui.palette import Palette
from playground.ui.session import Session
from tests.ui.conftest import settle


@pytest.fixture
def sheet(window: MainWindow) -> Iterator[ClassControls]:
    window.actions_made["class_controls"].trigger()
    made = window.findChildren(ClassControls)[0]
    yield made
    if isValid(made):
        made.close()


def titles(window: MainWindow) -> set[str]:
    return {command.title for command in commands(window)}


def test_a_panel_is_neither_shown_nor_offered(sheet: ClassControls, window: MainWindow) -> None:
    dock = window.layouts.docks["journal"]
    assert not dock.isHidden()
    sheet.boxes["panels", "journal"].click()
    settle()
    assert dock.isHidden()
    assert not dock.toggleViewAction().isVisible()
    assert "Show Journal" not in titles(window)
    window.show_panel("journal")
    assert dock.isHidden()
    for layout in ("train", "build"):
        window.show_layout(layout)
        settle()
        assert dock.isHidden()
    window.layouts.reset()
    assert dock.isHidden()
    sheet.all_shown.click()
    settle()
    assert not dock.isHidden()
    assert dock.toggleViewAction().isVisible()


def test_a_group_is_not_offered_but_its_nodes_stay(sheet: ClassControls, window: MainWindow, session: Session) -> None:
    window.canvas.commands.add(registry.find("layer", "relu")())
    before = session.project
    sheet.boxes["groups", "Activation"].click()
    settle()
    assert "Activation" not in groups()
    assert "Activation" in all_groups()
    assert not any(kind.group == "Activation" for kind in search("relu"))
    assert "Add ReLU" not in titles(window)
    assert "Go to relu1" in titles(window)
    assert not window._insert_menus["Activation"].menuAction().isVisible()
    palette = window.layouts.docks["palette"].made
    assert isinstance(palette, Palette)
    assert "Activation" not in [group.text(0) for group, _ in palette._groups()]
    assert session.project == before


def test_the_teacher_sees_everything(sheet: ClassControls, window: MainWindow) -> None:
    assert not window.actions_made["teacher"].isEnabled()
    sheet.boxes["panels", "journal"].click()
    sheet.boxes["groups", "Loss"].click()
    settle()
    window.actions_made["teacher"].trigger()
    settle()
    assert not window.layouts.docks["journal"].isHidden()
    assert "Loss" in groups()
    assert window.actions_made["teacher"].isChecked()
    window.actions_made["teacher"].trigger()
    settle()
    assert window.layouts.docks["journal"].isHidden()


def test_what_is_needed_cannot_be_hidden_and_choices_are_kept(sheet: ClassControls, window: MainWindow) -> None:
    assert not NEEDED & {id for kind, id in sheet.boxes if kind == "panels"}
    sheet.boxes["panels", "data"].click()
    sheet.close()
    settle()
    window.actions_made["class_controls"].trigger()
    again = next(each for each in window.findChildren(ClassControls) if each.isVisible())
    assert not again.boxes["panels", "data"].isChecked()
    assert again.boxes["panels", "journal"].isChecked()
    again.close()


@pytest.mark.parametrize("bad", ["{", "7", '{"panels": 3, "groups": [1, null]}', '{"panels": ["nobody"]}'])
def test_damaged_settings_hide_nothing(window: MainWindow, bad: str) -> None:
    settings.set_word("class/hidden", bad)
    hidden().changed.emit()
    settle()
    assert not window.layouts.docks["journal"].isHidden()
    assert groups().keys() == all_groups().keys()

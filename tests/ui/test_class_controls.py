"""Controls hidden for a class: not shown, not offered anywhere, back with the teacher's view; kept in the project's file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from shiboken6 import isValid

from playground.core import registry
from playground.document.edits import AddNode, EditError, SetHides
from playground.document.file import Loaded
from playground.document.project import Hides, Project
from playground.document.project_json import from_json, to_json
from playground.ui.canvas.quick_add import QuickAdd
from playground.ui.class_controls import NEEDED, ClassControls
from playground.ui.commands import commands
from playground.ui.kinds import Kind, all_groups, groups, search
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
    assert not window.bar.insert["Activation"].menuAction().isVisible()
    palette = window.layouts.docks["palette"].made
    assert isinstance(palette, Palette)
    assert "Activation" not in [group.text(0) for group, _ in palette._groups()]
    assert session.project.network == before.network


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


def test_it_is_saved_with_the_project_and_holds_where_that_is_opened(
    sheet: ClassControls, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    sheet.boxes["panels", "journal"].click()
    sheet.boxes["groups", "Activation"].click()
    assert session.project.hides == Hides(panels=("journal",), groups=("Activation",))
    assert session.save(tmp_path / "class.play")
    session.new()
    settle()
    assert groups().keys() == all_groups().keys()
    assert not window.layouts.docks["journal"].isHidden()
    assert sheet.boxes["panels", "journal"].isChecked()
    assert session.open(tmp_path / "class.play")
    settle()
    assert "Activation" not in groups()
    assert window.layouts.docks["journal"].isHidden()
    assert not sheet.boxes["groups", "Activation"].isChecked()
    assert not session.modified


def test_hiding_is_undone(sheet: ClassControls, window: MainWindow, session: Session) -> None:
    sheet.boxes["panels", "journal"].click()
    session.undo()
    settle()
    assert sheet.boxes["panels", "journal"].isChecked()
    assert not window.layouts.docks["journal"].isHidden()
    session.redo()
    assert session.project.hides.panels == ("journal",)


def test_the_quick_list_offers_nothing_of_a_hidden_group(sheet: ClassControls, window: MainWindow, session: Session) -> None:
    dense = AddNode(registry.find("layer", "dense")(units=3), position=(40.0, 40.0))
    session.do(dense)
    session.select([dense.id])
    quick = window.canvas.quick
    window.canvas.open_quick_add()
    assert "Activation" in {kind.group for kind in offered(quick)}
    quick.hide()
    sheet.boxes["groups", "Activation"].click()
    session.select([dense.id])
    for typed in ("", "re"):
        window.canvas.open_quick_add(None, typed)
        assert offered(quick)
        assert "Activation" not in {kind.group for kind in offered(quick)}
        quick.hide()
    session.select(())
    session.select([dense.id])
    ghost = window.canvas.drops.ghost.item
    assert ghost is None or ghost.kind.group != "Activation"


def offered(quick: QuickAdd) -> list[Kind]:
    return [quick.rows.item(row).data(Qt.ItemDataRole.UserRole).kind for row in range(quick.rows.count())]


@pytest.mark.parametrize(
    "bad", [3, {"panels": 3}, {"groups": [1]}, {"panels": [""]}, {"panels": ["a" * 101]}, {"groups": ["a"] * 201}]
)
def test_damaged_choices_are_named(bad: object) -> None:
    found = from_json(to_json(Project()) | {"hides": bad})
    assert found[0] is None
    assert found[1].faults[0][0].startswith("/hides")
    with pytest.raises(EditError):
        SetHides(panels=("a" * 101,)).apply(Project())


def test_names_of_another_version_hide_nothing_and_are_kept(window: MainWindow, session: Session) -> None:
    raw = to_json(Project()) | {"hides": {"panels": ["nobody"], "groups": [], "more": 1}}
    project, _ = from_json(raw)
    assert project is not None
    assert to_json(project)["hides"] == raw["hides"]
    session.restore(Loaded(project))
    settle()
    assert not window.layouts.docks["journal"].isHidden()

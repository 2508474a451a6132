"""The palette lists the catalogue, finds by letters, and adds by drag, double-click and Enter."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.ui import kinds
from playground.ui.palette import ROLE, Palette
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.synthetic import move, press


@pytest.fixture
def palette(app, qtbot) -> Palette:
    made = Palette()
    qtbot.addWidget(made)
    made.resize(216, 700)
    made.show()
    settle()
    return made


def test_everything_of_the_catalogue_is_there(palette: Palette) -> None:
    titles = {palette.tree.kind_of(row).spec for row in palette.rows()}
    wanted = {cls for kind in ("dataset", "layer", "loss") for cls in registry.entries(kind)}
    assert titles == wanted


def test_every_kind_has_an_icon_a_group_and_help() -> None:
    from playground.ui.theme import icon_names

    for kind in kinds.kinds():
        assert kind.icon in icon_names(), kind.title
        assert kind.group, kind.title
        assert kind.help.endswith("."), kind.title


def counts(palette: Palette) -> list[int]:
    """The numbers at the groups that are shown."""
    groups = [palette.tree.topLevelItem(at) for at in range(palette.tree.topLevelItemCount())]
    return [group.data(0, ROLE + 1) for group in groups if group is not None and not group.isHidden()]


def test_letters_find_titles_first(palette: Palette, qtbot) -> None:
    qtbot.keyClicks(palette.search, "re")
    best = palette.tree.kind_of(palette.tree.currentItem())
    assert best.title.lower().startswith("re")
    shown = {palette.tree.kind_of(row).title for row in palette.rows()}
    assert {"ReLU", "Reshape"} <= shown
    assert "Softmax" not in shown
    assert sum(counts(palette)) == len(shown), "the numbers at the groups are of what is shown"
    palette.search.clear()
    assert sum(counts(palette)) == len(palette.rows()) == len(kinds.kinds())


def test_search_finds_by_help_and_group() -> None:
    assert "Dropout" in [kind.title for kind in kinds.search("hide")]
    assert "Add" in [kind.title for kind in kinds.search("merge")]
    assert kinds.search("no such thing at all") == []
    assert len(kinds.search("")) == len(kinds.kinds())


def test_enter_in_the_search_adds_the_best(palette: Palette, qtbot) -> None:
    with qtbot.waitSignal(palette.added) as added:
        qtbot.keyClicks(palette.search, "conv2")
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert added.args[0].spec.id == "conv2d"
    assert palette.search.text() == ""


def test_double_click_and_enter_on_a_row_add_it(palette: Palette, qtbot) -> None:
    row = next(row for row in palette.rows() if row.text(0) == "Dense")
    palette.tree.setCurrentItem(row)
    with qtbot.waitSignal(palette.added) as added:
        qtbot.keyClick(palette.tree, Qt.Key.Key_Return)
    assert added.args[0].spec.id == "dense"
    with qtbot.waitSignal(palette.added):
        palette.tree.itemDoubleClicked.emit(row, 0)


def test_groups_fold(palette: Palette, qtbot) -> None:
    group = palette.tree.topLevelItem(1)
    was = group.isExpanded()
    palette.tree.setCurrentItem(group)
    qtbot.keyClick(palette.tree, Qt.Key.Key_Return)
    assert group.isExpanded() is not was


def test_help_follows_the_marked_row(palette: Palette) -> None:
    row = next(row for row in palette.rows() if row.text(0) == "Softmax")
    palette.tree.setCurrentItem(row)
    assert palette.help.kind.title == "Softmax"
    assert palette.help.accessibleName().startswith("Softmax.")


def test_a_drag_carries_two_words(palette: Palette, monkeypatch: pytest.MonkeyPatch) -> None:
    carried: list[bytes] = []

    def exec_(drag: QDrag, *_: object) -> Qt.DropAction:
        carried.append(drag.mimeData().data(kinds.MIME).data())
        assert palette.help.kind.title == "Dense", "of what is dragged, not of a row that the pointer crossed"
        return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", exec_)
    row = next(row for row in palette.rows() if row.text(0) == "Dense")
    palette.tree.scrollToItem(row)
    palette.tree.setCurrentItem(row)
    spot = palette.tree.visualItemRect(row).center()
    viewport = palette.tree.viewport()
    press(viewport, spot)
    palette.tree.itemEntered.emit(palette.tree.itemBelow(row), 0)
    for step in (10, 25, 40):
        move(viewport, spot + QPoint(step, step))
    assert carried
    assert json.loads(carried[0]) == {"kind": "layer", "id": "dense"}
    assert kinds.from_mime(carried[0]) == registry.find("layer", "dense")()


def test_the_help_is_of_a_row_that_can_be_seen(session: Session, qtbot: QtBot) -> None:
    from playground.ui.canvas.starters import STARTERS

    made = Palette(session)
    qtbot.addWidget(made)
    assert made.help.kind is not None
    assert made.help.kind.group == "Data"
    session.do(STARTERS[1].edit())
    assert made.help.kind.group == "Dense and convolution"
    session.undo()


def test_search_and_new_blocks_leave_the_folds_alone(session: Session, qtbot: QtBot) -> None:
    from playground.document.edits import GroupIntoBlock
    from playground.ui.canvas.starters import STARTERS

    made = Palette(session)
    qtbot.addWidget(made)
    session.do(STARTERS[1].edit())
    data = made.tree.topLevelItem(0)
    assert not data.isExpanded()
    qtbot.keyClicks(made.search, "mo")
    assert data.isExpanded()
    made.search.clear()
    assert not data.isExpanded()
    dense = next(node for node in session.project.network.nodes if node.spec.id == "dense")
    session.do(GroupIntoBlock((dense.id,)))
    assert not made.tree.topLevelItem(0).isExpanded()


def test_keys_in_the_search_go_through_the_rows_and_leave(palette: Palette, qtbot) -> None:
    qtbot.keyClicks(palette.search, "relu")
    rows = palette.rows()
    at = rows.index(palette.tree.currentItem())
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.tree.currentItem() is rows[at + 1]
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    assert palette.tree.currentItem() is rows[at]
    qtbot.keyClicks(palette.search, "xyz")
    assert palette.tree.missed == "reluxyz"
    assert palette.help.kind is None
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert not palette.search.text()
    assert not palette.tree.missed
    with qtbot.waitSignal(palette.left):
        qtbot.keyClick(palette.search, Qt.Key.Key_Escape)

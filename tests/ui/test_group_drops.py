"""Layers dragged into parameter groups, and groups dragged to another place in the order: project to widgets and back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from playground.document.edits import AddGroup, PutInGroup
from playground.ui.carrying import carried, nodes_mime
from playground.ui.main_window import MainWindow
from playground.ui.panels.group_drops import GROUP, Grip
from playground.ui.panels.groups import GroupCard, GroupsEditor
from playground.ui.panels.outline import Outline
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import chain, node, ready
from tests.ui.synthetic import centre, deliver, mouse, move, press, release

NETWORK = (
    ("dataset", "iris", {}), ("layer", "dense", {"units": 8}), ("layer", "tanh", {}), ("layer", "dense", {"units": 3}),
    ("loss", "cross_entropy", {}),
)  # fmt: skip


@pytest.fixture
def tuned(session: Session, qtbot: QtBot) -> Session:
    """dense1 and dense2 with weights, a tanh between them, and the groups head and body."""
    ready(session, chain(*NETWORK), qtbot)
    session.do(AddGroup(name="head"))
    session.do(AddGroup(name="body"))
    return session


@pytest.fixture
def editor(tuned: Session, qtbot: QtBot) -> GroupsEditor:
    made = GroupsEditor(tuned)
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show()
    settle()
    return made


def card_of(editor: GroupsEditor, name: str) -> GroupCard:
    return next(card for card in editor.cards.values() if card.group.name == name)


def middle(editor: GroupsEditor, name: str) -> QPoint:
    return card_of(editor, name).geometry().center()


def names(session: Session) -> list[str]:
    return [group.name for group in session.project.groups]


def test_layers_dropped_on_a_group_are_put_there_as_one_step(editor: GroupsEditor, tuned: Session) -> None:
    ids = [node(tuned, name).id for name in ("dense1", "tanh1", "dense2")]
    before = tuned.project
    assert deliver(editor, nodes_mime(ids), middle(editor, "body"))
    settle()
    assert tuned.project.groups[1].nodes == (ids[0], ids[2])  # the tanh has no weights
    assert card_of(editor, "body").count.text() == "2 layers"
    assert deliver(editor, nodes_mime(ids[:1]), middle(editor, "head"))  # out of the one, into the other
    assert [group.nodes for group in tuned.project.groups] == [(ids[0],), (ids[2],)]
    tuned.undo()
    tuned.undo()
    settle()
    assert tuned.project == before
    assert card_of(editor, "body").count.text() == "no layers"


def test_a_drag_is_refused_with_its_reason(editor: GroupsEditor, tuned: Session) -> None:
    said: list[str] = []
    editor.helped.connect(lambda _, text: said.append(text))
    before = tuned.project
    assert not deliver(editor, nodes_mime([node(tuned, "tanh1").id]), middle(editor, "head"))
    assert said[-1] == "tanh1: no weights, so no rate to share"
    assert not deliver(editor, nodes_mime(["inside"]), middle(editor, "head"))
    assert said[-1].startswith("A parameter group holds whole blocks.")
    assert tuned.project == before
    tuned.do(PutInGroup((node(tuned, "dense1").id,), tuned.project.groups[0].id))
    settle()
    assert not deliver(editor, nodes_mime([node(tuned, "dense1").id]), middle(editor, "head"))
    assert said[-1] == "dense1: in this group by hand already"
    assert deliver(editor, nodes_mime([node(tuned, "dense2").id]), middle(editor, "head"))
    assert said[-2:] == ["Let go to put dense2 into head", ""]
    for foreign in (b"", b"\xff", b"[", b"{}", b"[1]", b"[" * 100_000):
        mime = QMimeData()
        mime.setData("application/x-playground-nodes", foreign)
        assert carried(mime) == ()
        assert not deliver(editor, mime, middle(editor, "head"))


def test_beside_the_groups_a_drop_makes_a_new_one(editor: GroupsEditor, tuned: Session) -> None:
    id = node(tuned, "dense2").id
    assert deliver(editor, nodes_mime([id]), QPoint(40, editor.height() - 3))
    settle()
    assert names(tuned) == ["head", "body", "group1"]
    assert tuned.project.groups[2].nodes == (id,)
    assert card_of(editor, "group1").count.text() == "1 layer"
    tuned.undo()
    assert names(tuned) == ["head", "body"]


def test_the_place_of_a_drop_is_shown(editor: GroupsEditor, tuned: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[tuple[str, str]] = []
    monkeypatch.setattr(GroupCard, "show_drop", lambda card, state: marked.append((card.group.name, state)))
    deliver(editor, nodes_mime([node(tuned, "dense1").id]), middle(editor, "body"))
    deliver(editor, nodes_mime([node(tuned, "tanh1").id]), middle(editor, "head"))
    assert marked == [("body", "target"), ("body", ""), ("head", "refused"), ("head", "")]


def test_groups_are_dragged_by_their_grip(editor: GroupsEditor, tuned: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[bool] = []

    def exec_(drag: QDrag, *_: object) -> Qt.DropAction:
        below = QPoint(30, middle(editor, "body").y() + 5)
        assert deliver(editor, drag.mimeData(), below)
        lines.append(editor.drops.line.isHidden())
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", exec_)
    grip = card_of(editor, "head").grip
    press(grip, QPoint(4, 4))
    move(grip, QPoint(4, 40))
    release(grip, QPoint(4, 40))
    settle()
    assert lines == [True]
    assert names(tuned) == ["body", "head"]
    assert list(editor.cards) == [group.id for group in tuned.project.groups]
    tuned.undo()
    assert names(tuned) == ["head", "body"]
    stranger = QMimeData()
    stranger.setData(GROUP, b"none of ours")
    assert not deliver(editor, stranger, middle(editor, "head"))


def test_keys_on_the_grip_move_a_group_too(editor: GroupsEditor, tuned: Session) -> None:
    grip: Grip = card_of(editor, "head").grip
    grip.setFocus(Qt.FocusReason.TabFocusReason)
    for key, order in (
        (Qt.Key.Key_Up, ["head", "body"]), (Qt.Key.Key_Down, ["body", "head"]), (Qt.Key.Key_Down, ["body", "head"]),
        (Qt.Key.Key_Up, ["head", "body"]),
    ):  # fmt: skip
        QTest.keyClick(grip, key)
        settle()
        assert names(tuned) == order
        assert [card.group.name for card in editor.cards.values()] == order


def test_a_node_of_the_canvas_is_carried_to_a_group(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of the canvas it stays where it stands; over anything else than a taker it follows the pointer as ever."""
    session = window.session
    ready(session, chain(*NETWORK), qtbot)
    session.do(AddGroup(name="head"))
    window.show_panel("training")
    settle()
    groups = window.findChild(GroupsEditor)
    assert groups is not None
    drags: list[QMimeData] = []

    def exec_(drag: QDrag, *_: object) -> Qt.DropAction:
        drags.append(drag.mimeData())
        assert deliver(groups, drag.mimeData(), middle(groups, "head"))
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", exec_)
    view, before = window.canvas, session.project.network
    spot = centre(view, "dense1")
    docked = window.layouts.docks["training"]
    over = QPointF(view.viewport().mapFromGlobal(docked.mapToGlobal(docked.rect().center())))
    press(view, spot)
    move(view, spot + QPointF(30, 5))
    move(view, QPointF(view.viewport().width() / 2, -8))  # above the canvas nothing takes it
    assert not drags
    move(view, over)
    mouse(view, QEvent.Type.MouseButtonRelease, over)
    settle()
    assert len(drags) == 1
    assert session.project.groups[0].nodes == (node(session, "dense1").id,)
    assert session.project.network == before


def test_the_outline_drags_its_nodes(tuned: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    outline = Outline(tuned)
    qtbot.addWidget(outline)
    outline.show()
    settle()
    drags: list[tuple[str, ...]] = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, *_: drags.append(carried(drag.mimeData())) or Qt.DropAction.CopyAction)
    item = outline.item_of(f"node:{node(tuned, 'dense2').id}")
    assert item is not None
    spot = outline.visualItemRect(item).center()
    press(outline.viewport(), spot)
    for step in (10, 25, 40):
        move(outline.viewport(), spot + QPoint(step, 2))
    release(outline.viewport(), spot)
    assert drags == [(node(tuned, "dense2").id,)]

"""The canvas by keyboard, the clipboard, and what a screen reader hears."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication

from playground.core import registry
from playground.document.edits import AddLink, AddNode
from playground.ui.canvas.bar import CanvasBar
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.synthetic import double_click

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    """dense1 -> relu1 -> dense2 in a row, dropout1 below relu1."""
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    settle()
    specs = (("dense", 0, 0), ("relu", 200, 0), ("dense", 400, 0), ("dropout", 200, 300))
    nodes = [AddNode(registry.find("layer", id)(), position=(float(x), float(y))) for id, x, y in specs]
    for node in nodes:
        session.do(node)
    session.do(AddLink(nodes[0].id, nodes[1].id, 0))
    session.do(AddLink(nodes[1].id, nodes[2].id, 0))
    return made


def named(session: Session, name: str) -> str:
    return next(node.id for node in session.project.network.nodes if node.name == name)


def chosen(session: Session) -> list[str]:
    return [node.name for node in session.selected_nodes()]


def test_arrows_walk_along_the_wires(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "dense1"),))
    walk = []
    for key in (Key.Key_Right, Key.Key_Right, Key.Key_Left, Key.Key_Down, Key.Key_Up):
        qtbot.keyClick(view, key)
        walk += chosen(session)
    assert walk == ["relu1", "dense2", "relu1", "dropout1", "relu1"]


def test_an_arrow_with_nothing_selected_takes_the_first_node(view: CanvasView, session: Session, qtbot) -> None:
    qtbot.keyClick(view, Key.Key_Right)
    assert chosen(session) == ["dense1"]


def test_control_and_arrows_move_the_selection_as_one_step(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "dense2"),))
    before = session.project
    for _ in range(3):
        qtbot.keyClick(view, Key.Key_Right, Modifier.ControlModifier)
    assert session.project.network.node(named(session, "dense2")).position == (472.0, 0.0)
    session.undo()
    assert session.project == before


def test_a_letter_opens_the_quick_list_with_it(view: CanvasView, session: Session, qtbot) -> None:
    view.setFocus()
    qtbot.keyClick(view, "t")
    assert view.quick.isVisible()
    assert view.quick.field.text() == "t"
    assert view.quick.rows.currentItem().text() == "Tanh"
    qtbot.keyClick(view.quick.field, Key.Key_Return)
    assert not view.quick.isVisible()
    assert session.project.network.nodes[-1].spec.id == "tanh"


def test_escape_closes_the_quick_list_without_an_edit(view: CanvasView, session: Session, qtbot) -> None:
    before = session.project
    view.open_quick_add()
    qtbot.keyClick(view.quick.field, Key.Key_Escape)
    assert not view.quick.isVisible()
    assert view.hasFocus(), "the keys belong to the canvas again"
    assert session.project == before


def test_double_click_adds_where_the_pointer_is(view: CanvasView, session: Session, qtbot) -> None:
    at = QPointF(620, 420)
    double_click(view, at)
    assert view.quick.isVisible()
    qtbot.keyClicks(view.quick.field, "flat")
    qtbot.keyClick(view.quick.field, Key.Key_Return)
    node = session.project.network.nodes[-1]
    where = view.mapToScene(at.toPoint())
    assert node.spec.id == "flatten"
    assert abs(node.position[0] + 53 - where.x()) <= 4


def test_the_quick_list_says_when_nothing_matches(view: CanvasView, qtbot) -> None:
    view.open_quick_add(None, "zzzz")
    assert view.quick.rows.count() == 0
    qtbot.keyClick(view.quick.field, Key.Key_Return)
    assert view.quick.isVisible()
    view.quick.hide()


def test_a_wire_by_keys_alone(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "dense2"),))
    view.start_wire()
    assert view.gesture is not None
    aimed = set()
    for _ in range(6):
        assert view.gesture.over is not None
        aimed.add(view.gesture.over[0].look.name)
        if view.gesture.over[0].look.name == "dropout1":
            break
        qtbot.keyClick(view, Key.Key_Right)
    qtbot.keyClick(view, Key.Key_Return)
    links = {(link.source, link.target) for link in session.project.network.links}
    assert (named(session, "dense2"), named(session, "dropout1")) in links


def test_escape_lets_a_wire_go(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "dense1"),))
    view.start_wire()
    qtbot.keyClick(view, Key.Key_Escape)
    assert view.gesture is None
    assert len(session.project.network.links) == 2
    assert len(view.canvas.items()) == len(list(view.canvas.by_id()))


def test_copy_and_paste_through_text(view: CanvasView, session: Session) -> None:
    session.select((named(session, "dense1"), named(session, "relu1")))
    assert view.commands.copy()
    assert QGuiApplication.clipboard().text().startswith("playground nodes")
    view.commands.paste()
    names = [node.name for node in session.project.network.nodes]
    assert len(names) == len(set(names)) == 6
    assert len(session.project.network.links) == 3
    assert len(session.selected_nodes()) == 2
    view.commands.paste()
    places = [node.position for node in session.project.network.nodes]
    assert len(places) == len(set(places)) == 8, "none lies exactly on another"


def test_cut_and_undo(view: CanvasView, session: Session) -> None:
    before = session.project
    session.select((named(session, "relu1"),))
    view.commands.cut()
    assert len(session.project.network.nodes) == 3
    assert not session.project.network.links
    session.undo()
    assert session.project == before


@pytest.mark.parametrize(
    "text", ["", "just words", "playground nodes 1\n{", "playground nodes 99\n{}", "playground nodes 1\n[1, 2]"]
)
def test_a_clipboard_without_a_network_is_refused_in_words(view: CanvasView, session: Session, text: str) -> None:
    told: list[str] = []
    session.message.connect(lambda words, level: told.append(words))
    QGuiApplication.clipboard().setText(text)
    before = session.project
    view.commands.paste()
    assert session.project == before
    assert len(told) == 1


def test_duplicate_and_delete(view: CanvasView, session: Session) -> None:
    session.select((named(session, "dropout1"),))
    view.commands.duplicate()
    assert len(session.project.network.nodes) == 5
    view.commands.delete()
    assert len(session.project.network.nodes) == 4
    assert session.selection == ()


def test_laying_out_leaves_no_overlap(view: CanvasView, session: Session) -> None:
    view.commands.tidy((900, 600))
    bodies = [item.body().translated(item.pos()) for item in view.canvas.nodes.values()]
    for k, body in enumerate(bodies):
        assert not any(body.intersects(other) for other in bodies[k + 1 :])
    assert view.canvas.nodes[named(session, "dense1")].x() < view.canvas.nodes[named(session, "relu1")].x()


def test_a_new_layer_goes_after_the_selected_one_and_is_wired(view: CanvasView, session: Session) -> None:
    session.select((named(session, "dense2"),))
    id = view.commands.add(registry.find("layer", "tanh")())
    links = {(link.source, link.target) for link in session.project.network.links}
    assert (named(session, "dense2"), id) in links
    assert session.project.network.node(id).position[0] > 400
    (wire,) = [wire for wire in view.canvas.wires.values() if wire.target is view.canvas.nodes[id]]
    source, target = wire.source, view.canvas.nodes[id]
    drop = target.mapToScene(target.port("in", 0)).y() - source.mapToScene(source.port("out", 0)).y()
    assert abs(drop) <= 0.5, "level, however much the new node shows"
    session.undo()
    assert len(session.project.network.nodes) == 4
    assert len(session.project.network.links) == 2


def test_a_note_is_typed_in_place(view: CanvasView, session: Session, qtbot) -> None:
    bar = CanvasBar(view)
    qtbot.addWidget(bar)
    bar.note.click()
    assert view.naming.text.isVisible()
    view.naming.text.setPlainText("Exercise 1\nChange <b>one</b> thing.")
    qtbot.keyClick(view.naming.text, Key.Key_Return, Modifier.ControlModifier)
    assert session.project.network.notes[0].text == "Exercise 1\nChange <b>one</b> thing."


def test_the_selected_node_is_told_to_screen_readers(view: CanvasView, session: Session) -> None:
    session.select((named(session, "dense1"),))
    assert view.accessibleDescription() == "dense1, Dense, selected"
    session.select(())
    assert view.accessibleDescription() == "Nothing selected"

"""The quick list shows what fits where it was asked for; wires let go in the open; the ghost of what usually follows."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtWidgets import QWidget

from playground.core import registry
from playground.document.edits import AddLink, AddNode
from playground.lowering import fits
from playground.ui.canvas.suggesting import Place, choices, suggestion
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.examples.follows import TABLE, counted
from tests.ui.conftest import settle
from tests.ui.synthetic import centre, click, double_click, drag, port

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def view(session: Session, qtbot, loaded) -> CanvasView:
    """digits -> conv1, and an add1 with nothing at its inputs."""
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    settle()
    for kind, id, x, y in (("dataset", "digits", 0, 0), ("layer", "conv2d", 250, 0), ("layer", "add", 500, 300)):
        session.do(AddNode(registry.find(kind, id)(), position=(float(x), float(y)), name="data" if kind == "dataset" else ""))
    session.do(AddLink(named(session, "data"), named(session, "conv2d1"), 0))
    loaded(session)
    made.zoom_to_fit(1.0)
    settle()
    return made


def named(session: Session, name: str) -> str:
    found = {node.name: node.id for node in session.project.network.nodes}
    return found.get(name) or found[name.replace("2d", "")]


def titles(view: CanvasView) -> list[str]:
    return [view.quick.rows.item(k).text() for k in range(view.quick.rows.count())]


def open_spot(view: CanvasView) -> QPointF:
    return QPointF(view.viewport().width() / 2, view.viewport().height() - 30)


def last_node(session: Session) -> str:
    return session.project.network.nodes[-1].id


def test_tab_opens_what_fits_behind_the_selected_node(view: CanvasView, session: Session, qtbot) -> None:
    view.setFocus()
    session.select((named(session, "conv2d1"),))
    qtbot.keyClick(view, Key.Key_Tab)
    assert view.quick.isVisible()
    shown = titles(view)
    assert "Conv2d" in shown
    assert "Flatten" in shown
    assert not {"Conv1d", "LSTM"} & set(shown), "what does not take an image"
    assert shown.index("ReLU") < 4, "most examples have it there"
    qtbot.keyClick(view.quick.field, Key.Key_Tab)
    assert not view.quick.isVisible()
    (link,) = session.project.network.into(last_node(session))
    assert link.source == named(session, "conv2d1")


def test_control_and_tab_moves_the_focus_instead(view: CanvasView, session: Session, qtbot) -> None:
    other = QWidget(view)
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    other.show()
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Tab, Modifier.ControlModifier)
    assert not view.quick.isVisible()
    assert not view.hasFocus()


def test_what_was_asked_for_by_name_and_does_not_fit_stands_last(view: CanvasView, session: Session) -> None:
    place = Place(named(session, "conv2d1"))
    found = choices("conv", place, session.view, session.samples)
    marks = [choice.fits for choice in found]
    assert marks == sorted(marks, reverse=True)
    assert {choice.kind.title: choice.fits for choice in found}["Conv1d"] is False


def test_a_wire_let_go_in_the_open_asks_and_wires(view: CanvasView, session: Session, qtbot) -> None:
    spot = open_spot(view)
    drag(view, port(view, "conv1", "out"), spot)
    assert view.quick.isVisible()
    assert "LSTM" not in titles(view)
    at = view.mapToScene(spot.toPoint())
    qtbot.keyClicks(view.quick.field, "flat")
    qtbot.keyClick(view.quick.field, Key.Key_Return)
    made = session.project.network.nodes[-1]
    assert made.spec.id == "flatten"
    (link,) = session.project.network.into(made.id)
    assert link.source == named(session, "conv2d1")
    item = view.canvas.nodes[made.id]
    start = item.mapToScene(item.port("in", 0))
    assert abs(start.x() - at.x()) <= 4, "its input stands where the wire was let go"
    assert abs(start.y() - at.y()) <= 4
    session.undo()
    assert len(session.project.network.nodes) == 3, "one step"


@pytest.mark.parametrize(("name", "side", "number"), [("conv1", "out", 0), ("add1", "in", 1)])
@pytest.mark.parametrize("how", ["escape", "pick", "again"])
def test_a_wire_let_go_in_the_open_is_seen_until_the_list_is_gone(view, session, qtbot, name, side, number, how) -> None:
    held = port(view, name, side, number)
    drag(view, held, open_spot(view))
    wire = view.drops.held
    assert wire is not None
    assert wire.scene() is view.canvas
    spots = [view.mapFromScene(spot) for spot in (wire.start, wire.end)]
    assert [(spot - held.toPoint()).manhattanLength() <= 2 for spot in spots] == [side == "out", side == "in"]
    if how == "pick":
        qtbot.keyClick(view.quick.field, Key.Key_Return)
    elif how == "escape":
        qtbot.keyClick(view.quick.field, Key.Key_Escape)
    else:
        view.open_quick_add()  # without a wire
    assert view.drops.held is None
    assert wire.scene() is None


def test_by_keys_the_wire_is_seen_too(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "conv2d1"),))
    view.pointer.start_wire()
    view.gesture.ask()
    assert view.drops.held is not None
    qtbot.keyClick(view.quick.field, Key.Key_Escape)
    assert view.drops.held is None


def test_a_wire_from_an_input_asks_what_may_feed_it(view: CanvasView, session: Session, qtbot) -> None:
    session.do(AddLink(named(session, "conv2d1"), named(session, "add1"), 0))
    before = len(session.project.network.links)
    drag(view, port(view, "add1", "in", 1), open_spot(view))
    assert view.quick.isVisible()
    shown = titles(view)
    assert "Conv2d" in shown, "16 filters, as the other input has"
    assert "Dense" not in shown
    assert "Flatten" not in shown
    qtbot.keyClicks(view.quick.field, "conv2d")
    qtbot.keyClick(view.quick.field, Key.Key_Return)
    assert len(session.project.network.links) == before + 1
    link = session.project.network.links[-1]
    assert (link.source, link.target, link.port) == (last_node(session), named(session, "add1"), 1)


def test_a_wire_from_an_input_ends_at_an_output(view: CanvasView, session: Session) -> None:
    drag(view, port(view, "add1", "in", 0), port(view, "conv1", "out"))
    (link,) = session.project.network.into(named(session, "add1"))
    assert link.source == named(session, "conv2d1")
    assert not view.quick.isVisible()


def test_a_wire_let_go_on_a_node_asks_nothing(view: CanvasView, session: Session) -> None:
    drag(view, port(view, "conv1", "out"), centre(view, "add1"))
    assert not view.quick.isVisible()
    (link,) = session.project.network.into(named(session, "add1"))
    assert link.port == 0, "it takes the first input"


def test_a_double_click_in_the_open_shows_everything_and_wires_nothing(view: CanvasView, session: Session, qtbot) -> None:
    double_click(view, open_spot(view))
    assert "LSTM" in titles(view)
    qtbot.keyClicks(view.quick.field, "relu")
    qtbot.keyClick(view.quick.field, Key.Key_Return)
    assert not session.project.network.into(last_node(session))


def test_everything_that_is_said_to_fit_can_be_wired(view: CanvasView, session: Session) -> None:
    place = Place(named(session, "conv2d1"))
    for choice in choices("", place, session.view, session.samples):
        if choice.kind.block is None:
            made = AddNode(choice.kind.made(session.view))
            assert fits(made.apply(session.view), session.samples, place.node, made.id, 0) is None, choice.kind.title


def test_the_ghost_stands_at_a_free_output_and_is_taken_by_keys(view: CanvasView, session: Session, qtbot) -> None:
    view.setFocus()
    session.select((named(session, "conv2d1"),))
    settle()
    ghost = view.drops.ghost
    assert ghost.item is not None
    wanted = ghost.item.kind.spec.id
    assert wanted == suggestion(Place(named(session, "conv2d1")), session.view, session.samples).spec.id
    qtbot.keyClick(view, Key.Key_Right)
    assert ghost.aimed
    qtbot.keyClick(view, Key.Key_Return)
    assert session.project.network.nodes[-1].spec.id == wanted
    assert session.project.network.into(last_node(session))[0].source == named(session, "conv2d1")


def test_the_ghost_is_taken_by_a_click_and_leaves_with_the_selection(view: CanvasView, session: Session) -> None:
    session.select((named(session, "conv2d1"),))
    settle()
    item = view.drops.ghost.item
    click(view, QPointF(view.mapFromScene(item.body.translated(item.pos()).center())))
    assert len(session.project.network.nodes) == 4
    session.select((named(session, "data"),))
    settle()
    assert view.drops.ghost.item is None, "its output is wired"


def test_the_ghost_can_be_switched_off(view: CanvasView, session: Session) -> None:
    session.select((named(session, "conv2d1"),))
    view.drops.ghost.switch(False)
    settle()
    assert view.drops.ghost.item is None
    view.drops.ghost.switch(True)
    assert view.drops.ghost.item is not None


def test_a_classifier_is_offered_its_loss(view: CanvasView, session: Session) -> None:
    for id, settings in (("flatten", {}), ("dense", {"units": 10})):
        session.do(AddNode(registry.find("layer", id)(**settings)))
    flat, dense = (node.id for node in session.project.network.nodes[-2:])
    session.do(AddLink(named(session, "conv2d1"), flat, 0))
    session.do(AddLink(flat, dense, 0))
    found = [choice.kind.spec.id for choice in choices("", Place(dense), session.view, session.samples)]
    assert "cross_entropy" in found[:3]
    assert "mean_squared_error" not in found, "the data has classes"


def test_the_table_is_what_the_examples_and_blocks_give() -> None:
    assert json.loads(TABLE.read_text(encoding="utf-8")) == counted()


@pytest.mark.parametrize(("wide", "high", "shown"), [(1100, 700, 4), (480, 500, 4), (480, 320, 4), (480, 190, 2), (320, 180, 1)])
def test_the_shapes_to_start_from_lie_within_the_frame(session: Session, qtbot, wide: int, high: int, shown: int) -> None:
    view = CanvasView(session)
    qtbot.addWidget(view)
    view.resize(wide, high)
    view.show()
    settle()
    frame = view.empty._frame().toRect()
    cards = [card for card in view.empty.starters if card.isVisible()]
    places = [QRect(card.mapTo(view.empty, QPoint()), card.size()) for card in cards]
    assert len(cards) == shown
    assert all(frame.contains(place) for place in places)

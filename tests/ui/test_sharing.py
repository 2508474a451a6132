"""Shared weights in the window: carried by the pointer or by keys, drawn as a tie, told in the inspector, undone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QGraphicsSceneHoverEvent

import playground as pg
from playground.core import registry
from playground.document.edits import AddLink, AddNode, ReplaceSpec, ShareWeights
from playground.lowering import tie_of
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.sharing import ShareGesture
from playground.ui.canvas.view import CanvasView
from playground.ui.inspector.facts import node_facts
from playground.ui.inspector.panel import Inspector
from playground.ui.inspector.ties import tie_words
from playground.ui.scope import Scope
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import node
from tests.ui.synthetic import move, press, release

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    """Iris (4 inputs) -> dense1 to 6 -> dense2 to 4 -> dense3 to 6 -> tanh1; dense4 stands free."""
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1300, 700)
    made.show()
    chain = [("dataset", "iris", {}), *(("layer", "dense", {"units": n}) for n in (6, 4, 6)), ("layer", "tanh", {})]
    last = ""
    for at, (kind, id, settings) in enumerate(chain):
        edit = AddNode(registry.find(kind, id)(**settings), position=(40 + 210.0 * at, 200.0))
        session.do(edit)
        if last:
            session.do(AddLink(last, edit.id, 0))
        last = edit.id
    session.do(AddNode(registry.find("layer", "dense")(), position=(260.0, 460.0)))
    qtbot.waitUntil(lambda: session.samples is not None, timeout=20_000)
    settle()
    made.centerOn(QPointF(560, 320))
    settle()
    return made


def item(view: CanvasView, name: str) -> NodeItem:
    return next(item for item in view.canvas.nodes.values() if item.look.name == name)


def middle(view: CanvasView, name: str) -> QPointF:
    return QPointF(view.mapFromScene(item(view, name).sceneBoundingRect().center()))


def hover(view: CanvasView, name: str, on: bool = True) -> None:
    event = QGraphicsSceneHoverEvent(QEvent.Type.GraphicsSceneHoverMove)
    event.setPos(QPointF(20, 20))
    (item(view, name).hoverMoveEvent if on else item(view, name).hoverLeaveEvent)(event)


def test_weights_fit_as_they_are_or_turned_round_or_not_at_all(view: CanvasView, session: Session) -> None:
    ids = {name: node(session, name).id for name in ("dense1", "dense2", "dense3", "dense4", "tanh1")}

    def tie(source: str, target: str):
        return tie_of(session.project, session.samples, ids[source], ids[target])

    assert (tie("dense1", "dense3").plain, tie("dense1", "dense3").transposed) == (True, False)
    assert (tie("dense1", "dense2").plain, tie("dense1", "dense2").transposed) == (False, True)
    assert "tanh1 has no weights" in tie("dense1", "tanh1").problem.text
    assert tie("tanh1", "dense1").problem.text == "tanh1 has no weights to share."
    assert tie("dense1", "dense4").problem.text == "The shape of dense4 is not known yet. Wire it first."


def test_alt_drag_from_one_node_onto_another_shares_the_weights(view: CanvasView, session: Session) -> None:
    press(view, middle(view, "dense1"), ALT)
    assert isinstance(view.gesture, ShareGesture)
    move(view, middle(view, "dense3"))
    assert view.port_names.text == "Share weights"
    release(view, middle(view, "dense3"))
    shared = node(session, "dense3")
    assert (shared.shares, shared.transposed) == (node(session, "dense1").id, False)
    assert item(view, "dense3").look.badge == item(view, "dense1").look.badge == "tied"
    assert item(view, "dense3").look.line == "shares with dense1"
    assert "shares with dense1" in item(view, "dense3").look.said
    (tie,) = view.canvas.ties.values()
    assert tie.ends == (item(view, "dense1"), item(view, "dense3"))
    session.undo()
    assert not node(session, "dense3").shares
    assert not view.canvas.ties
    assert item(view, "dense3").look.badge == ""
    session.redo()
    assert len(view.canvas.ties) == 1


def test_the_handle_shows_under_the_pointer_and_carries_the_weights(view: CanvasView, session: Session) -> None:
    source = item(view, "dense1")
    grip = QPointF(view.mapFromScene(source.mapToScene(source.handle())))
    press(view, grip)
    assert not isinstance(view.gesture, ShareGesture)  # it does not show, so it is not there
    release(view, grip)
    hover(view, "dense1")
    move(view, grip, Qt.MouseButton.NoButton)
    assert "share these weights" in view.port_names.text
    press(view, grip)
    assert isinstance(view.gesture, ShareGesture)
    move(view, middle(view, "dense2"))
    assert view.port_names.text == "Share transposed"
    release(view, middle(view, "dense2"))
    assert node(session, "dense2").transposed
    assert next(iter(view.canvas.ties.values())).transposed
    assert item(view, "dense2").look.line == "shares with dense1, transposed"


def test_what_does_not_fit_is_refused_at_the_pointer(view: CanvasView, session: Session) -> None:
    press(view, middle(view, "dense1"), ALT)
    move(view, middle(view, "tanh1"))
    assert view.refusal.isVisible()
    assert view.refusal.title == "tanh1 has no weights"
    assert view.gesture.tie.refused
    release(view, middle(view, "tanh1"))
    assert view.gesture is None
    assert not view.refusal.isVisible()
    assert not any(one.shares for one in session.project.network.nodes)


def test_a_tie_that_shares_nothing_is_not_shown_as_one_that_does(view: CanvasView, session: Session) -> None:
    session.do(ShareWeights(node(session, "dense3").id, node(session, "dense1").id))
    session.do(ReplaceSpec(node(session, "dense1").id, registry.find("layer", "relu")()))
    settle()
    look = item(view, "dense3").look
    assert (look.badge, item(view, "dense1").look.badge) == ("warn", "")
    assert "shares" not in look.line
    assert "no weights to share" in look.detail
    assert tie_words(session.view.network, node(session, "dense3"), session.seen.idle_ties) == "tied to dense1, shares nothing"
    assert tie_words(session.view.network, node(session, "dense1"), session.seen.idle_ties) == ""


def test_inside_a_block_a_bias_of_its_own_is_not_taken_for_that_of_the_giver() -> None:
    made = pg.Project()
    data = made.add(pg.dataset("digits"), name="digits")
    encode = made.add(pg.layer("conv2d", filters=4), data, name="encode")
    decode = made.add(pg.layer("conv_transpose2d", filters=1, kernel=(3, 3), stride=(1, 1)), encode, name="decode")
    made.add(pg.loss("mean_squared_error"), decode, data, name="loss")
    use = made.share("decode", "encode").make_block("Both", "encode", "decode")
    scope = Scope()
    scope.path = (next(one.id for one in made.record.network.nodes if one.name == use),)
    held = {f"{use}/encode.weight": 1, f"{use}/encode.bias": 2, f"{use}/decode.bias": 3}
    found = LocalNames(made.record, scope).weights(held)
    assert found == {"encode.weight": 1, "encode.bias": 2, "decode.weight": 1, "decode.bias": 3}


def test_the_kernel_of_a_convolution_fits_its_way_back_with_a_bias_of_its_own(session: Session, qtbot) -> None:
    """So says the gesture, and the inspector counts the bias."""
    made, last = [("dataset", "digits", {}), ("layer", "conv2d", {"filters": 4})], ""
    for kind, id, settings in (*made, ("layer", "conv_transpose2d", {"filters": 1, "kernel": (3, 3), "stride": (1, 1)})):
        edit = AddNode(registry.find(kind, id)(**settings))
        session.do(edit)
        if last:
            session.do(AddLink(last, edit.id, 0))
        last = edit.id
    qtbot.waitUntil(lambda: session.samples is not None, timeout=20_000)
    settle()
    conv, back = (
        next(one for one in session.project.network.nodes if one.spec.id == id) for id in ("conv2d", "conv_transpose2d")
    )
    tie = tie_of(session.project, session.samples, conv.id, back.id)
    assert (tie.plain, tie.transposed, tie.problem) == (True, False, None)
    session.do(ShareWeights(back.id, conv.id))
    settle()
    told = dict(node_facts(session, session.project.network.node(back.id)))
    assert told["Parameters"] == f"1, the others shared with {conv.name}"


def test_let_go_in_the_open_or_by_escape_changes_nothing(view: CanvasView, session: Session) -> None:
    before = session.project
    press(view, middle(view, "dense1"), ALT)
    move(view, QPointF(500, 640))
    release(view, QPointF(500, 640))
    press(view, middle(view, "dense1"), ALT)
    move(view, middle(view, "dense3"))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    release(view, middle(view, "dense3"))
    assert session.project is before
    assert view.gesture is None
    assert not item(view, "dense3").lit


def test_keys_share_and_end_it(view: CanvasView, session: Session) -> None:
    session.select([node(session, "dense1").id])
    view.share_weights()
    assert isinstance(view.gesture, ShareGesture)
    assert "Share" in view.accessibleDescription()
    while view.gesture.over is not item(view, "dense3"):
        QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert node(session, "dense3").shares == node(session, "dense1").id
    session.select([node(session, "dense3").id])
    view.share_weights()
    assert not node(session, "dense3").shares


def test_two_selected_layers_share_and_square_ones_may_be_turned(view: CanvasView, session: Session) -> None:
    from playground.document.edits import SetField

    session.do(SetField(node(session, "dense1").id, "units", 4))
    session.do(SetField(node(session, "dense2").id, "units", 4))
    settle()
    session.select([node(session, "dense1").id])
    view.share_weights()
    gesture = view.gesture
    assert isinstance(gesture, ShareGesture)
    while gesture.over is not item(view, "dense2"):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert not gesture.transposed
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert gesture.transposed
    QTest.keyClick(view, Qt.Key.Key_Escape)
    session.select([node(session, "dense1").id, node(session, "dense2").id])
    view.share_weights()
    assert node(session, "dense2").shares == node(session, "dense1").id


def test_both_ends_light_up_under_the_pointer(view: CanvasView, session: Session) -> None:
    session.do(ShareWeights(node(session, "dense3").id, node(session, "dense1").id))
    hover(view, "dense1")
    assert item(view, "dense3").lit
    assert next(iter(view.canvas.ties.values())).lit
    hover(view, "dense1", on=False)
    assert not item(view, "dense3").lit


def test_a_tie_goes_with_its_nodes(view: CanvasView, session: Session) -> None:
    session.do(ShareWeights(node(session, "dense3").id, node(session, "dense1").id))
    session.select([node(session, "dense1").id])
    view.commands.delete()
    assert not view.canvas.ties
    session.undo()
    assert len(view.canvas.ties) == 1


def test_the_inspector_says_so_and_ends_it(view: CanvasView, session: Session, qtbot) -> None:
    made = Inspector(session)
    qtbot.addWidget(made)
    made.resize(300, 800)
    made.show()
    session.do(ShareWeights(node(session, "dense2").id, node(session, "dense1").id, True))
    session.select([node(session, "dense2").id])
    settle()
    assert made.tie.words.text() == "shared with dense1 (transposed)"
    assert made.tie.stop.isVisible()
    facts = {left.text(): right.text() for left, right in made.head._rows}
    assert facts["Parameters"] == "4, the others shared with dense1"
    session.select([node(session, "dense1").id])
    settle()
    assert made.tie.words.text() == "used by dense2 (transposed) too"
    assert not made.tie.stop.isVisible()
    session.select([node(session, "dense2").id])
    settle()
    made.tie.stop.click()
    settle()
    assert not node(session, "dense2").shares
    assert made.tie.words.text() == "its own"

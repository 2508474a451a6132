"""Nodes with several ports: which show, what they are called, and wires that keep the output they were started at."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest

from playground.core import registry
from playground.document.edits import AddLink, AddNode
from playground.document.project import Network
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.ports import node_ports, places
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.synthetic import drag, mouse, move, port, press, release


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    """Iris -> dense1 -> loss, and a second layer that stands free."""
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    for kind, id, x, y in (
        ("dataset", "iris", 40, 200), ("layer", "dense", 300, 200), ("loss", "cross_entropy", 560, 180), ("layer", "dense", 300, 380),
    ):  # fmt: skip
        session.do(
            AddNode(
                registry.find(kind, id)(), position=(float(x), float(y)), name={"dataset": "data", "loss": "loss"}.get(kind, "")
            )
        )
    data, dense, loss, _ = session.project.network.nodes
    session.do(AddLink(data.id, dense.id, 0))
    session.do(AddLink(dense.id, loss.id, 0))
    qtbot.waitUntil(lambda: session.samples is not None, timeout=20_000)
    settle()
    made.centerOn(QPointF(400, 300))
    settle()
    return made


def item(view: CanvasView, start: str) -> NodeItem:
    return next(item for item in view.canvas.nodes.values() if item.look.name.startswith(start))


def wired(network: Network) -> set[tuple[str, int, str, int]]:
    return {(network.node(k.source).name, k.output, network.node(k.target).name, k.port) for k in network.links}


def test_usual_ports_stand_round_the_middle_and_quiet_ones_below() -> None:
    assert places(1, (), 52) == [26]
    assert places(2, (), 52) == [16, 36]
    assert places(3, {1, 2}, 112) == [56, 76, 96]
    low = places(3, {1, 2}, 68)
    assert low[0] == 34
    assert low[1] - low[0] >= 14
    assert low[2] <= 62


def test_every_layer_with_several_ports_has_room_for_them() -> None:
    """No two ports of a side come nearer than a pointer can tell apart, and none leaves the node."""
    for kind in ("layer", "loss", "dataset"):
        for record in registry.entries(kind):
            ports = node_ports(record(), (), (), None)
            height = max(52.0, ports.least_height)
            for count, quiet in ((ports.ins, ports.quiet_in), (ports.outs, ports.quiet_out)):
                stand = sorted(places(count, quiet, height))
                assert all(b - a >= 12 for a, b in itertools.pairwise(stand)), record.id
                assert all(4 <= y <= height - 4 for y in stand), record.id


def test_the_data_shows_one_output_and_the_loss_one_input_until_they_are_wanted(view: CanvasView) -> None:
    data, loss = item(view, "data"), item(view, "loss")
    assert (data.look.outs, data.look.quiet_out) == (2, {1})  # iris has no weights, so that output is not there
    assert (loss.look.ins, loss.look.quiet_in) == (3, {1, 2})
    assert data.port("out", 0).y() == data.look.height / 2
    assert loss.port("in", 0).y() == loss.look.height / 2
    assert not data.open
    at = port(view, "data", "out", 1)
    move(view, at, Qt.MouseButton.NoButton)
    assert view.port_names.scene() is view.canvas
    assert view.port_names.text.startswith("targets")
    move(view, QPointF(3, 3), Qt.MouseButton.NoButton)
    assert not view.port_names.text


def test_ports_of_the_only_kind_have_no_label(view: CanvasView) -> None:
    move(view, port(view, "dense1", "in"), Qt.MouseButton.NoButton)
    assert not view.port_names.text


def test_a_wire_starts_at_the_output_that_was_grabbed(view: CanvasView, session: Session) -> None:
    loss = item(view, "loss").look.name
    drag(view, port(view, "data", "out", 1), port(view, loss, "in", 1))
    assert ("data", 1, loss, 1) in wired(session.project.network)
    assert item(view, "loss").look.quiet_in == {2}
    wire = next(wire for wire in view.canvas.wires.values() if wire.port == 1)
    assert wire.output == 1
    data = item(view, "data")
    assert wire.path.pointAtPercent(0) == data.mapToScene(data.port("out", 1))
    assert wire.label == "1"  # a class index is one number; the inputs are 4
    session.undo()
    assert wired(session.project.network) == {("data", 0, "dense1", 0), ("dense1", 0, loss, 0)}


def test_while_a_wire_is_drawn_optional_inputs_show_and_are_named(view: CanvasView) -> None:
    loss = item(view, "loss")
    press(view, port(view, "data", "out", 1))
    move(view, port(view, loss.look.name, "in", 1))
    assert loss.open
    assert item(view, "data").open
    assert view.port_names.text == "target (optional)"
    assert view.gesture is not None
    view.gesture.cancel()
    assert not loss.open
    assert not view.port_names.text
    release(view, QPointF(5, 5))


def test_taking_a_wire_by_its_end_keeps_its_output(view: CanvasView, session: Session) -> None:
    data, loss = item(view, "data"), item(view, "loss")
    session.do(AddLink(data.id, loss.id, 1, output=1))
    settle()
    drag(view, port(view, loss.look.name, "in", 1), port(view, loss.look.name, "in", 2))
    assert ("data", 1, loss.look.name, 2) in wired(session.project.network)
    assert ("data", 1, loss.look.name, 1) not in wired(session.project.network)


def test_a_layer_dropped_on_a_wire_takes_its_output(view: CanvasView, session: Session) -> None:
    data, second = item(view, "data"), item(view, "dense2")
    session.do(AddLink(data.id, second.id, 0, output=1))
    link = session.project.network.links[-1]
    view.commands.add_to_wire(registry.find("layer", "tanh")(), link.id, QPointF(250, 400))
    assert {("data", 1, "tanh1", 0), ("tanh1", 0, "dense2", 0)} <= wired(session.project.network)


def test_keys_choose_the_output_and_the_end(view: CanvasView, session: Session) -> None:
    data = item(view, "data")
    session.select([data.id])
    view.start_wire()
    gesture = view.gesture
    assert gesture is not None
    assert gesture.output == 0
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert gesture.output == 1
    assert "from targets" in view.accessibleDescription()
    for _ in range(12):
        if gesture.over is not None and gesture.over[0] is item(view, "loss") and gesture.over[1] == 1:
            break
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert "input target (optional), fits" in view.accessibleDescription()
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert ("data", 1, item(view, "loss").look.name, 1) in wired(session.project.network)


def test_a_screen_reader_hears_what_the_ports_are_called(view: CanvasView, session: Session) -> None:
    session.select([item(view, "loss").id])
    assert "inputs prediction, target (optional), weights (optional)" in view.accessibleDescription()


def test_the_states_of_a_recurrent_layer_are_wired_and_labelled(view: CanvasView, session: Session) -> None:
    """Widget -> model -> widget for a layer with three outputs."""
    for edit in (
        AddNode(registry.find("layer", "reshape")(shape=(4, 1)), position=(300.0, 520.0)),
        AddNode(registry.find("layer", "lstm")(units=5), position=(500.0, 500.0)),
        AddNode(registry.find("layer", "lstm")(units=5), position=(760.0, 500.0)),
    ):
        session.do(edit)
    view.resize(1300, 900)
    view.zoom_to_fit(most=1.0)
    settle()
    data, shape = item(view, "data"), item(view, "reshape1")
    first, second = item(view, "lstm1"), item(view, "lstm2")
    for edit in (AddLink(data.id, shape.id), AddLink(shape.id, first.id), AddLink(shape.id, second.id)):
        session.do(edit)
    settle()
    assert first.look.out_names[1] == "state · 5"
    drag(view, port(view, "lstm1", "out", 1), port(view, "lstm2", "in", 1))
    drag(view, port(view, "lstm1", "out", 2), port(view, "lstm2", "in", 2))
    assert {("lstm1", 1, "lstm2", 1), ("lstm1", 2, "lstm2", 2)} <= wired(session.project.network)
    labels = {wire.label for wire in view.canvas.wires.values() if wire.source is first}
    assert labels == {"5"}
    assert second.look.quiet_in == frozenset()


def test_an_output_that_the_data_lack_is_refused_at_the_pointer(view: CanvasView, session: Session) -> None:
    from playground.lowering import fits

    data, loss = item(view, "data"), item(view, "loss")
    problem = fits(session.project, session.samples, data.id, loss.id, 2, 2)
    assert problem is not None
    assert problem.text == "data has no weights. Choose another output."


def test_hovering_opens_and_leaving_closes(view: CanvasView) -> None:
    from PySide6.QtWidgets import QGraphicsSceneHoverEvent

    data = item(view, "data")
    event = QGraphicsSceneHoverEvent(QEvent.Type.GraphicsSceneHoverMove)
    event.setPos(data.port("out", 1))
    data.hoverMoveEvent(event)
    assert data.open
    assert data.hot_port == ("out", 1)
    data.hoverLeaveEvent(event)
    assert not data.open
    mouse(view, QEvent.Type.MouseMove, QPointF(2, 2), Qt.MouseButton.NoButton)

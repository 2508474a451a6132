"""Dropping, wiring, moving and selecting with the pointer: each gesture is one edit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from playground.core import registry
from playground.document.edits import AddLink, AddNode, MoveNodes
from playground.ui.canvas.empty import HINT_HIGH, HINTS_TOP
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.synthetic import centre, click, double_click, drag, drop, mouse, move, port, press, release


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    settle()
    made.centerOn(QPointF(550, 350))
    return made


@pytest.fixture
def chain(view: CanvasView, session: Session, loaded: Callable[[Session], None]) -> CanvasView:
    """Iris -> dense -> ReLU, dense; the last two stand free."""
    specs = (("dataset", "iris", 40), ("layer", "dense", 260), ("layer", "relu", 480), ("layer", "dense", 700))
    made = [AddNode(registry.find(kind, id)(), position=(float(x), 200.0)) for kind, id, x in specs]
    for edit in made:
        session.do(edit)
    session.do(AddLink(made[0].id, made[1].id, 0))
    loaded(session)
    view.centerOn(QPointF(550, 350))
    return view


def steps(session: Session) -> int:
    count = 0
    while session.history.can_undo:
        session.undo()
        count += 1
    for _ in range(count):
        session.redo()
    return count


def wires(session: Session) -> set[tuple[str, str, int]]:
    network = session.project.network
    return {(network.node(k.source).name, network.node(k.target).name, k.port) for k in network.links}


def test_a_drop_adds_the_layer_under_the_pointer(view: CanvasView, session: Session) -> None:
    at = QPointF(420, 310)
    drop(view, "layer", "conv2d", at)
    (node,) = session.project.network.nodes
    assert node.spec.id == "conv2d"
    where = view.mapToScene(at.toPoint())
    assert abs(node.position[0] + 53 - where.x()) <= 4
    assert abs(node.position[1] + 26 - where.y()) <= 4
    assert session.selection == (node.id,)
    assert steps(session) == 1


def test_the_first_layer_of_a_new_project_stays_under_the_pointer(chain: CanvasView, session: Session) -> None:
    chain.zoom_about(0.5, QPointF(10, 20))
    chain.hide()  # behind the start page
    session.new()
    chain.show()
    settle()
    assert chain.zoom == pytest.approx(1)
    at = QPointF(250, 140)
    drop(chain, "layer", "dense", at)
    (node,) = session.project.network.nodes
    shown = chain.mapFromScene(QPointF(*node.position)) - at.toPoint() + QPoint(53, 26)
    assert max(abs(shown.x()), abs(shown.y())) <= 4


def test_the_first_layer_that_is_not_dropped_is_in_view(chain: CanvasView, session: Session) -> None:
    session.new()
    chain.centerOn(QPointF(900, -700))
    chain.commands.add(registry.find("layer", "dense")())
    (node,) = session.project.network.nodes
    shown = chain.visible()
    assert shown.contains(QPointF(*node.position))
    assert node.position[0] < shown.center().x()


def test_a_drop_reaches_the_canvas_through_what_lies_over_it(view: CanvasView, session: Session) -> None:
    """On a real screen the empty canvas's page is what is under the pointer."""
    over = view.childAt(420, 100)
    assert over is view.empty
    assert over.acceptDrops()
    drop(view, "layer", "dense", QPointF(420, 100), over)
    assert len(session.project.network.nodes) == 1


def test_a_foreign_drop_is_ignored(view: CanvasView, session: Session) -> None:
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDropEvent

    from playground.ui.kinds import MIME

    for data in (b"", b"[]", b'{"kind": "layer", "id": "no such thing"}', b"\xff\xfe", b'{"kind": 3}'):
        mime = QMimeData()
        mime.setData(MIME, data)
        event = QDropEvent(
            QPointF(300, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(view.viewport(), event)
    assert not session.project.network.nodes


def test_a_drop_onto_a_wire_inserts(chain: CanvasView, session: Session) -> None:
    wire = next(iter(chain.canvas.wires.values()))
    before = steps(session)
    drop(chain, "layer", "tanh", QPointF(chain.mapFromScene(wire.middle)))
    assert wires(session) == {("data", "tanh1", 0), ("tanh1", "dense1", 0)} or wires(session) == {
        ("iris1", "tanh1", 0), ("tanh1", "dense1", 0),
    }  # fmt: skip
    assert steps(session) == before + 1
    bodies = [item.mapRectToScene(item.body()) for item in chain.canvas.nodes.values()]
    assert not any(one.intersects(other) for at, one in enumerate(bodies) for other in bodies[:at]), "there is room for it"
    session.undo()
    assert len(wires(session)) == 1


def test_a_drop_onto_a_short_wire_lies_on_neither_neighbour(chain: CanvasView, session: Session) -> None:
    for at, node in enumerate(session.project.network.nodes):
        session.do(MoveNodes({node.id: (40.0 + 150 * at, 100.0)}))
    wire = next(iter(chain.canvas.wires.values()))
    drop(chain, "layer", "dropout", QPointF(chain.mapFromScene(wire.middle)))
    bodies = {item.look.name: item.mapRectToScene(item.body()) for item in chain.canvas.nodes.values()}
    assert bodies["dropout1"].left() > bodies[wire.source.look.name].right()
    assert bodies["dropout1"].right() < bodies["dense1"].left()


def test_what_is_pushed_aside_takes_along_what_it_would_lie_on(chain: CanvasView, session: Session) -> None:
    """A node far below the row, which the pushed one comes to stand over."""
    data, dense, *others = session.project.network.nodes
    session.do(MoveNodes({data.id: (40.0, 100.0), dense.id: (190.0, 160.0)}))
    body = chain.canvas.nodes[dense.id].body()
    for at, node in enumerate(others):
        session.do(MoveNodes({node.id: (206.0 + body.width() + 200 * at, 150.0 + body.height())}))
    wire = next(iter(chain.canvas.wires.values()))
    for _ in range(2):
        drop(chain, "layer", "dropout", QPointF(chain.mapFromScene(wire.middle)))
        bodies = {item.look.name: item.mapRectToScene(item.body()) for item in chain.canvas.nodes.values()}
        met = [(one, other) for one in bodies for other in bodies if one < other and bodies[one].intersects(bodies[other])]
        assert not met


def test_dragging_from_port_to_port_makes_a_wire(chain: CanvasView, session: Session) -> None:
    drag(chain, port(chain, "dense1", "out"), port(chain, "relu1", "in"))
    assert ("dense1", "relu1", 0) in wires(session)
    assert chain.gesture is None


def test_a_wire_let_go_on_a_node_takes_the_input_that_fits(chain: CanvasView, session: Session) -> None:
    drag(chain, port(chain, "dense1", "out"), centre(chain, "relu1"))
    assert ("dense1", "relu1", 0) in wires(session)
    session.do(AddNode(registry.find("layer", "add")(), position=(480.0, 420.0)))
    for name in ("dense1", "relu1"):
        drag(chain, port(chain, name, "out"), centre(chain, "add1"))
    assert {("dense1", "add1", 0), ("relu1", "add1", 1)} <= wires(session), "the free one"
    drag(chain, port(chain, "dense2", "in"), centre(chain, "relu1"))
    assert ("relu1", "dense2", 0) in wires(session), "backwards too"


def test_a_wire_let_go_on_a_node_that_it_does_not_fit_is_told_why(chain: CanvasView, session: Session) -> None:
    session.do(AddNode(registry.find("layer", "conv2d")(), position=(480.0, 420.0)))
    before, at = wires(session), centre(chain, "conv1")
    press(chain, port(chain, "dense1", "out"))
    move(chain, at)
    assert not chain.refusal.isVisible(), "not yet: it may only pass over it"
    release(chain, at)
    assert chain.refusal.isVisible()
    assert wires(session) == before
    assert chain.gesture is None
    drag(chain, port(chain, "dense1", "out"), centre(chain, "relu1"))
    drag(chain, port(chain, "relu1", "out"), centre(chain, "dense1"))
    assert chain.refusal.isVisible(), "a loop has no remedy, and was not told before"
    click(chain, QPointF(8, 8))
    assert not chain.refusal.isVisible()


def test_click_and_click_makes_a_wire(chain: CanvasView, session: Session) -> None:
    click(chain, port(chain, "dense1", "out"))
    assert chain.gesture is not None
    move(chain, port(chain, "relu1", "in"), held=Qt.MouseButton.NoButton)
    assert chain.gesture.wire.state == "fits"
    press(chain, port(chain, "relu1", "in"))
    assert chain.gesture is None
    assert ("dense1", "relu1", 0) in wires(session)


def test_a_wire_that_does_not_fit_is_refused_with_the_reason(chain: CanvasView, session: Session) -> None:
    """A loop: from the second layer back to the first."""
    drag(chain, port(chain, "dense1", "out"), port(chain, "relu1", "in"))
    before = wires(session)
    start, end = port(chain, "relu1", "out"), port(chain, "dense1", "in")
    press(chain, start)
    move(chain, start + (end - start) * 0.5)
    move(chain, end)
    assert chain.gesture is not None
    assert chain.gesture.wire.state == "refused"
    assert chain.refusal.isVisible()
    assert "loop" in chain.refusal.accessibleName() or "circle" in chain.refusal.accessibleName()
    release(chain, end)
    assert wires(session) == before
    assert chain.gesture is None


def test_ports_that_fit_are_marked_while_a_wire_is_drawn(chain: CanvasView) -> None:
    start = port(chain, "dense1", "out")
    press(chain, start)
    move(chain, start + QPointF(30, 30))
    marked = {item.look.name: item.fitting for item in chain.canvas.nodes.values()}
    assert marked["relu1"] == {0}
    release(chain, start + QPointF(60, 90))
    assert all(not item.fitting for item in chain.canvas.nodes.values())


@pytest.fixture
def unequal(view: CanvasView, session: Session, loaded: Callable[[Session], None]) -> CanvasView:
    """Two convolutions of 8 and 16 filters; the first is wired to an Add, the second is not yet."""
    specs = [("dataset", "digits", {}, 40, 200), ("layer", "conv2d", {"filters": 8}, 260, 60), ("layer", "conv2d", {"filters": 16}, 260, 320),
             ("layer", "add", {}, 560, 200)]  # fmt: skip
    made = [AddNode(registry.find(k, id)(**given), position=(float(x), float(y))) for k, id, given, x, y in specs]
    for edit in made:
        session.do(edit)
    for source, target, at in ((0, 1, 0), (0, 2, 0), (1, 3, 0)):
        session.do(AddLink(made[source].id, made[target].id, at))
    loaded(session)
    return view


def test_a_mend_is_applied_by_one_key(unequal: CanvasView, session: Session, qtbot) -> None:
    drag(unequal, port(unequal, "conv2", "out"), port(unequal, "add1", "in", 1))
    assert unequal.refusal.isVisible()
    assert unequal.refusal.mend is not None
    before = steps(session)
    qtbot.keyClick(unequal, Qt.Key.Key_1)
    assert not unequal.refusal.isVisible()
    assert steps(session) == before + 1
    assert sum(target == "add1" for _, target, _ in wires(session)) == 2


def test_escape_puts_a_refusal_away(unequal: CanvasView, session: Session, qtbot) -> None:
    drag(unequal, port(unequal, "conv2", "out"), port(unequal, "add1", "in", 1))
    before = session.project
    qtbot.keyClick(unequal, Qt.Key.Key_Escape)
    assert not unequal.refusal.isVisible()
    assert session.project == before


def test_picking_up_a_wire_and_dropping_it_nowhere_removes_it(chain: CanvasView, session: Session) -> None:
    end = port(chain, "dense1", "in")
    drag(chain, end, end + QPointF(10, 160))
    assert wires(session) == set()
    session.undo()
    assert len(wires(session)) == 1


def test_moving_is_one_edit(chain: CanvasView, session: Session) -> None:
    before = steps(session)
    start = centre(chain, "relu1")
    drag(chain, start, start + QPointF(60, 71))  # level with nothing
    node = next(node for node in session.project.network.nodes if node.name == "relu1")
    assert node.position == (540.0, 271.0)
    assert steps(session) == before + 1
    session.undo()
    assert next(n for n in session.project.network.nodes if n.name == "relu1").position == (480.0, 200.0)


def test_escape_puts_back_what_is_dragged(chain: CanvasView, session: Session, qtbot) -> None:
    before, start = session.project, centre(chain, "relu1")
    press(chain, start)
    move(chain, start + QPointF(40, 71))
    item = next(item for item in chain.canvas.nodes.values() if item.look.name == "relu1")
    assert (item.x(), item.y()) == (520.0, 271.0)
    qtbot.keyClick(chain, Qt.Key.Key_Escape)
    assert (item.x(), item.y()) == (480.0, 200.0)
    move(chain, start + QPointF(60, 90))
    release(chain, start + QPointF(60, 90))
    assert (item.x(), item.y()) == (480.0, 200.0)
    assert session.project is before
    assert [node.name for node in session.selected_nodes()] == ["relu1"]
    qtbot.keyClick(chain, Qt.Key.Key_Escape)
    assert not session.selection


def test_escape_takes_a_rubber_band_away(chain: CanvasView, session: Session, qtbot) -> None:
    click(chain, centre(chain, "dense2"))
    a, b = centre(chain, "dense1"), centre(chain, "relu1")
    press(chain, QPointF(a.x() - 70, a.y() - 60))
    move(chain, QPointF(b.x() + 60, b.y() + 200))
    assert {node.name for node in session.selected_nodes()} == {"dense1", "relu1"}
    qtbot.keyClick(chain, Qt.Key.Key_Escape)
    assert [node.name for node in session.selected_nodes()] == ["dense2"]
    assert chain.rubberBandRect().isNull()
    move(chain, QPointF(b.x() + 70, b.y() + 210))
    release(chain, QPointF(b.x() + 70, b.y() + 210))
    assert [node.name for node in session.selected_nodes()] == ["dense2"]


def test_a_rubber_band_selects(chain: CanvasView, session: Session) -> None:
    a, b = centre(chain, "dense1"), centre(chain, "relu1")
    drag(chain, QPointF(a.x() - 70, a.y() - 60), QPointF(b.x() + 60, b.y() + 200))
    names = {node.name for node in session.selected_nodes()}
    assert names == {"dense1", "relu1"}


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier])
def test_control_and_shift_add_to_the_selection(chain: CanvasView, session: Session, held: Qt.KeyboardModifier) -> None:
    def go(*places: QPointF) -> None:
        press(chain, places[0], held)
        for place in places[1:]:
            mouse(chain, QEvent.Type.MouseMove, place, held=Qt.MouseButton.LeftButton, modifiers=held)
        mouse(chain, QEvent.Type.MouseButtonRelease, places[-1], modifiers=held)

    click(chain, centre(chain, "dense1"))
    go(centre(chain, "relu1"))
    assert {node.name for node in session.selected_nodes()} == {"dense1", "relu1"}
    go(centre(chain, "dense1"))
    assert {node.name for node in session.selected_nodes()} == {"relu1"}, "once more takes it out again"
    at = centre(chain, "dense2")
    go(QPointF(at.x() - 60, at.y() - 60), at, QPointF(at.x() + 70, at.y() + 200))
    assert {node.name for node in session.selected_nodes()} == {"relu1", "dense2"}, "a rubber band adds too"


def test_the_wheel_zooms_about_the_pointer(chain: CanvasView) -> None:
    at = QPointF(300, 200)
    kept = chain.viewportTransform().inverted()[0].map(at)
    event = QWheelEvent(
        at, QPointF(chain.mapToGlobal(at.toPoint())), QPointF(0, 0).toPoint(), QPointF(0, 240).toPoint(), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    zoom = chain.zoom
    QApplication.sendEvent(chain.viewport(), event)
    assert chain.zoom > zoom
    now = chain.viewportTransform().map(kept)
    assert abs(now.x() - at.x()) < 1
    assert abs(now.y() - at.y()) < 1


def test_zoom_has_limits(view: CanvasView) -> None:
    for _ in range(60):
        view.zoom_by(1.5)
    assert view.zoom == pytest.approx(4.0)
    for _ in range(80):
        view.zoom_by(0.6)
    assert view.zoom == pytest.approx(0.05)


def test_double_click_on_a_node_renames_it(chain: CanvasView, session: Session, qtbot) -> None:
    double_click(chain, centre(chain, "dense1"))
    assert chain.naming.line.isVisible()
    chain.naming.line.setText("hidden")
    qtbot.keyClick(chain.naming.line, Qt.Key.Key_Return)
    assert any(node.name == "hidden" for node in session.project.network.nodes)


def test_a_name_that_is_taken_is_refused(chain: CanvasView, session: Session, qtbot) -> None:
    told: list[str] = []
    session.message.connect(lambda text, level: told.append(text))
    double_click(chain, centre(chain, "dense1"))
    chain.naming.line.setText("relu1")
    qtbot.keyClick(chain.naming.line, Qt.Key.Key_Return)
    assert told
    assert chain.naming.line.isVisible()
    qtbot.keyClick(chain.naming.line, Qt.Key.Key_Escape)
    assert {node.name for node in session.project.network.nodes} >= {"dense1", "relu1"}


@pytest.mark.parametrize(("high", "keys"), [(300, False), (320, False), (360, True)])
def test_the_keys_of_the_empty_canvas_stand_inside_its_frame(view: CanvasView, high: int, keys: bool) -> None:
    empty = view.empty
    empty.resize(900, high)
    assert empty._hints() is keys
    assert not keys or empty._frame().height() >= HINTS_TOP + HINT_HIGH
    card = next(card for card in empty.starters if card.isVisible())
    assert empty._frame().toRect().contains(QRect(card.mapTo(empty, QPoint()), card.size()))


def test_an_empty_canvas_says_what_to_do(view: CanvasView, session: Session) -> None:
    assert view.empty.isVisible()
    view.commands.add(registry.find("layer", "dense")())
    assert not view.empty.isVisible()
    session.undo()
    assert view.empty.isVisible()


def test_a_refusal_shows_three_remedies_and_a_number_picks(unequal: CanvasView, session: Session, qtbot) -> None:
    before = session.project
    start, end = port(unequal, "conv2", "out"), port(unequal, "add1", "in", 1)
    drag(unequal, start, end)
    card = unequal.refusal
    assert card.isVisible()
    assert 2 <= len(card.mends) <= 3
    texts = [mend.text for mend in card.mends]
    assert all(f"{k}: {text}" in card.accessibleName() for k, text in enumerate(texts, 1))
    assert unequal.viewport().cursor().shape() != Qt.CursorShape.ForbiddenCursor, "it was let go"
    qtbot.keyClick(unequal, Qt.Key.Key_2)
    assert not card.isVisible()
    assert session.project != before
    session.undo()
    assert session.project == before, "one step"


def test_a_click_on_a_row_picks_that_remedy(unequal: CanvasView, session: Session) -> None:
    drag(unequal, port(unequal, "conv2", "out"), port(unequal, "add1", "in", 1))
    row = unequal.refusal._rows()[1]
    wanted = unequal.refusal.mends[1]
    found = []
    unequal.refusal.chosen.connect(found.append)
    press(unequal.refusal, row.center())
    assert found == [wanted]


def test_a_number_that_no_remedy_has_leaves_the_card(unequal: CanvasView, session: Session, qtbot) -> None:
    drag(unequal, port(unequal, "conv2", "out"), port(unequal, "add1", "in", 1))
    before, count = session.project, len(unequal.refusal.mends)
    if count < 3:
        qtbot.keyClick(unequal, Qt.Key.Key_3)
        assert unequal.refusal.isVisible()
    assert session.project == before


def test_the_pointer_says_no_while_a_wire_is_refused(unequal: CanvasView) -> None:
    start, end = port(unequal, "conv2", "out"), port(unequal, "add1", "in", 1)
    press(unequal, start)
    move(unequal, end)
    assert unequal.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    move(unequal, end + QPointF(0, 200))
    assert unequal.viewport().cursor().shape() != Qt.CursorShape.ForbiddenCursor
    unequal.gesture.cancel()

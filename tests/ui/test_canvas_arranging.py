"""Where things stand on the canvas: aligning, distributing, guides, frames, notes by their corner, nodes put on wires, the glide."""

from __future__ import annotations

import itertools
import json

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtTest import QTest

from playground.core import registry
from playground.document.clipboard import from_text, to_text
from playground.document.edits import AddLink, AddNode, AddNote
from playground.document.project import Note
from playground.document.project_json import from_json, to_json
from playground.ui.canvas.frame_item import FrameItem
from playground.ui.canvas.guides import snap
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from playground.ui.theme import theme
from tests.ui.conftest import settle
from tests.ui.synthetic import LEFT, centre, click, drag, drop, mouse, move, press, release

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    """dense1 -> dense2 in a row, relu1 and tanh1 below them without wires."""
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    for id, x, y in (("dense", 0, 0), ("dense", 400, 0), ("relu", 130, 300), ("tanh", 433, 411)):
        session.do(AddNode(registry.find("layer", id)(), position=(float(x), float(y))))
    session.do(AddLink(named(session, "dense1"), named(session, "dense2"), 0))
    made.zoom_to_fit(1.0)
    settle()
    return made


def named(session: Session, name: str) -> str:
    return next(node.id for node in session.project.network.nodes if node.name == name)


@pytest.mark.parametrize("covered", [False, True])
def test_the_map_does_not_cover_what_was_just_added(view: CanvasView, session: Session, covered: bool) -> None:
    map, before = view.looking.map, view.visible().topLeft()
    at = QPointF(map.geometry().center()) if covered else QPointF(500, 500)
    drop(view, "layer", "dense", at)
    settle()
    (chosen,) = session.selected_nodes()
    shown = view.mapFromScene(view.canvas.nodes[chosen.id].sceneBoundingRect()).boundingRect()
    assert map.isVisible()
    assert view.viewport().rect().contains(shown)
    assert not map.geometry().intersects(shown)
    assert (view.visible().topLeft() != before) == covered, "the view stays where nothing is covered"


def place(session: Session, name: str) -> tuple[float, float]:
    return session.project.network.node(named(session, name)).position


def test_the_visible_part_is_held_on_the_map_where_it_is_taken(view: CanvasView, session: Session) -> None:
    map = view.looking.map
    view.zoom_about(1.5, QPointF(0, 0))
    map.grab()  # its scale is known once it was painted
    (scale, shift), before = map._fit(), view.visible().center()
    held = before * scale + shift + QPointF(6, 4)
    press(map, held)
    assert (view.visible().center() - before).manhattanLength() < 2, "it does not jump"
    move(map, held + QPointF(5, 0))
    release(map, held + QPointF(5, 0))
    assert view.visible().center().x() - before.x() == pytest.approx(5 / scale, abs=2)


def body(view: CanvasView, name: str) -> QRectF:
    item = view.canvas.nodes[named(view.session, name)]
    return item.body().translated(item.pos())


def steps(session: Session) -> int:
    count = 0
    while session.history.can_undo:
        session.undo()
        count += 1
    for _ in range(count):
        session.redo()
    return count


@pytest.mark.parametrize(
    ("edge", "line"),
    [
        ("left", QRectF.left),
        ("right", QRectF.right),
        ("top", QRectF.top),
        ("bottom", QRectF.bottom),
        ("centre", lambda r: r.center().x()),
        ("middle", lambda r: r.center().y()),
    ],
)
def test_aligning_makes_one_line(view: CanvasView, session: Session, edge: str, line) -> None:
    names = ("dense1", "relu1", "tanh1")
    session.select(named(session, name) for name in names)
    before = [line(body(view, name)) for name in names]
    view.commands.align(edge)
    assert session.history.undo_text.startswith("Align")
    after = [line(body(view, name)) for name in names]
    assert max(after) - min(after) < 1e-9
    if edge in ("left", "top"):
        assert after[0] == min(before)
    if edge in ("right", "bottom"):
        assert after[0] == max(before)


def test_aligning_a_frame_takes_along_what_lies_in_it(view: CanvasView, session: Session) -> None:
    session.select((named(session, "relu1"),))
    view.looking.add_frame()
    view.naming.keep()
    (note,) = session.project.network.notes
    inside = place(session, "relu1")
    for ids in ((note.id, named(session, "dense1")), (note.id, named(session, "relu1"), named(session, "dense1"))):
        session.select(ids)
        view.commands.align("left")
        (after,) = session.project.network.notes
        moved = place(session, "relu1")
        assert after.position[0] < note.position[0]
        assert (moved[0] - inside[0], moved[1] - inside[1]) == (after.position[0] - note.position[0], 0)
        session.undo()
        assert place(session, "relu1") == inside, "one step"


@pytest.mark.parametrize("across", [True, False])
def test_distributing_leaves_equal_gaps_and_the_ends_in_place(view: CanvasView, session: Session, across: bool) -> None:
    names = ("dense1", "relu1", "tanh1") if across else ("dense2", "relu1", "tanh1")
    session.select(named(session, name) for name in names)
    before = [body(view, name) for name in names]
    view.commands.distribute(across)
    assert session.history.undo_text.startswith("Distribute")
    rooms = sorted((body(view, name) for name in names), key=lambda r: r.x() if across else r.y())
    gaps = [(b.left() - a.right()) if across else (b.top() - a.bottom()) for a, b in itertools.pairwise(rooms)]
    assert max(gaps) - min(gaps) <= 1
    assert rooms[0] in before
    assert rooms[-1] in before


def test_a_box_snaps_to_the_nearest_line_of_another() -> None:
    other = QRectF(100, 100, 80, 40)
    found = snap(QRectF(104, 300, 60, 40), [other], 6)
    assert (found.dx, found.dy) == (-4, 0)
    (line,) = found.lines
    assert line.x1() == line.x2() == 100
    assert line.y1() < 100
    assert line.y2() > 340
    assert snap(QRectF(300, 300, 60, 40), [other], 6).lines == ()
    both = snap(QRectF(113, 98, 60, 40), [other], 6)
    assert (both.dx, both.dy) == (-3, 2), "middle to middle across, edge to edge down"


def test_dragging_shows_guides_and_snaps(view: CanvasView, session: Session) -> None:
    start = centre(view, "tanh1")
    target = body(view, "dense2").center().x() - body(view, "tanh1").center().x() + 4
    press(view, start)
    for share in (0.5, 1.0):
        mouse(view, QEvent.Type.MouseMove, start + QPointF(target * view.zoom * share, 9 * share), held=LEFT)
    assert view.pointer.dragging.guides is not None
    assert view.pointer.dragging.guides.lines
    release(view, start + QPointF(target * view.zoom, 9))
    assert not view.pointer.dragging.guides.lines
    assert abs(body(view, "tanh1").center().x() - body(view, "dense2").center().x()) <= 0.5


def test_alt_suspends_the_guides(view: CanvasView, session: Session) -> None:
    start = centre(view, "tanh1")
    far = body(view, "dense2").center().x() - body(view, "tanh1").center().x() + 4
    press(view, start)
    for share in (0.5, 1.0):
        mouse(
            view,
            QEvent.Type.MouseMove,
            start + QPointF(far * view.zoom * share, 9 * share),
            held=LEFT,
            modifiers=Modifier.AltModifier,
        )
    release(view, start + QPointF(far * view.zoom, 9))
    assert abs(body(view, "tanh1").center().x() - body(view, "dense2").center().x()) > 2


def test_a_node_dropped_on_a_wire_is_put_there_as_one_step(view: CanvasView, session: Session) -> None:
    before = session.project, steps(session)
    (wire,) = view.canvas.wires.values()
    item = view.canvas.nodes[named(session, "relu1")]
    start = centre(view, "relu1")
    held = item.body().center() - item.mapFromScene(view.mapToScene(start.toPoint()))
    end = QPointF(view.mapFromScene(wire.middle - held))
    press(view, start)
    for share in (0.4, 1.0):
        mouse(view, QEvent.Type.MouseMove, start + (end - start) * share, held=LEFT)
    assert wire.state == "target"
    release(view, end)
    links = {(link.source, link.target) for link in session.project.network.links}
    a, r, b = (named(session, name) for name in ("dense1", "relu1", "dense2"))
    assert links == {(a, r), (r, b)}
    assert steps(session) == before[1] + 1
    session.undo()
    assert session.project == before[0]


def test_a_node_that_is_wired_is_only_moved_over_a_wire(view: CanvasView, session: Session) -> None:
    session.do(AddLink(named(session, "relu1"), named(session, "tanh1"), 0))
    first = view.canvas.wires[session.project.network.links[0].id]
    drag(view, centre(view, "relu1"), QPointF(view.mapFromScene(first.middle)))
    assert len(session.project.network.links) == 2


def test_a_frame_goes_round_the_selection_and_takes_it_along(view: CanvasView, session: Session) -> None:
    session.select((named(session, "relu1"),))
    inside, outside = place(session, "relu1"), place(session, "tanh1")
    view.looking.add_frame()
    view.naming.text.setPlainText("Encoder")
    view.naming.keep()
    (note,) = session.project.network.notes
    assert note.frame
    assert note.text == "Encoder"
    item = view.canvas.notes[note.id]
    assert isinstance(item, FrameItem)
    assert item.frame.translated(item.pos()).contains(body(view, "relu1"))
    title = QPointF(view.mapFromScene(item.mapToScene(QPointF(40, 12))))
    count = steps(session)
    click(view, QPointF(20, view.viewport().height() - 20))
    drag(view, title, title + QPointF(-61, 47))
    moved = place(session, "relu1")
    delta = moved[0] - inside[0], moved[1] - inside[1]
    assert delta != (0, 0)
    (after,) = session.project.network.notes
    assert (after.position[0] - note.position[0], after.position[1] - note.position[1]) == delta
    assert place(session, "tanh1") == outside
    assert steps(session) == count + 1


def test_the_inside_of_a_frame_is_the_canvas(view: CanvasView, session: Session) -> None:
    made = AddNote("Box", (600.0, 150.0), (220.0, 160.0), frame=True)
    session.do(made)
    view.zoom_to_fit(1.0)
    item = view.canvas.notes[made.id]
    middle = QPointF(view.mapFromScene(item.mapToScene(QPointF(110, 90))))
    click(view, middle)
    assert not session.selection
    click(view, QPointF(view.mapFromScene(item.mapToScene(QPointF(60, 10)))))
    assert session.selection == (made.id,)


def test_the_title_of_a_frame_is_typed_over_what_it_holds(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "relu1"),))
    view.looking.add_frame()
    field, held = view.naming.text, view.canvas.nodes[named(session, "relu1")]
    assert field.geometry().bottom() < view.mapFromScene(held.sceneBoundingRect().center()).y(), "the node stays in sight"
    qtbot.keyClicks(field, "Encoder")
    qtbot.keyClick(field, Key.Key_Return, Modifier.ShiftModifier)
    qtbot.keyClicks(field, "of digits")
    qtbot.keyClick(field, Key.Key_Return)
    assert not view.naming.open
    assert [note.text for note in session.project.network.notes] == ["Encoder\nof digits"]


def test_keys_move_a_frame_with_what_lies_in_it(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "relu1"),))
    made = view.commands.frame(QRectF())
    before = place(session, "relu1")
    session.select((made,))
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Right, Modifier.ControlModifier)
    assert place(session, "relu1") == (before[0] + 24, before[1])


@pytest.mark.parametrize("frame", [False, True])
def test_a_corner_resizes(view: CanvasView, session: Session, frame: bool) -> None:
    made = AddNote("Title\nWords", (560.0, 160.0), (200.0, 120.0), frame=frame)
    session.do(made)
    view.zoom_to_fit(1.0)
    item = view.canvas.notes[made.id]
    corner = QPointF(view.mapFromScene(item.mapToScene(item.frame.bottomRight() - QPointF(4, 4))))
    for at, sign in ((corner, Qt.CursorShape.SizeFDiagCursor), (corner - QPointF(60, 50), Qt.CursorShape.ArrowCursor)):
        move(view, at, Qt.MouseButton.NoButton)
        assert view.viewport().cursor().shape() == sign
    drag(view, corner, corner + QPointF(50 * view.zoom, 30 * view.zoom))
    assert session.selection == (made.id,)
    (note,) = session.project.network.notes
    assert note.position == (560.0, 160.0)
    assert abs(note.size[0] - 246) <= 3
    assert abs(note.size[1] - 146) <= 3
    session.undo()
    assert session.project.network.notes[0].size == (200.0, 120.0)


def test_escape_leaves_the_size(view: CanvasView, session: Session, qtbot) -> None:
    made = AddNote("Title\nWords", (560.0, 160.0), (200.0, 120.0))
    session.do(made)
    session.select((made.id,))
    item = view.canvas.notes[made.id]
    corner = QPointF(view.mapFromScene(item.mapToScene(item.frame.bottomRight() - QPointF(4, 4))))
    press(view, corner)
    mouse(view, QEvent.Type.MouseMove, corner + QPointF(40, 40), held=LEFT)
    qtbot.keyClick(view, Key.Key_Escape)
    release(view, corner)
    assert view.gesture is None
    assert session.project.network.notes[0].size == (200.0, 120.0)


def test_a_frame_survives_files_and_the_clipboard(view: CanvasView, session: Session) -> None:
    session.do(AddNote("Box", (1.0, 2.0), (300.0, 200.0), frame=True))
    data = json.loads(json.dumps(to_json(session.project)))
    again, found = from_json(data)
    assert not found.faults
    assert again == session.project
    del data["network"]["notes"][0]["frame"]  # as an older release wrote it
    older, found = from_json(data)
    assert not found.faults
    assert not older.network.notes[0].frame
    for wrong in (1, "true", None, []):
        data["network"]["notes"][0]["frame"] = wrong
        spoiled, found = from_json(data)
        assert spoiled is None
        assert "/network/notes/0/frame must be true or false" in found.faults[0][1]
    text = to_text(session.project, [session.project.network.notes[0].id])
    assert from_text(text).notes[0].frame


def test_layout_puts_a_frame_round_its_nodes_again(view: CanvasView, session: Session) -> None:
    session.select((named(session, "dense1"), named(session, "dense2")))
    made = view.commands.frame(QRectF())
    count = steps(session)
    view.tidy()
    view.looking.glide.finish()
    assert steps(session) == count + 1
    item = view.canvas.notes[made]
    room = item.frame.translated(item.pos())
    assert room.contains(body(view, "dense1"))
    assert room.contains(body(view, "dense2"))


def test_layout_glides_and_the_project_is_there_at_once(view: CanvasView, session: Session, qtbot) -> None:
    item = view.canvas.nodes[named(session, "tanh1")]
    before = item.pos()
    view.tidy()
    goal = QPointF(*place(session, "tanh1"))
    assert view.looking.glide.on
    assert goal != before
    qtbot.waitUntil(lambda: not view.looking.glide.on, timeout=3000)
    assert item.pos() == goal
    session.undo()
    assert item.pos() == before


def test_reduced_motion_jumps(view: CanvasView, session: Session) -> None:
    theme().reduced_motion = True
    try:
        view.tidy()
        assert not view.looking.glide.on
    finally:
        theme().reduced_motion = False
    assert view.canvas.nodes[named(session, "tanh1")].pos() == QPointF(*place(session, "tanh1"))


def test_a_key_during_the_glide_finds_everything_in_place(view: CanvasView, session: Session, qtbot) -> None:
    session.select((named(session, "tanh1"),))
    view.tidy()
    goal = place(session, "tanh1")
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Right, Modifier.ControlModifier)
    assert place(session, "tanh1") == (goal[0] + 24, goal[1])


def test_zoom_to_selection(view: CanvasView, session: Session) -> None:
    session.select((named(session, "tanh1"),))
    view.looking.zoom_to_selection()
    assert view.visible().contains(body(view, "tanh1"))
    assert view.zoom == pytest.approx(1.5)
    session.select(())
    view.looking.zoom_to_selection()
    assert view.shows_all()


def keys(view: CanvasView, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(view, key, modifiers)


@pytest.mark.parametrize("frame", [False, True])
def test_notes_and_frames_are_moved_and_resized_by_keys_alone(view: CanvasView, session: Session, frame: bool) -> None:
    made = AddNote("Title\nwords", (40.0, 30.0), (200.0, 120.0), frame=frame)
    session.do(made)
    control, shift, alt = (
        Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.KeyboardModifier.AltModifier,
    )
    view.keys.next_note()
    assert session.selection == (made.id,)
    assert "Title" in view.accessibleDescription()

    def note() -> Note:
        return session.project.network.notes[0]

    keys(view, Qt.Key.Key_Right, control)
    keys(view, Qt.Key.Key_Down, alt)
    assert note().position == (64.0, 34.0)
    for _ in range(3):
        keys(view, Qt.Key.Key_Right, control | shift)
    keys(view, Qt.Key.Key_Up, alt | shift)
    assert note().size == (272.0, 116.0)
    assert note().position == (64.0, 34.0)
    session.undo()
    assert note().size == (200.0, 120.0), "quick repeats are one step"
    for _ in range(40):
        keys(view, Qt.Key.Key_Left, control | shift)
        keys(view, Qt.Key.Key_Up, control | shift)
    assert note().size == (60.0, 36.0), "and it stays large enough to be read"


def test_keys_step_through_the_notes_in_reading_order(view: CanvasView, session: Session) -> None:
    view.keys.next_note()
    assert not session.selection
    made = [AddNote(name, place) for name, place in (("c", (0.0, 500.0)), ("a", (0.0, 0.0)), ("b", (300.0, 0.0)))]
    for each in made:
        session.do(each)
    told = []
    for _ in range(4):
        view.keys.next_note()
        told.append(next(note.text for note in session.project.network.notes if note.id in session.selection))
    assert told == ["a", "b", "c", "a"]
    session.select([each.id for each in made])
    assert view.commands.grow(24, 0)
    assert {note.size[0] for note in session.project.network.notes} == {264.0}
    session.undo()
    assert {note.size[0] for note in session.project.network.notes} == {240.0}

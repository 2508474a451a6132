"""The scene follows the project, and what nodes show."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from playground.core import registry
from playground.core.samples import Samples
from playground.document.edits import AddLink, AddNode, AddNote, MoveNodes, RemoveNodes, RenameNode, SetField, SetNodeOption
from playground.document.file import load
from playground.document.node_size import WIDEST, size_of
from playground.document.project import Network, Node, Project
from playground.lowering import inspect
from playground.ui import theme
from playground.ui.canvas.crowding import GAP
from playground.ui.canvas.look import count_text, look_of, short_number
from playground.ui.canvas.starters import STARTERS
from playground.ui.canvas.view import CanvasView
from playground.ui.painting import middled, width_of
from playground.ui.session import Session
from tests.examples.recipes import EXAMPLES, FOLDER, Example
from tests.ui.conftest import settle


def add(session: Session, kind: str, id: str, at: tuple[float, float] = (0, 0), **settings: object) -> str:
    made = AddNode(registry.find(kind, id)(**settings), position=at)
    assert session.do(made)
    return made.id


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    settle()
    return made


def pixels(view: CanvasView) -> bytes:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return bytes(image.constBits())


def test_nodes_wires_and_notes_follow_the_project(view: CanvasView, session: Session) -> None:
    a, b = add(session, "dataset", "iris"), add(session, "layer", "dense", (200, 40), units=5)
    session.do(AddLink(a, b, 0))
    session.do(AddNote("Look here\nclosely", (0, 300)))
    assert set(view.canvas.nodes) == {a, b}
    assert len(view.canvas.wires) == len(view.canvas.notes) == 1
    assert (view.canvas.nodes[b].x(), view.canvas.nodes[b].y()) == (200, 40)
    session.do(MoveNodes({b: (400.0, 80.0)}))
    assert (view.canvas.nodes[b].x(), view.canvas.nodes[b].y()) == (400, 80)
    session.do(RemoveNodes((a,)))
    assert set(view.canvas.nodes) == {b}
    assert not view.canvas.wires
    while session.history.can_undo:
        session.undo()
    assert not view.canvas.nodes
    assert not view.canvas.notes


def test_items_are_kept_when_a_node_changes(view: CanvasView, session: Session) -> None:
    id = add(session, "layer", "dense")
    item = view.canvas.nodes[id]
    session.do(RenameNode(id, "hidden"))
    session.do(SetNodeOption(id, "frozen", True))
    assert view.canvas.nodes[id] is item
    assert item.look.name == "hidden"
    assert item.look.badge in ("frozen", "error")


def test_selection_goes_both_ways(view: CanvasView, session: Session) -> None:
    a, b = add(session, "layer", "dense"), add(session, "layer", "relu", (300, 0))
    session.select((b,))
    assert view.canvas.selected_ids() == (b,)
    view.canvas.nodes[a].setSelected(True)
    assert set(session.selection) == {a, b}
    view.canvas.clearSelection()
    assert session.selection == ()


def test_shapes_stand_on_wires_once_the_data_is_there(
    view: CanvasView, session: Session, loaded: Callable[[Session], None]
) -> None:
    view.commands.start_from(STARTERS[1])
    loaded(session)
    labels = [wire.label for wire in view.canvas.wires.values()]
    assert labels == ["13", "16", "16", "3"]
    assert all(wire.state == "idle" for wire in view.canvas.wires.values())


def test_a_refused_node_says_why_on_its_shape_line(session: Session) -> None:
    id = add(session, "layer", "dense")
    project = session.project
    look = look_of(project.network.node(id), project, inspect(project, None), None)
    assert look.state == "error"
    assert look.badge == "error"
    assert look.detail
    assert not look.line.startswith("dense1 ")


def test_a_node_after_a_refused_one_waits(view: CanvasView, session: Session, loaded: Callable[[Session], None]) -> None:
    view.commands.start_from(STARTERS[2])
    loaded(session)
    network = session.project.network
    pool = next(node for node in network.nodes if node.spec.id == "max_pool2d")
    session.do(SetField(pool.id, "kernel", (40, 40)))
    settle()
    states = {item.look.name: item.look.state for item in view.canvas.nodes.values()}
    assert states["max_pool1"] == "error"
    assert states["flatten1"] == "waiting"
    assert states["conv1"] == "normal"


@pytest.mark.parametrize(
    ("number", "text"),
    [(160, "160"), (2320, "2,320"), (16_448, "16.4 k"), (999_999, "1,000 k"), (1_200_000, "1,200 k"), (25_000_000, "25.0 M")],
)
def test_counts_are_short(number: int, text: str) -> None:
    assert count_text(number) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.41, "0.41"), (12.4, "12"), (1.76e-4, "1.8e-4"), (0.0, "0"), (2.5e7, "2.5e7"), (830, "830")]
)
def test_numbers_on_wires_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


def test_every_kind_of_node_paints_in_both_themes_and_at_every_zoom(view: CanvasView, session: Session, app) -> None:
    for row, kind in enumerate(("dataset", "layer", "loss")):
        for column, cls in enumerate(registry.entries(kind)):
            made = AddNode(cls(), position=(column * 150.0, row * 280.0))
            session.do(made)
    seen = set()
    for mode in ("light", "dark"):
        theme.apply(app, mode)
        for zoom in (1.0, 0.5, 0.3, 0.1):
            view.zoom_to_fit()
            view.zoom_by(zoom / view.zoom)
            seen.add(pixels(view))
    assert len(seen) == 8  # nothing raised, and each looks different
    theme.apply(app, "light")


def test_two_d_data_gives_response_tiles_and_images_give_maps() -> None:
    planar = Samples(np.zeros((8, 2), np.float32), np.zeros(8, np.int64), "classification", ("a", "b"))
    dense = Node(id="n", name="dense1", spec=registry.find("layer", "dense")(units=20))
    data = Node(id="d", name="data", spec=registry.find("dataset", "spirals")())
    from playground.document.project import Link, Network

    project = Project(network=Network(nodes=(data, dense), links=(Link(id="l", source="d", target="n"),)))
    look = look_of(dense, project, inspect(project, planar), planar)
    assert (look.preview, look.units, look.more) == ("tiles", 8, 12)
    wide = dataclasses.replace(planar, x=np.zeros((8, 5), np.float32))
    assert look_of(dense, project, inspect(project, wide), wide).preview == "maps"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_name_of_an_example_can_be_read_in_full_on_its_node(app: QApplication, example: Example) -> None:
    project = load(FOLDER / f"{example.name}.play").project
    networks = [project.network, *(block.network for block in project.blocks)]
    names = {node.name for network in networks for node in network.nodes}
    assert names
    assert [name for name in names if middled(name, WIDEST - 39, 12, True) != name] == []


def test_of_data_with_a_long_name_the_count_can_be_read(app: QApplication) -> None:
    def line(id: str) -> str:
        data = Node(id="d", name="data", spec=registry.find("dataset", id)())
        project = Project(network=Network(nodes=(data,)))
        samples = Samples(np.zeros((4000, 8, 8, 1), np.float32), np.zeros(4000, np.int64), "classification", ("a", "b"))
        return look_of(data, project, inspect(project, samples), samples).line

    assert line("digits") == "Digits · 4,000 images"
    assert line("adding_problem") == "4,000 images", "a line that is cut at its end would hide how many"


def test_wires_follow_a_node_that_moves(view: CanvasView, session: Session) -> None:
    a, b = add(session, "dataset", "iris"), add(session, "layer", "dense", (300, 0))
    session.do(AddLink(a, b, 0))
    wire = next(iter(view.canvas.wires.values()))
    end = wire.path.currentPosition()
    view.canvas.nodes[b].setPos(420, 60)
    assert wire.path.currentPosition().x() - end.x() == 120
    assert wire.path.currentPosition().y() - end.y() == 60


def test_a_long_name_leaves_room_to_the_next_node(view: CanvasView, session: Session) -> None:
    a, b = add(session, "layer", "dense", units=5), add(session, "layer", "dense", (150, 20), units=5)
    below = add(session, "layer", "dense", (150, 400), units=5)
    name = "a_name_that_somebody_typed_without_thinking"
    session.do(RenameNode(a, name))
    item = view.canvas.nodes[a]
    assert item.look.width == 150 - GAP
    assert name in item.toolTip()
    session.do(RenameNode(b, name + "2"))
    assert view.canvas.nodes[b].look.width == WIDEST, "what lies in another row is not in the way"
    session.do(MoveNodes({b: (125.0, 20.0)}))
    assert item.look.width == item.look.least, "the picture keeps its room"
    session.do(MoveNodes({b: (600.0, 20.0)}))
    assert item.look.width == WIDEST
    session.do(MoveNodes({b: (150.0, 20.0), below: (0.0, 400.0)}))
    session.do(AddLink(a, b, 0))
    view.tidy()
    view.looking.glide.finish()
    assert {view.canvas.nodes[id].look.width for id in (a, b)} == {WIDEST}, "a layout gives names the room that they want"


def test_names_that_differ_at_their_ends_are_told_apart() -> None:
    first, second = (middled(f"a_name_that_is_far_too_long_{k}", 90, 12, True) for k in (1, 2))
    assert first != second
    assert first.endswith("1")
    assert width_of(first, 12, True) <= 90


@pytest.mark.parametrize("name", ["block_a1", "dense1", "conv2d17", "leaky_relu1"])
def test_a_name_beside_a_count_is_not_cut_by_a_rounded_width(app: QApplication, name: str) -> None:
    width, _ = size_of(("tiles", 8, 56), "layer", name, "", width_of)
    assert width < WIDEST
    assert middled(name, width - 36 - 7 - width_of("+56", 9), 12, True) == name

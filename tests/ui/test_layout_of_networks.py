"""How networks stand on the canvas that nobody laid out by hand: the examples, and what a script made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

import playground as pg
from playground.document.arranging import USUAL_VIEWS, tidy
from playground.document.edits import AddLink, AddNode
from playground.document.project import Project
from playground.ui.canvas.node_item import NodeItem
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from tests.examples.recipes import EXAMPLES, FOLDER
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]


def check(window: MainWindow) -> None:
    """Nothing overlaps, and a wire to the next of a chain in one row is level."""
    items = list(window.canvas.canvas.nodes.values())
    bodies = [item.body().translated(item.pos()) for item in items]
    for k, body in enumerate(bodies):
        assert not any(body.intersects(other) for other in bodies[k + 1 :])
    wires = list(window.canvas.canvas.wires.values())
    into, out = (Counter(end(wire) for wire in wires) for end in (lambda wire: wire.target, lambda wire: wire.source))
    for wire in wires:
        assert isinstance(wire.target, NodeItem)
        if into[wire.target] > 1 or out[wire.source] > 1:
            continue  # branches leave their row
        start = wire.source.mapToScene(wire.source.port("out"))
        end = wire.target.mapToScene(wire.target.port("in", wire.port))
        assert end.x() < start.x() or abs(start.y() - end.y()) <= 1, f"{wire.source.look.name} to {wire.target.look.name}"


@pytest.mark.parametrize("name", [example.name for example in EXAMPLES])
def test_an_example_is_readable_in_both_layouts(window: MainWindow, session: Session, loaded: Loaded, qtbot, name: str) -> None:
    window.documents.open(FOLDER / f"{name}.play")
    loaded(session)
    before = {node.name: node.position for node in session.project.network.nodes}
    check(window)
    assert before == {node.name: node.position for node in session.project.network.nodes}, "it is shown where its file has it"
    for layout, least in (("build", 0.8), ("train", 0.6)):
        window.show_layout(layout)
        qtbot.waitUntil(window.canvas.shows_all, timeout=3000)
        settle()
        assert window.canvas.zoom >= least, layout


@pytest.mark.parametrize("data", ["moons", "digits", "iris", "regression_plane"])
def test_what_a_script_makes_is_laid_out(window: MainWindow, session: Session, loaded: Loaded, tmp_path: Path, data: str) -> None:
    layers = [
        pg.layer("flatten"),
        *(pg.layer(id) for id in ("dense", "batch_norm", "relu", "dropout", "dense", "tanh", "dense") * 2),
    ]
    pg.Project.chain(pg.dataset(data), *layers, name="Script").save(tmp_path / "script.play")
    window.documents.open(tmp_path / "script.play")
    loaded(session)
    check(window)


def test_a_skip_connection_and_an_island_are_placed(app: QApplication) -> None:
    project = Project()
    made = [AddNode(pg.layer(id)) for id in ("dense", "relu", "dense", "add", "tanh")]
    links = [AddLink(made[a].id, made[b].id, port) for a, b, port in ((0, 1, 0), (1, 2, 0), (2, 3, 0), (0, 3, 1))]
    for edit in (*made, *links):
        project = edit.apply(project)
    places = tidy(project.network, {edit.id: (100.0, 60.0) for edit in made}, USUAL_VIEWS)
    across = [places[edit.id][0] for edit in made[:4]]
    assert across == sorted(set(across))
    assert len({places[edit.id][1] for edit in made[:4]}) == 1, "the longest path is level"
    assert len(set(places.values())) == 5
    assert tidy(Project().network, {}, USUAL_VIEWS) == {}

"""How networks stand on the canvas that nobody laid out by hand: the examples, and what a script made."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

import playground as pg
from playground.document.arranging import USUAL_VIEWS, tidy
from playground.document.block_files import shipped
from playground.document.edits import AddLink, AddNode, Several
from playground.document.project import Project
from playground.ui.block_library import bringing, record_of
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.tie_item import TieItem
from playground.ui.canvas.wire_item import WireItem
from playground.ui.canvas.wire_paint import label_room
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


def check_wires(window: MainWindow) -> None:
    """No wire and no tie passes behind a node, and no label lies on a node or on another label."""
    canvas = window.canvas.canvas
    bodies = {item: item.body().translated(item.pos()) for item in canvas.nodes.values()}
    labels = []
    for line in (*canvas.wires.values(), *canvas.ties.values()):
        ends = (line.source, line.target) if isinstance(line, WireItem) else line.ends
        steps = max(24, round(line.path.length() / 6))
        points = [line.path.pointAtPercent(k / steps) for k in range(steps + 1)]
        for item, body in bodies.items():
            inside = [p for p in points if body.adjusted(1, 1, -1, -1).contains(p)]
            assert not inside or (item in ends and not isinstance(line, WireItem)), f"{said(line)} passes {item.look.name}"
        if isinstance(line, WireItem) and line.label:
            labels.append((line, label_room(line)))
    for k, (line, room) in enumerate(labels):
        for item, body in bodies.items():
            assert not body.intersects(room), f"{line.label} of {said(line)} lies on {item.look.name}"
        for other, beside in labels[k + 1 :]:
            same = (line.source, line.output) == (other.source, other.output)
            assert not room.intersects(beside) or (same and room == beside), f"{said(line)} and {said(other)}"


def said(line: WireItem | TieItem) -> str:
    ends = (line.source, line.target) if isinstance(line, WireItem) else line.ends
    return " to ".join(end.look.name for end in ends if end is not None)


@pytest.mark.parametrize("name", [example.name for example in EXAMPLES])
def test_an_example_is_readable_in_both_layouts(window: MainWindow, session: Session, loaded: Loaded, qtbot, name: str) -> None:
    window.documents.open(FOLDER / f"{name}.play")
    loaded(session)
    before = {node.name: node.position for node in session.project.network.nodes}
    check(window)
    check_wires(window)
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


@pytest.mark.parametrize("block", [entry.id for entry in shipped()], ids=[entry.name for entry in shipped()])
def test_the_inside_of_a_block_is_laid_out_clear(window: MainWindow, session: Session, loaded: Loaded, block: str) -> None:
    spec = record_of(block, session.project)
    made = AddNode(spec)
    session.do(Several("Add", (*bringing(spec, session.project), made)))
    session.enter(made.id)
    settle()
    window.canvas.tidy()
    window.canvas.looking.glide.finish()
    settle()
    check_wires(window)


def test_skips_over_skips_have_lanes_of_their_own(window: MainWindow, session: Session) -> None:
    """Five layers, all of which feed a concat at the end, and one another two further on."""
    chain = [AddNode(pg.layer(id)) for id in ("dense", "relu", "dense", "tanh", "dense", "concat")]
    links = [AddLink(a.id, b.id, 0) for a, b in pairwise(chain)]
    links += [AddLink(chain[k].id, chain[5].id, k + 1) for k in range(4)]
    session.do(Several("Make", (*chain, *links)))
    window.canvas.tidy()
    window.canvas.looking.glide.finish()
    settle()
    check_wires(window)
    lanes = [wire.way[2][1] for wire in window.canvas.canvas.wires.values() if wire.way]
    assert all(wire.way is not None for wire in window.canvas.canvas.wires.values())
    assert len(lanes) >= 2
    assert len(set(lanes)) == len(lanes)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_layered_network_keeps_its_order_and_overlaps_nowhere(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 14))
    made = [AddNode(pg.layer("concat")) for _ in range(count)]
    pairs = data.draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=24))
    project = Project()
    for edit in (*made, *(AddLink(made[a].id, made[b].id, None) for a, b in sorted(pairs) if a < b)):
        project = edit.apply(project)
    sizes = {
        edit.id: (float(data.draw(st.integers(84, 144))), float(data.draw(st.sampled_from((52, 104, 152, 254))))) for edit in made
    }
    places = tidy(project.network, sizes, USUAL_VIEWS)
    rects = [QRectF(*places[id], *sizes[id]) for id in places]
    assert len(rects) == count
    for k, one in enumerate(rects):
        assert not any(one.intersects(other) for other in rects[k + 1 :])
    assert places == tidy(project.network, sizes, USUAL_VIEWS), "the same network lies the same"


def test_a_large_network_is_laid_out_at_once(app: QApplication) -> None:
    made = [AddNode(pg.layer("concat")) for _ in range(300)]
    project = Project()
    for edit in (*made, *(AddLink(made[k].id, made[k + step].id, None) for k in range(290) for step in (1, 7))):
        project = edit.apply(project)
    started = time.perf_counter()
    tidy(project.network, {edit.id: (106.0, 104.0) for edit in made}, USUAL_VIEWS)
    assert time.perf_counter() - started < 20


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

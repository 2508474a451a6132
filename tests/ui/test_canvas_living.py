"""Nodes that live: how they fare, what they cost, further units, and what their pictures show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from playground.core import registry
from playground.document.edits import ReplaceSpec
from playground.training.messages.analysis import LayerCost, LayersTimed
from playground.training.surfaces import LOWEST, VOID
from playground.ui import theme
from playground.ui.canvas import pictures
from playground.ui.canvas.bar import CanvasBar
from playground.ui.canvas.faring import Cost, alarm, costs, duration, estimates, percent, worst
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.making import MODES
from playground.ui.canvas.node_paint import further_text
from playground.ui.canvas.starters import STARTERS
from playground.ui.canvas.view import CanvasView
from playground.ui.panels.health import Health
from playground.ui.session import Session
from tests.ui import synthetic
from tests.ui.conftest import settle


@pytest.fixture
def view(session: Session, loaded: Callable[[Session], None], qtbot) -> CanvasView:
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1400, 700)
    made.show()
    made.commands.start_from(STARTERS[0])
    loaded(session)
    return made


def _node(session: Session, name: str):
    return next(node for node in session.project.network.nodes if node.name == name)


def test_the_worst_word_of_a_layer_marks_its_node(session: Session) -> None:
    names = LocalNames(session.project, session.scope)
    rows = [Health("a", 1e-3, 1, "Healthy", "check", "ok"), Health("b", 1, 1, "Steps too large", "warn", "warn")]
    stuck = [Health("a", 0, 0, "40 % of units dead", "warn", "warn"), Health("c", 0, 0, "2 % saturated", "check", "ok")]
    found = worst(rows, stuck, names, ["a", "b", "c", "d"])
    assert {name: alarm(one) for name, one in found.items()} == {
        "a": ("warn", "40 % of units dead"), "b": ("warn", "Steps too large"), "c": ("", ""),
    }  # fmt: skip
    assert alarm(Health("x", 0, 0, "Not finite", "error", "error")) == ("error", "Not finite")
    assert alarm(Health("x", 0, 0, "Frozen", "frozen", "info")) == ("", "Frozen")
    assert alarm(None) == ("", "")


def test_an_alarm_and_the_time_stand_in_the_tool_tip(view: CanvasView, session: Session) -> None:
    item = view.canvas.nodes[_node(session, "dense1").id]
    item.show_faring("warn", "Hardly moves", "12 % of a step")
    assert item.toolTip() == "Hardly moves\n12 % of a step"
    calm = view.grab().toImage()
    item.show_faring("", "", "")
    assert item.toolTip() == ""
    assert view.grab().toImage() != calm, "the edge is amber while the layer fares badly"


def test_times_are_short() -> None:
    assert [duration(s) for s in (0.0, 2.5e-6, 3.84e-5, 9.949e-4, 1.23e-3, 0.0384, 1.5)] == [
        "0 µs", "2.5 µs", "38 µs", "995 µs", "1.2 ms", "38 ms", "1.5 s",
    ]  # fmt: skip
    assert [percent(s) for s in (0.344, 0.0949, 0.095, 0.002)] == ["34 %", "9.5 %", "10 %", "0.2 %"]


def test_the_time_of_layers_reaches_their_nodes(view: CanvasView, session: Session, qtbot) -> None:
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused", timeout=60_000)
    one = LayerCost(node="dense1", forward=2e-6, backward=3e-6, update=1e-6, weight_bytes=0, output_bytes=0)
    session.heard.emit(LayersTimed(layers=(one,), step_seconds=6e-5, threads=1, step=1, sha256=""))
    view.feed.draw()
    item = view.canvas.nodes[_node(session, "dense1").id]
    assert (item.live_line, item.share, item.part) == ("", "10 %", pytest.approx(0.1))
    assert item.cost == Cost(2e-6, 3e-6, 1e-6, 6e-5).words
    assert "forward 2.0 µs" in item.cost
    names = LocalNames(session.project, session.scope)
    assert costs(None, names, ["dense1"]) == {}


def test_before_a_run_shares_are_estimated_from_the_arithmetic(view: CanvasView, session: Session) -> None:
    """By hand: a dense layer is rows times columns forward, once more for its weights, and for its input where that has a gradient."""
    view.feed.draw()
    items = {item.look.name: item for item in view.canvas.nodes.values()}
    graph = view.feed._start_graph
    assert graph is not None
    dense = [n for n in session.project.network.nodes if n.spec.id == "dense"]
    weights = {p.name: graph.values[p.value].type.shape for p in graph.parameters}
    work = {node.name: 2.0 * float(np.prod(weights[f"{node.name}.weight"])) for node in dense}
    first, *others = (node.name for node in dense)
    expected = {first: 2 * work[first]} | {name: 3 * work[name] for name in others}
    found = estimates(graph, view.feed._names, list(items))
    for name, wanted in expected.items():
        assert found[name].seconds == pytest.approx(wanted)
        assert items[name].share.startswith("≈ ")
        assert "estimated" in items[name].toolTip()
    assert sum(one.share for one in found.values()) <= 1.0 + 1e-9
    view.grab()
    assert estimates(None, view.feed._names, list(items)) == {}


def test_a_run_that_is_warm_says_its_times_without_being_asked(view: CanvasView, session: Session, qtbot) -> None:
    session.step_epoch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and view.feed._timed is not None, timeout=60_000)
    view.feed.draw()
    item = view.canvas.nodes[_node(session, "dense1").id]
    assert item.share
    assert not item.share.startswith("≈")
    assert "forward" in item.toolTip()


def test_further_units_come_by_a_click_and_by_keys(view: CanvasView, session: Session, loaded: Callable[[Session], None]) -> None:
    dense = _node(session, "dense1")
    session.do(ReplaceSpec(dense.id, registry.find("layer", "dense")(units=19)))
    settle()
    item = view.canvas.nodes[dense.id]
    first = item.data_shown.maps
    assert (item.look.units, item.look.more) == (8, 11)
    at = view.mapFromScene(item.mapToScene(item.more_rect().center()))
    synthetic.click(view.viewport(), at)
    settle()
    assert item.first == 8
    assert item.data_shown.maps.shape[0] == 8
    assert (item.data_shown.maps != first).any()
    assert session.project.network.node(dense.id).position == dense.position
    view.feed.turn_page(dense.id)
    assert (item.first, len(item.data_shown.maps)) == (16, 3)
    view.feed.turn_page(dense.id)
    assert item.first == 0
    view.feed.turn_page(dense.id, back=True)
    assert item.first == 16
    assert [further_text(11, first, 8) for first in (0, 8, 16)] == ["+11", "9–16", "17–19"]


def test_the_bar_chooses_what_tiles_show(view: CanvasView, session: Session, qtbot) -> None:
    bar = CanvasBar(view)
    qtbot.addWidget(bar)
    dense = _node(session, "dense1")
    item = view.canvas.nodes[dense.id]
    shown = {}
    for mode in MODES:
        bar.tiles.set(mode)
        assert view.feed.maker.mode == mode
        shown[mode] = item.data_shown.maps.copy()
        assert shown[mode].shape == (8, 64, 64)
        assert bar.tiles.accessibleName() == f"Tiles: {mode.capitalize()}"
    assert (shown["response"] != shown["weights"]).any()
    assert (shown["weights"] != shown["activation"]).any()


def test_weights_and_outputs_as_bars() -> None:
    weight = np.array([[1.0, 0.0], [-0.5, 0.25]], np.float32)
    tiles = pictures.weight_tiles(weight, None, 0).maps
    assert tiles.shape == (2, 64, 64)
    assert set(np.unique(tiles[0])) == {LOWEST, 127, 255}
    assert (tiles[0][:32, :32] == 255).all(), "the largest weight reaches the edge"
    assert (tiles[0][:, 32:][32:48] == LOWEST).all()
    assert not (tiles[1] == LOWEST).any()
    weight[0, 0] = np.nan
    broken = pictures.weight_tiles(weight, None, 0).maps
    assert (broken[0][:, :32] == VOID).all()
    assert not (broken[0][:, 32:] == VOID).any()
    assert not (broken[1] == VOID).any()
    given = np.concatenate([np.full((30, 1), 2.0), np.full((10, 1), -2.0)])
    counts = pictures.histograms(given, 0).maps[0]
    assert (counts[:, -2:] == 255).all(), "the fullest bin reaches the top"
    assert (counts[:, 0] == 255).sum() == pytest.approx(64 / 3, abs=1)
    assert (counts[:, 8:-8] == 127).all()


def test_where_a_function_is_undefined_its_picture_is_hatched_and_the_tip_says_it(view: CanvasView, session: Session) -> None:
    node = _node(session, "tanh1")
    item = view.canvas.nodes[node.id]
    assert "Hatched" not in item.toolTip()
    session.do(ReplaceSpec(node.id, registry.find("layer", "expression")(function="log(x)")))
    settle()
    view.feed.draw()
    item = view.canvas.nodes[node.id]
    codes = item.data_shown.maps
    half = [share for tile in codes if 0.1 < (share := float((tile == VOID).mean())) < 0.9]
    assert half, "no unit is positive in a part of the plane alone"
    tile = next(k for k, tile in enumerate(codes) if 0.1 < (tile == VOID).mean() < 0.9)
    assert len(np.unique(codes[tile])) > 20, "what is finite has a scale of its own"
    inks = {theme.theme().color("errorsoft").rgba(), theme.theme().tint("error", 0.5, "errorsoft").rgba()}
    atlas = item.atlas
    at = np.arange(atlas.size) * 64 // atlas.size
    y, x = (n * (atlas.size + atlas.gap) for n in (tile // 2, tile % 2))
    shown = atlas.words[y + 1 : y + atlas.size - 1, x + 1 : x + atlas.size - 1]
    void = (codes[tile] == VOID)[np.ix_(at, at)][1:-1, 1:-1]
    assert set(np.unique(shown[void]).tolist()) == inks
    assert not np.isin(shown[~void], list(inks)).any()
    share = f"{100 * float((codes == VOID).mean()):.0f}"
    assert f"Hatched: no finite number there, {share} % of the picture" in item.toolTip().split("\n")
    session.do(ReplaceSpec(node.id, registry.find("layer", "tanh")()))
    settle()
    view.feed.draw()
    assert "Hatched" not in view.canvas.nodes[node.id].toolTip()

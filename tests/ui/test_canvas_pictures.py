"""Pictures and labels: from samples, weights and answers to what nodes and wires show."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from playground.core import registry
from playground.core.samples import Samples
from playground.document.edits import AddLink, AddNode, RemoveNodes, ReplaceSpec
from playground.training import surfaces
from playground.training.messages import Fault, Reset, Running
from playground.ui import theme
from playground.ui.canvas import feed, pictures
from playground.ui.canvas.answers import known_graph, node_outputs, start_weights
from playground.ui.canvas.look import NodeLook
from playground.ui.canvas.plane import grid_points, in_square, plane_of
from playground.ui.canvas.preview import Atlas, class_scale, make_atlas, point_ink
from playground.ui.canvas.starters import STARTERS
from playground.ui.canvas.view import CanvasView
from playground.ui.canvas.wire_labels import thickness_of
from playground.ui.plots.surface import classes_image
from playground.ui.session import Session
from tests.ui.conftest import settle


@pytest.fixture
def view(session: Session, qtbot) -> CanvasView:
    made = CanvasView(session)
    qtbot.addWidget(made)
    made.resize(1400, 700)
    made.show()
    settle()
    return made


def test_every_activation_with_a_function_draws_it() -> None:
    drawn = [cls for cls in registry.entries("layer") if cls.preview == "glyph"]
    assert drawn
    for cls in drawn:
        found = pictures.curve(cls())
        assert found is not None, cls.title
        assert found.curve.min() >= -1e-9
        assert found.curve.max() <= 1 + 1e-9
    assert pictures.curve(registry.find("layer", "dense")()) is None


def test_activity_counts_zeros_and_ends() -> None:
    relu, tanh, dense = (registry.find("layer", id)() for id in ("relu", "tanh", "dense"))
    assert pictures.activity(relu, np.array([[0.0, 0.0, 1.0, 2.0], [0.0, 3.0, 0.0, 2.0]])) == "50 % zero, 25 % dead"
    assert pictures.activity(tanh, np.array([[-0.9999, 0.9999, 0.1, 0.2]])) == "50 % saturated"
    assert pictures.activity(dense, np.array([[0.0]])) == ""
    assert pictures.activity(relu, None) == ""


def test_an_atlas_puts_zero_on_the_ground_and_signs_apart(app) -> None:
    atlas = Atlas(2, 2, 4, 1)
    atlas.compose(np.stack([np.full((2, 2), value) for value in (-1.0, 0.0, 1.0, np.nan)]))
    low, zero, high, bad = atlas.words[0, 0], atlas.words[0, 5], atlas.words[5, 0], atlas.words[5, 5]
    assert len({int(low), int(zero), int(high)}) == 3
    assert bad == zero, "what is not a number is drawn as nothing"
    assert theme.theme().lut[0] == low
    assert theme.theme().lut[255] == high


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_decision_between_several_classes_has_the_colours_of_the_output_panel(app, mode: str) -> None:
    theme.apply(app, mode)
    answers = np.random.default_rng(4).dirichlet(np.full(5, 0.5), 64).astype(np.float32)
    codes = surfaces.decision(answers, "classification", 8).codes[0]
    series = [theme.theme().series(k + 1)[0] for k in range(8)]
    wanted = classes_image(answers.reshape(8, 8, 5), series, theme.theme().color("plot"))[::-1]
    shown = class_scale()[codes]
    for part in (0, 8, 16, 24):  # a shade is a 31st of the way from guessing to certain
        assert np.abs((shown >> part & 255).astype(int) - (wanted >> part & 255).astype(int)).max() <= 6
    assert [point_ink(k, 5) for k in range(5)] == series[:5]


def test_the_plane_holds_all_points_upright() -> None:
    x = np.array([[0.0, -2.0], [4.0, 6.0]], np.float32)
    samples = Samples(x, np.array([0, 1]), "classification", ("a", "b"))
    low, high = plane_of(samples)
    assert np.all(np.asarray(low) < x.min(axis=0))
    assert np.all(np.asarray(high) > x.max(axis=0))
    placed = in_square(x.astype(float), low, high)
    assert placed[0, 1] > placed[1, 1], "a larger second input lies higher"
    points = grid_points(low, high, 3)
    np.testing.assert_allclose(points[0], low, rtol=1e-6)
    np.testing.assert_allclose(points[-1], high, rtol=1e-6)
    assert points[1, 0] > points[0, 0]


def test_dense_weights_after_a_flattened_image_have_its_form() -> None:
    weight = np.arange(4 * 4 * 3 * 5, dtype=np.float32).reshape(48, 5)
    found = pictures.maps(weight, None, (4, 4, 3))
    assert found.maps.shape == (5, 4, 4)
    scaled = weight.reshape(4, 4, 3, 5).mean(axis=2)[..., 2]
    np.testing.assert_allclose(found.maps[2], scaled / np.abs(weight.reshape(4, 4, 3, 5).mean(axis=2)).max(), rtol=1e-6)
    assert pictures.maps(np.ones((7, 2), np.float32), None, ()).maps.shape == (2, 1, 7)


def test_units_that_are_stuck_are_flagged() -> None:
    tanh = registry.find("layer", "tanh")()
    given = np.zeros((16, 3))
    given[:, 1] = 0.999
    assert pictures.responses(given, 4, tanh).flagged == (1,)
    relu = registry.find("layer", "relu")()
    given = np.ones((16, 3))
    given[:, 2] = 0
    assert pictures.responses(given, 4, relu).flagged == (2,)


def test_bars_are_shares() -> None:
    found = pictures.bars(np.array([[2.0, 1.0, -1.0]]), None)
    assert found.bars.sum() == pytest.approx(1.0)
    given = np.array([[0.2, 0.8]])
    np.testing.assert_allclose(pictures.bars(given, None).bars, given[0])


def test_pictures_are_there_before_the_network_is_whole(
    view: CanvasView, session: Session, loaded: Callable[[Session], None]
) -> None:
    """Data and one layer without a loss: the layer already shows what it would compute."""
    data, dense = (
        AddNode(registry.find("dataset", "spirals")()),
        AddNode(registry.find("layer", "dense")(units=4), position=(200, 0)),
    )
    for edit in (data, dense, AddLink(data.id, dense.id, 0)):
        session.do(edit)
    loaded(session)
    item = view.canvas.nodes[dense.id]
    assert session.inspection.errors
    assert item.look.preview == "tiles"
    assert item.data_shown is not None
    assert item.data_shown.maps.shape == (4, 64, 64)


def test_pictures_of_what_is_left_stay_when_a_node_goes(
    view: CanvasView, session: Session, loaded: Callable[[Session], None]
) -> None:
    view.commands.start_from(STARTERS[2])
    loaded(session)
    conv = next(node for node in session.project.network.nodes if node.spec.id == "conv2d")
    pool = next(node for node in session.project.network.nodes if node.spec.id == "max_pool2d")
    assert view.canvas.nodes[conv.id].data_shown.maps.shape == (16, 3, 3)
    session.do(RemoveNodes((pool.id,)))
    settle()
    assert view.canvas.nodes[conv.id].data_shown is not None


def test_answers_leave_out_what_they_cannot_know(session: Session, loaded: Callable[[Session], None]) -> None:
    session.do(STARTERS[1].edit())
    loaded(session)
    graph = known_graph(session.project, session.samples)
    weights = start_weights(graph, 3)
    x = np.zeros((2, 13), np.float32)
    assert set(node_outputs(graph, weights, x)) == {"dense1", "relu1", "dense2"}
    weights["dense2.weight"] = np.zeros((5, 5), np.float32)
    assert set(node_outputs(graph, weights, x)) == {"dense1", "relu1"}
    assert node_outputs(graph, {}, x) == {}


def test_wires_say_what_was_chosen(view: CanvasView, session: Session, loaded: Callable[[Session], None]) -> None:
    view.commands.start_from(STARTERS[1])
    loaded(session)
    view.show_labels("parameters")
    assert [wire.label for wire in view.canvas.wires.values()] == ["224 p", "16", "51 p", "3"]
    view.show_labels("gradient")
    assert [wire.label for wire in view.canvas.wires.values()] == ["13", "16", "16", "3"], "before a run there is none"
    view.show_labels("shape")


def test_wires_thicken_with_the_gradient() -> None:
    norms = {"a": 1e-3, "b": 1e-1, "c": 1e-2}
    assert thickness_of(1e-3, norms) == pytest.approx(2.0)
    assert thickness_of(1e-2, norms) == pytest.approx(3.0)
    assert thickness_of(1e-1, norms) == pytest.approx(4.0)
    assert thickness_of(0.0, norms) == 2.0


def test_a_run_moves_the_pictures(view: CanvasView, session: Session, loaded: Callable[[Session], None], qtbot) -> None:
    view.commands.start_from(STARTERS[0])
    loaded(session)
    loss = next(item for item in view.canvas.nodes.values() if item.look.group == "c_loss")
    before = loss.data_shown.maps.copy()
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=120_000)
    qtbot.waitUntil(lambda: not np.array_equal(before, loss.data_shown.maps), timeout=10_000)
    classes = loss.data_shown.classes
    points = loss.data_shown.points
    size = loss.data_shown.maps.shape[1]
    at = np.clip((points * size).astype(int), 0, size - 1)
    side = loss.data_shown.maps[0][at[:, 1], at[:, 0]] > 127
    assert np.mean(side == (classes == 1)) > 0.95, "the field under the points shows their class"


def test_while_a_run_goes_on_the_window_only_draws(
    view: CanvasView, session: Session, loaded: Callable[[Session], None], qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the worker's pictures are there, no node is worked out in the window; after an edit it does so again."""
    view.commands.start_from(STARTERS[0])
    loaded(session)
    layers = [node for node in session.project.network.nodes if node.spec.kind == "layer"]
    asked: list[int] = []
    real = feed.node_outputs
    monkeypatch.setattr(
        feed, "node_outputs", lambda graph, weights, x, columns: asked.append(len(x)) or real(graph, weights, x, columns)
    )
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and view.feed.live.step == 1, timeout=60_000)
    view.feed.draw()
    asked.clear()
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and view.feed.live.step == 2, timeout=60_000)
    view.feed.draw()
    assert 64 * 64 not in asked
    weights = session.weights()
    x = view.feed.prepared.scaler.apply(grid_points(*plane_of(session.samples), 64))
    wanted = node_outputs(view.feed._graph, weights, x)
    for node in layers:
        shown = view.canvas.nodes[node.id].data_shown
        own = (
            pictures.responses(wanted[node.name], 64, node.spec)
            if wanted[node.name].shape[1] > 1
            else pictures.field(wanted[node.name], 64)
        )
        assert np.abs(shown.maps.astype(int) - own.maps).max() <= 1, node.name
    session.do(ReplaceSpec(layers[0].id, registry.find("layer", "dense")(units=5)))
    settle()
    assert view.canvas.nodes[layers[0].id].data_shown is None or len(view.canvas.nodes[layers[0].id].data_shown.maps) == 5
    assert view.feed.live.read(view.feed._names) is False


def test_the_node_at_which_a_run_stopped_is_marked_until_it_goes_on(
    view: CanvasView, session: Session, loaded: Callable[[Session], None]
) -> None:
    view.commands.start_from(STARTERS[0])
    loaded(session)
    marked = lambda: [item.look.name for item in view.canvas.nodes.values() if item.faulty]  # noqa: E731
    session.heard.emit(Fault(node="dense2", op="dense", direction="backward", step=7, text="Stopped."))
    assert marked() == ["dense2"]
    session.heard.emit(Reset(step=0, knobs={}))
    assert marked() == []


def test_wires_that_carried_the_number_are_in_the_colour_of_the_fault(
    view: CanvasView, session: Session, loaded: Callable[[Session], None], qtbot
) -> None:
    """Backward: all before the layer that some trained layer feeds; forward: all behind it; an update: none."""
    view.commands.start_from(STARTERS[0])
    loaded(session)
    settle()
    names = [node.name for node in session.project.network.nodes]
    assert names[1:5] == ["dense1", "tanh1", "dense2", "tanh2"]

    def marked() -> dict[str, str]:
        wires = [wire for wire in view.canvas.wires.values() if wire.state == "spoiled"]
        return {f"{wire.source.look.name} {wire.target.look.name}": wire.label for wire in wires}

    session.heard.emit(Fault(node="dense2", op="dense", direction="backward", step=7, text="Stopped.", what="NaN"))
    assert marked() == {"dense1 tanh1": "NaN", "tanh1 dense2": "NaN"}
    view.show_labels("parameters")
    assert len(marked()) == 2, "another choice of labels does not hide it"
    view.grab()
    session.heard.emit(Fault(node="dense2", op="dense", direction="forward", step=7, text="Stopped.", what="infinity"))
    assert marked().keys() == {f"{a} {b}" for a, b in itertools.pairwise(names[3:])}
    assert set(marked().values()) == {"∞"}
    session.heard.emit(Fault(node="dense2", op="adam", direction="update", step=7, text="Stopped.", what="NaN"))
    assert marked() == {}
    session.heard.emit(Fault(node="dense2", op="dense", direction="forward", step=7, text="Stopped.", what="NaN"))
    session.heard.emit(Running(step=7))
    assert marked() == {}
    assert not any(item.faulty for item in view.canvas.nodes.values())
    qtbot.waitUntil(lambda: not view.feed._soon.isActive(), timeout=5_000)


def test_few_maps_are_large_and_many_are_small(app) -> None:
    sizes = {units: make_atlas(NodeLook("a", "conv", "c_linear", "", "maps", units)).size for units in (1, 3, 9, 16, 0)}
    assert sizes == {1: 93, 3: 45, 9: 29, 16: 21, 0: 21}

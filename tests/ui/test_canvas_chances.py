"""Pictures of layers that ask for none: which they are, what they hold, and that they follow a run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from playground.core import registry
from playground.core.samples import Samples
from playground.core.tensor import TensorType
from playground.document.edits import SetField, SetPlan
from playground.document.node_size import picture_of, size_of
from playground.document.project import Node
from playground.engine.machine import Machine
from playground.lowering import lower
from playground.training.assembly import assemble
from playground.ui import theme
from playground.ui.canvas.chances import BINS, kept_units, spread_of
from playground.ui.canvas.view import CanvasView
from playground.ui.session import Session
from tests.training.networks import project

from .conftest import settle
from .networks import chain, ready


def flat(count: int = 24, features: int = 5) -> Samples:
    rng = np.random.default_rng(2)
    return Samples(rng.normal(size=(count, features)).astype(np.float32), np.arange(count) % 3, "classification", ("a", "b", "c"))


@pytest.mark.parametrize(
    ("id", "shape", "kind"),
    [("batch_norm", (7,), "spread"), ("batch_norm", (5, 4, 3), "spread"), ("layer_norm", (6, 4), "spread"), ("gaussian_noise", (3,), "spread"),
     ("dropout", (9,), "kept"), ("dropout", (5, 4, 3), "kept"), ("spatial_dropout", (5, 4, 3), "kept"), ("gradient_reversal", (9,), ""),
     ("add", (5, 4, 3), "maps"), ("add", (7,), "spread"), ("conv1d", (9, 4), "maps"), ("max_pool1d", (9, 4), "maps"),
     ("flatten", (60,), ""), ("reshape", (6, 4), ""), ("dense", (8,), "maps"), ("relu", (8,), "glyph"), ("softmax", (8,), "bars")],
)  # fmt: skip
def test_what_a_layer_is_decides_its_picture(id: str, shape: tuple[int, ...], kind: str) -> None:
    node = Node(id="n", name="one", spec=registry.find("layer", id)())
    picture = picture_of(node, False, TensorType(shape), flat())
    assert picture[0] == kind
    width, height = size_of(picture, "layer", "one", "", lambda text, px, bold: 6.0 * len(text))
    assert (height > 60) == bool(kind)
    assert width >= 84


def test_units_that_are_kept_are_those_of_the_engine() -> None:
    """With batches of one the gradient of the weights behind dropout is zero where a unit was hidden."""
    made = project(("dense", {"units": 11}), ("dropout", {"rate": 0.5}), ("dense", {"units": 3}), batch=1, epochs=1, seed=5)
    assembled = assemble(made, flat())
    machine: Machine = assembled.machine()
    machine.initialise(5)
    graph = lower(made, flat()).graph
    for step in range(4):
        machine.run(1)
        found = kept_units(graph, "dropout1", TensorType((11,)), 0.5, 5, step)
        assert found is not None
        kept = found.cells.reshape(-1)[:11] > 0
        assert found.kept == kept.sum()
        gradient = np.abs(machine.gradients()["dense2.weight"]).sum(axis=1)
        np.testing.assert_array_equal(gradient > 0, kept)
    assert kept_units(graph, "dense1", TensorType((11,)), 0.5, 5, 0) is None


def test_of_an_image_the_first_channel_shows_and_whole_channels_are_hidden_together() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 6, 5, 3)).astype(np.float32)
    samples = Samples(x, np.arange(8) % 3, "classification", ("a", "b", "c"))
    made = project(
        ("dropout", {"rate": 0.4}), ("spatial_dropout", {"rate": 0.4}), ("flatten", {}), ("dense", {"units": 3}), epochs=1
    )
    graph = lower(made, samples).graph
    whole = kept_units(graph, "dropout1", TensorType((6, 5, 3)), 0.4, 1, 0)
    channels = kept_units(graph, "spatial_dropout1", TensorType((6, 5, 3)), 0.4, 1, 0)
    assert whole is not None
    assert channels is not None
    assert (whole.cells.shape, whole.units) == ((6, 5), 30)
    assert channels.units == 3
    all_kept = kept_units(graph, "dropout1", TensorType((6, 5, 3)), 0.0, 1, 0)
    assert all_kept is not None
    assert all_kept.kept == 30


def test_a_spread_is_numpys_histogram() -> None:
    values = np.random.default_rng(1).normal(size=(9, 31)).astype(np.float32)
    found = spread_of(values)
    assert found is not None
    counts, _ = np.histogram(values.astype(float), BINS, (float(values.min()), float(values.max())))
    np.testing.assert_allclose(found.shares, counts / counts.max())
    assert (found.low, found.high) == (pytest.approx(values.min()), pytest.approx(values.max()))
    same = spread_of(np.full(5, 2.0))
    assert same is not None
    assert (same.low, same.high, same.shares.sum()) == (1.5, 2.5, 1.0)
    assert spread_of(np.array([np.nan, np.inf])) is None
    assert spread_of(None) is None


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_are_on_the_canvas_before_a_run_and_follow_it(
    app: QApplication, session: Session, loaded: Callable[[Session], None], qtbot, mode: str
) -> None:
    theme.apply(app, mode)
    made = chain(
        ("dataset", "iris", {}), ("layer", "dense", {"units": 10}), ("layer", "batch_norm", {}), ("layer", "dropout", {"rate": 0.5}),
        ("layer", "dense", {"units": 3}), ("loss", "cross_entropy", {}), epochs=3,
    )  # fmt: skip
    ready(session, made, qtbot)
    view = CanvasView(session)
    qtbot.addWidget(view)
    view.resize(1300, 500)
    view.show()
    settle()
    qtbot.waitUntil(lambda: view.feed.drawn > 0, timeout=10_000)
    view.zoom_to_fit(most=1.0)
    settle()
    items = {item.look.name: item for item in view.canvas.nodes.values()}
    norm, drop = items["batch_norm1"], items["dropout1"]
    assert norm.data_shown is not None
    assert norm.data_shown.spread is not None
    assert drop.data_shown is not None
    before = drop.data_shown.kept
    assert before is not None
    assert (before.units, before.kept) == (10, int(np.nansum(before.cells)))
    image = view.grab().toImage()
    place = view.mapFromScene(drop.mapToScene(drop.preview_rect().center()))
    inks = {QColor(image.pixel(place.x() + dx, place.y() + dy)).name() for dx in range(-40, 40) for dy in range(-30, 30)}
    assert theme.theme().color("c_norm").name() in inks
    node = next(node for node in session.project.network.nodes if node.name == "dropout1")
    session.do(SetField(node.id, "rate", 0.0))
    settle()
    qtbot.waitUntil(lambda: items["dropout1"].data_shown.kept.kept == 10, timeout=10_000)
    session.do(SetField(node.id, "rate", 0.9))
    session.do(SetPlan("training", "seed", 3))
    settle()
    qtbot.waitUntil(lambda: items["dropout1"].data_shown.kept.kept < 6, timeout=10_000)

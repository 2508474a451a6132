"""A network with two losses in the window: the picker, the knobs, the metrics, the loss nodes' own numbers."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import AddLink, AddNode, SetPlan
from playground.document.project import Project
from playground.ui.canvas.view import CanvasView
from playground.ui.main_window import MainWindow
from playground.ui.panels.knob_rows import metric_shown
from playground.ui.panels.knobs import Knobs
from playground.ui.panels.metrics import LOSS, MetricsPanel, by_metric
from playground.ui.pickers import PICKERS
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import node, ready, train


def two_heads() -> Project:
    """Iris -> dense1 -> tanh1 -> dense2 -> classes; tanh1 -> dense3 -> the inputs again, by wire."""
    project = Project()
    ids = {}
    for name, kind, id, settings in (
        ("data", "dataset", "iris", {}), ("dense1", "layer", "dense", {"units": 6}), ("tanh1", "layer", "tanh", {}),
        ("dense2", "layer", "dense", {"units": 3}), ("classes", "loss", "cross_entropy", {}),
        ("dense3", "layer", "dense", {"units": 4}), ("again", "loss", "mean_squared_error", {"weight": 0.5}),
    ):  # fmt: skip
        edit = AddNode(find(kind, id)(**settings), position=(150.0 * len(ids), 40.0), name=name)
        ids[name], project = edit.id, edit.apply(project)
    for source, target, port in (
        ("data", "dense1", 0), ("dense1", "tanh1", 0), ("tanh1", "dense2", 0), ("dense2", "classes", 0), ("tanh1", "dense3", 0),
        ("dense3", "again", 0), ("data", "again", 1),
    ):  # fmt: skip
        project = AddLink(ids[source], ids[target], port).apply(project)
    return SetPlan("training", "epochs", 12).apply(project)


@pytest.fixture
def heads(session: Session, qtbot: QtBot) -> Session:
    ready(session, two_heads(), qtbot)
    return session


def test_figures_are_sorted_by_metric_and_by_loss() -> None:
    found = by_metric(["classes: accuracy", "again: rmse", "classes: log_loss", "again: r2", "classes", "again"])
    assert found[LOSS] == {"classes": "classes", "again": "again"}
    assert found["accuracy"] == {"classes": "classes: accuracy"}
    assert by_metric(["accuracy", "rmse"]) == {"accuracy": {"": "accuracy"}, "rmse": {"": "rmse"}}
    assert metric_shown({"again: rmse": 0.3, "classes: accuracy": 0.5}) == ("classes accuracy", "50.0 %")


def test_every_loss_has_its_lines_and_its_number(heads: Session, qtbot: QtBot) -> None:
    view, panel = CanvasView(heads), MetricsPanel(heads)
    for widget in (view, panel):
        qtbot.addWidget(widget)
        widget.resize(1200, 600)
        widget.show()
    train(heads, qtbot)
    settle()
    last = heads.client.epochs[-1].metrics
    assert {"classes", "again"} <= set(panel.plots[LOSS].series)
    assert panel.plots[LOSS].series["again"].y[-1] == last["again"]
    assert panel.plots["accuracy"].series["classes"].y[-1] == last["classes: accuracy"]
    assert set(panel.plots["rmse"].series) == {"again", "again train"}
    learned = heads.client.epochs[-1].train_metrics
    assert learned.keys() == last.keys()
    assert panel.plots["rmse"].series["again train"].y[-1] == learned["again: rmse"] != last["again: rmse"]
    view.feed.draw()
    for name in ("classes", "again"):
        shown = view.canvas.nodes[node(heads, name).id].data_shown
        assert shown is not None
        assert float(shown.number) == pytest.approx(last[name], rel=0.01)


def test_the_weights_of_the_losses_are_knobs(heads: Session, qtbot: QtBot) -> None:
    knobs = Knobs(heads)
    qtbot.addWidget(knobs)
    assert {"classes.weight", "again.weight"} <= set(knobs.rows)
    assert knobs.rows["again.weight"].value == 0.5
    knobs.rows["again.weight"].changed.emit(2.0)
    settle()
    assert node(heads, "again").spec.weight == 2.0
    assert knobs.rows["again.weight"].value == 2.0


def test_the_picker_counts_them_and_exchanges_each(heads: Session, window: MainWindow) -> None:
    picker = next(picker for picker in PICKERS if picker.caption == "Loss")
    assert picker.value(heads) == "2 losses"
    menu = QMenu()
    picker.fill(menu, window)
    second = menu.actions()[1].menu()
    assert second.title() == "again: Mean squared error"
    next(entry for entry in second.actions() if entry.text() == "Mean absolute error").trigger()
    assert node(heads, "again").spec.id == "mean_absolute_error"
    assert node(heads, "classes").spec.id == "cross_entropy"
    menu.deleteLater()


def test_a_second_loss_from_the_palette_is_wired_by_its_prediction(heads: Session, qtbot: QtBot) -> None:
    view = CanvasView(heads)
    qtbot.addWidget(view)
    heads.do(AddNode(find("layer", "dense")(units=3), position=(300.0, 300.0)))
    heads.do(AddLink(node(heads, "tanh1").id, node(heads, "dense4").id))
    heads.select([node(heads, "dense4").id])
    made = view.commands.add(find("loss", "cross_entropy")())
    (wire,) = heads.project.network.into(made)
    assert (wire.source, wire.port) == (node(heads, "dense4").id, 0)
    assert node(heads, "loss").id == made

"""Panels that draw a run: fed by a real worker, empty before it."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import SetPlan
from playground.training.history import LayerNorms
from playground.training.messages import Fault
from playground.ui.panels.activations import ActivationsPanel
from playground.ui.panels.gradients import NormsPanel, gradients, weights
from playground.ui.panels.health import health_of, judge
from playground.ui.panels.histograms import HistogramsPanel
from playground.ui.panels.journal import JournalPanel
from playground.ui.panels.journal_entries import journal_of, knob_label
from playground.ui.panels.knobs import Knobs
from playground.ui.panels.loss import LossPanel, planned_rates
from playground.ui.panels.metrics import MetricsPanel
from playground.ui.panels.output import OutputPanel
from playground.ui.plots.curves import WHOLE
from playground.ui.session import Session
from playground.ui.spoiled import first_words

from .conftest import settle
from .networks import chain, moons, ready, train


def curve_project() -> object:
    return chain(
        ("dataset", "regression_curve", {}), ("layer", "dense", {"units": 8}), ("layer", "tanh", {}), ("layer", "dense", {"units": 1}),
        ("loss", "mean_squared_error", {}), epochs=40,
    )  # fmt: skip


def test_loss_metrics_gradients_and_output_show_the_run(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=400), qtbot)
    loss, metrics, norms, output = LossPanel(session), MetricsPanel(session), gradients(session), OutputPanel(session)
    held = weights(session)
    for panel in (loss, metrics, norms, output, held):
        qtbot.addWidget(panel)
        panel.resize(420, 320)
        panel.show()
    assert not loss.plot.has_data
    assert output.pages.currentWidget() is output.surface
    train(session, qtbot)
    settle()
    history = session.client.history()
    np.testing.assert_array_equal(loss.plot.series["raw"].x, history.steps)
    np.testing.assert_array_equal(loss.rate.series["rate"].y, history.rate)
    records = session.client.epochs
    assert loss.plot.series["validation"].y.tolist() == [record.validation_loss for record in records]
    assert loss.plot.across.high == session.client.started.total_steps  # type: ignore[union-attr]
    assert loss.plot.x_word(history.steps[-1])[1] == "epoch 400"
    assert list(metrics.plots) == list(records[-1].metrics)
    assert metrics.plots["accuracy"].series["metric"].y[-1] == records[-1].metrics["accuracy"]
    assert list(norms.plot.series) == [WHOLE, "dense1", "dense2"]
    np.testing.assert_array_equal(norms.plot.series[WHOLE].y, history.gradient_norm)
    measured = session.client.layer_norms()
    assert measured is not None
    for what, of_layers, order in (("weight", measured.weight, 2), ("l1", measured.l1, 1), ("largest", measured.largest, np.inf)):
        held.show_what(what)
        together = np.linalg.norm(np.asarray(of_layers, float), order, axis=1)
        np.testing.assert_allclose(held.plot.series[WHOLE].y, together)
    held.show_what("ratio")
    assert list(held.plot.series) == ["dense1", "dense2"]
    assert loss.plot.series["epoch"].y.tolist() == [record.train_loss for record in records]
    assert norms.table is not None
    assert [row.layer for row in norms.table.rows] == ["dense1", "dense2"]
    grid = session.client.grid()
    assert grid is not None
    assert output.surface.response is not None
    np.testing.assert_array_equal(output.surface.response, grid.response)
    assert [mark.x for mark in journal_of(session).marks()] == []
    session.reset()
    qtbot.waitUntil(lambda: not len(session.client.history().steps), timeout=10_000)
    settle()
    assert not loss.plot.has_data
    assert journal_of(session).entries[-1].text.startswith("Reset")


def test_plots_without_anything_to_draw_say_what_the_run_waits_for(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    metrics, *others = panels = (
        MetricsPanel(session), LossPanel(session), gradients(session), weights(session), ActivationsPanel(session), HistogramsPanel(session),
    )  # fmt: skip
    for panel in panels:
        qtbot.addWidget(panel)
        panel.show()

    def said() -> set[str]:
        return {metrics.none.empty, *(panel.plot.empty for panel in others)}

    assert "No run yet. Press Train." in said()
    assert session.samples is not None
    session.run.start(session.project, session.samples, None, then=lambda: None)
    qtbot.waitUntil(lambda: said() == {"Paused before the first step. Press Resume."}, timeout=30_000)
    session.stop()
    qtbot.waitUntil(lambda: said() == {"The run ended before its first step was done."}, timeout=10_000)


def test_one_input_and_one_target_are_a_curve_with_the_networks_answer(session: Session, qtbot: QtBot) -> None:
    ready(session, curve_project(), qtbot)  # type: ignore[arg-type]
    output = OutputPanel(session)
    qtbot.addWidget(output)
    output.show()
    assert output.pages.currentWidget() is output.curve
    assert session.samples is not None
    assert len(output.curve.series["samples"].x) == session.samples.count
    assert (np.diff(output.curve.series["samples"].x) >= 0).all()
    train(session, qtbot)
    qtbot.waitUntil(lambda: len(output.curve.series["network"].x) > 0, timeout=10_000)
    grid = session.client.grid()
    assert grid is not None
    np.testing.assert_array_equal(output.curve.series["network"].y, grid.response[0, :, 0].astype(float))
    low, high = output.curve.series["network"].x[[0, -1]]
    assert low < session.samples.x.min()
    assert high > session.samples.x.max()


def test_other_data_says_that_there_is_no_picture(session: Session, qtbot: QtBot) -> None:
    project = chain(("dataset", "iris", {}), ("layer", "dense", {"units": 3}), ("loss", "cross_entropy", {}))
    ready(session, project, qtbot)
    output = OutputPanel(session)
    qtbot.addWidget(output)
    assert output.pages.currentWidget() is output.none


def test_smoothing_and_logarithm_are_set_above_the_plot(session: Session, qtbot: QtBot) -> None:
    panel = LossPanel(session)
    qtbot.addWidget(panel)
    panel.smooth.changed.emit(0.5)
    assert panel.plot.smoother.factor == 0.5
    panel.log.click()
    assert not panel.plot.log


def test_a_hidden_panel_does_not_draw(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=20), qtbot)
    hidden, shown = LossPanel(session), LossPanel(session)
    qtbot.addWidget(hidden)
    qtbot.addWidget(shown)
    shown.show()
    train(session, qtbot)
    settle()
    assert shown.plot.has_data
    assert not hidden.plot.has_data
    hidden.show()
    assert hidden.plot.has_data


def test_the_planned_rates_are_the_schedules() -> None:
    steps, rates = planned_rates(moons(optimizer__rate=0.3), 0, 90)
    assert steps.tolist() == list(range(1, 91))
    assert rates == pytest.approx(np.full(90, 0.3))
    assert len(planned_rates(moons(), 90, 90)[0]) == 0


@pytest.mark.parametrize(
    ("ratio", "frozen", "word"),
    [(1e-3, False, "Healthy"), (0.2, False, "Steps too large"), (1e-7, False, "Hardly moves"), (0.0, False, "Does not move"), (1e-3, True, "Frozen"),
     (np.nan, False, "Not finite")],
)  # fmt: skip
def test_the_state_of_a_layer_is_said_in_words(ratio: float, frozen: bool, word: str) -> None:
    assert judge("a", np.full(9, ratio), np.ones(9), frozen).state == word


def test_only_the_newest_samples_are_judged() -> None:
    ratios = np.concatenate([np.full((50, 1), 0.5), np.full((20, 1), 1e-3)])
    norms = LayerNorms(("a",), np.arange(70), ratios, ratios, ratios)
    assert [row.state for row in health_of(norms)] == ["Healthy"]
    assert health_of(None) == []


def test_of_a_step_that_was_refused_a_layer_with_a_sound_gradient_is_not_accused() -> None:
    """No update was made there, of any layer."""
    usual, refused = np.full((20, 2), 1e-3), np.array([[np.nan, np.nan]])
    gradients = np.concatenate([np.ones((20, 2)), [[1.0, np.nan]]])
    norms = LayerNorms(("a", "b"), np.arange(21), gradients, np.ones((21, 2)), np.concatenate([usual, refused]))
    assert [row.state for row in health_of(norms)] == ["Healthy", "Not finite"]
    fault = Fault(node="b", op="adam", direction="update", step=20, text="", batch=1, epoch=1, what="4.9e8")
    assert first_words(fault) == "A weight of 4.9e8, update, step 21"
    assert first_words(dataclasses.replace(fault, direction="backward", what="infinity")) == "First ∞, backward, step 21"


def test_the_speed_of_a_run_is_chosen_in_the_knobs_and_shown_there(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=2000), qtbot)
    panel = Knobs(session)
    qtbot.addWidget(panel)
    assert panel.speed.field.currentText() == "Full speed"
    panel.speed.show_speed(60.0)
    panel.speed.field.activated.emit(panel.speed.field.currentIndex())
    assert session.run.speed == 60.0
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 5, timeout=20_000)
    first, began = session.client.step, time.monotonic()
    qtbot.waitUntil(lambda: session.client.step >= first + 30, timeout=20_000)
    assert time.monotonic() - began > 0.3
    panel.speed.chosen.emit(0.0)
    qtbot.waitUntil(lambda: session.client.step > first + 2000, timeout=20_000)


def test_knobs_are_called_as_in_the_forms() -> None:
    project = moons()
    assert knob_label(project, "rate") == "Learning rate"
    assert knob_label(project, "clip") == "Clip gradients"
    assert knob_label(project, "dropout1.rate") == "dropout1 Dropout"
    assert knob_label(project, "dense1:rate_factor") == "dense1 Rate factor"
    assert knob_label(project, "gone.thing") == "gone.thing"
    lasso = SetPlan("training", "penalty", find("penalty", "elastic_net")()).apply(project)
    assert knob_label(lasso, "penalty:l1") == "Elastic net L1"
    assert knob_label(project, "penalty:l1") == "Penalty l1", "the penalty is another one by now"


def test_a_journal_is_read_by_keys(session: Session, qtbot: QtBot) -> None:
    panel = JournalPanel(session)
    qtbot.addWidget(panel)
    panel.resize(300, 150)
    panel.show()
    panel.list.show_entries([(step, "slider", "text2", f"entry of {step}") for step in range(40, 0, -1)])
    settle()
    for _ in range(30):
        qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert panel.list.accessibleDescription() == "Step 10: entry of 10"
    row = QRect(10, 26 * 30 + 2, 100, 26)
    assert panel.list.visibleRegion().contains(row.center())


def test_norm_panels_are_empty_before_a_run(session: Session, qtbot: QtBot) -> None:
    panel: NormsPanel = gradients(session)
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.plot.has_data
    assert panel.table is not None
    assert panel.table.rows == []

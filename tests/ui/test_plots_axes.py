"""Axes under the hand, curves of other runs, one cursor for the whole window, gaps, and what lies on a logarithmic axis."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.training.history import History
from playground.training.messages import EpochRecord
from playground.ui import theme
from playground.ui.panels.gradients import gradients, weights
from playground.ui.panels.loss import LossPanel
from playground.ui.plots.axis import Axis
from playground.ui.plots.cursor import cursor_of
from playground.ui.plots.curves import LossPlot, RatePlot
from playground.ui.plots.fan import FanPlot
from playground.ui.plots.legend import Legend
from playground.ui.plots.plot import Plot, link
from playground.ui.plots.series import SMOOTH_POINTS, Series
from playground.ui.plots.thinning import cuts, every
from playground.ui.session import Session

from .conftest import settle
from .networks import moons, ready, train


def history(n: int, scale: float = 1.0) -> History:
    steps = np.arange(1, n + 1)
    loss = (scale * 0.998**steps).astype(np.float32)
    return History(steps, loss, np.full(n, 0.01, np.float32), np.ones(n, np.float32), np.full(n, 32, np.float32))


def record(number: int) -> EpochRecord:
    return EpochRecord(
        epoch=number, step=10 * number, train_loss=0.5 / number, validation_loss=0.6 / number, metrics={}, rate=0.01
    )


def turn(plot: Plot, at: QPointF, delta: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        at, QPointF(plot.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot, event)


@pytest.fixture
def plot(app: QApplication, qtbot: QtBot) -> LossPlot:
    made = LossPlot()
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    made.feed(history(400), [record(k) for k in range(1, 40)])
    made.fit()
    return made


@pytest.mark.parametrize("log", [True, False])
def test_the_wheel_over_the_y_axis_or_with_ctrl_zooms_up_around_the_pointer(plot: LossPlot, log: bool) -> None:
    plot.set_log(log)
    plot.fit()
    across, up = plot.across, plot.up
    for at, keys in (
        (QPointF(20, 120), Qt.KeyboardModifier.NoModifier),
        (QPointF(300, 120), Qt.KeyboardModifier.ControlModifier),
    ):
        part = (plot.area.bottom() - at.y()) / plot.area.height()
        under = plot.up.value(part)
        turn(plot, at, 120, keys)
        assert plot.up.value(part) == pytest.approx(under, rel=1e-6)
    wide = math.log10(up.high / up.low) if log else up.high - up.low
    now = math.log10(plot.up.high / plot.up.low) if log else plot.up.high - plot.up.low
    assert now == pytest.approx(0.64 * wide, rel=1e-6)
    assert (plot.across.low, plot.across.high) == (across.low, across.high)
    plot.feed(history(500), [])
    plot.fit()
    assert plot.chosen_up == plot.up  # it stays although data comes
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert plot.chosen_up is None
    assert plot.up.low < 0.998**500


def test_a_drag_pans_across_and_on_the_y_axis_up(plot: LossPlot) -> None:
    across, up = plot.across, plot.up
    press, there = QPoint(20, 100), QPoint(20, 140)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=press)
    QTest.mouseMove(plot, there)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=there)
    assert (plot.across.low, plot.across.high) == (across.low, across.high)
    share = 40 / plot.area.height()
    assert plot.up.high == pytest.approx(up.value(1 + share))
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    QTest.mouseMove(plot, QPoint(200, 60))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 60))
    assert plot.across.low == pytest.approx(100 / plot.area.width() * (across.high - across.low))
    assert plot.up.high == pytest.approx(up.high)  # and with it what was chosen up


@pytest.mark.parametrize("key", [Qt.Key.Key_Plus, Qt.Key.Key_Minus])
def test_keys_zoom_both_axes(plot: LossPlot, key: Qt.Key) -> None:
    across, up = plot.across, plot.up
    QTest.keyClick(plot, key, Qt.KeyboardModifier.ControlModifier)
    assert plot.across == across
    assert (plot.up.high < up.high) == (key == Qt.Key.Key_Plus)
    QTest.keyClick(plot, key)
    assert (plot.across.high - plot.across.low < across.high - across.low) == (key == Qt.Key.Key_Plus)
    QTest.keyClick(plot, Qt.Key.Key_Up)
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.chosen_up is None
    assert plot.follow


def test_zooming_without_end_breaks_nothing(plot: LossPlot) -> None:
    for _ in range(300):
        turn(plot, QPointF(300, 100), 1200)
        turn(plot, QPointF(300, 100), 1200, Qt.KeyboardModifier.ControlModifier)
    assert not plot.grab().isNull()
    assert plot.across.high - plot.across.low < 1e-5
    for _ in range(300):
        turn(plot, QPointF(300, 100), -1200)
        turn(plot, QPointF(300, 100), -1200, Qt.KeyboardModifier.ControlModifier)
    assert not plot.grab().isNull()


def test_a_logarithmic_step_axis_holds_every_step_and_thins_by_width(app: QApplication, qtbot: QtBot) -> None:
    plot, rate = Plot("both", log_x=False), RatePlot()
    for widget in (plot, rate):
        qtbot.addWidget(widget)
        widget.resize(600, 200)
        widget.show()
    link(plot, rate)
    x = np.arange(1, 200_001)
    for kind in ("points", "line", "smooth"):
        plot.add(Series(kind, kind, kind))
        plot.show_data(kind, x, 1 / x)
    plot.set_log_x(True)
    plot.reach = 400_000
    plot.fit()
    assert (plot.across.low, plot.across.high, plot.across.log) == (1.0, 400_000.0, True)
    assert rate.across.log
    for series in plot.series.values():
        shown = series.shown[0]
        assert (shown[0], shown[-1]) == (1, 200_000)
        assert (np.diff(shown) > 0).all()
        assert len(shown) < 4000
        early = ((shown >= 1) & (shown < 100)).sum()
        assert early >= 30  # two decades of five, not one bucket of five hundred
    turn(plot, QPointF(300, 100), 120)
    assert plot.across.log
    assert plot.across.low > 1
    plot.set_log_x(False)
    plot.fit()
    assert not plot.across.log
    assert plot.across.low == 0.0


def test_cuts_cover_everything_once() -> None:
    x = np.sort(np.random.default_rng(3).uniform(1, 1e5, 500))
    found = cuts(x, 1.0, 1e5, 7)
    assert np.concatenate([x[part] for part in found]).tolist() == x.tolist()
    assert all(part.stop > part.start for part in found)


def test_a_thin_gap_in_a_long_smooth_line_stays_a_gap() -> None:
    y = np.ones(500_000)
    y[123_457] = np.nan
    x, shown = every(np.arange(len(y)), y, SMOOTH_POINTS)
    assert np.isnan(shown[x == 123_457]).all()
    assert np.isnan(shown).sum() == 1


def test_other_runs_lie_under_the_present_one_in_grey_until_they_are_taken_away(plot: LossPlot) -> None:
    before = plot.grab().toImage()
    other = history(800, 30.0)
    plot.overlay_run("Run 12", other, [record(k) for k in range(1, 60)])
    assert plot.grab().toImage() != before
    assert [series.key for series in plot.drawn()][:2] == ["train", "validation"]
    laid = {series.key: series for series in plot.overlays["Run 12"]}
    assert [series.label for series in laid.values()] == ["Run 12, train", "Run 12, validation"]
    assert laid["train"].ink == theme.theme().color("text3")
    assert plot.across.high >= 800
    assert plot.up.high > 29
    assert len(plot.legend()) == 6
    np.testing.assert_array_equal(laid["train"].x, other.steps)
    plot.set_smoothing(0.0)
    np.testing.assert_allclose(plot.overlays["Run 12"][0].y, other.loss, rtol=1e-6)
    plot.overlay_run("Run 13", history(10), muted=False)
    assert plot.overlays["Run 13"][0].ink != theme.theme().color("text3")
    plot.overlay_run("Run 12", None)
    assert list(plot.overlays) == ["Run 13"]
    plot.clear_overlays()
    plot.feed(history(400), [record(k) for k in range(1, 40)])
    plot.fit()
    assert plot.across.high < 800


def test_an_overlay_alone_is_worth_drawing(app: QApplication, qtbot: QtBot) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    plot.overlay({"train": (np.arange(1.0, 50.0), np.linspace(2, 1, 49)), "unknown": (np.zeros(1), np.zeros(1))}, "Run 1")
    assert plot.has_data
    assert len(plot.overlays["Run 1"]) == 1
    assert not plot.grab().isNull()
    plot.overlay({}, "Run 1")
    assert not plot.has_data


def test_the_cursor_of_one_plot_is_that_of_every_plot_of_the_window(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=60), qtbot)
    panels = [LossPanel(session), gradients(session), weights(session)]
    for panel in panels:
        qtbot.addWidget(panel)
        panel.resize(500, 300)
        panel.show()
    train(session, qtbot)
    settle()
    loss, gradient, weight = panels[0].plot, panels[1].plot, panels[2].plot
    loss.grab()
    QTest.mouseMove(loss, QPoint(round(loss.px(50)), 100))
    assert loss.cursor_x == pytest.approx(50, abs=1)
    assert gradient.cursor_x == weight.cursor_x == panels[0].rate.cursor_x == loss.cursor_x
    gradient.grab()
    QTest.mouseMove(gradient, QPoint(round(gradient.px(20)), 60))
    assert loss.cursor_x == pytest.approx(20, abs=4)  # a pixel is some steps there
    cursor_of(session).moved.emit(None)
    assert loss.cursor_x is None


def test_a_norm_of_the_weights_is_chosen_above_the_plot(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=60), qtbot)
    panel = weights(session)
    qtbot.addWidget(panel)
    panel.resize(400, 300)
    panel.show()
    train(session, qtbot)
    settle()
    norms = session.client.layer_norms()
    assert norms is not None
    assert panel.choice is not None
    assert panel.choice.isVisible()
    for key, table in (("weight", norms.weight), ("l1", norms.l1), ("largest", norms.largest), ("ratio", norms.ratio)):
        panel.choice.choose(key)
        np.testing.assert_array_equal(panel.plot.series["dense1"].y, table[:, 0])
    assert (norms.l1 >= norms.weight - 1e-9).all()
    assert (norms.weight >= norms.largest - 1e-9).all()
    panel.choice.setFocus()
    QTest.keyClick(panel.choice, Qt.Key.Key_Up)
    assert panel.plot.what == "largest"


def test_the_steps_are_logarithmic_by_a_box_above_the_loss(session: Session, qtbot: QtBot) -> None:
    panel = LossPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    panel.log_x.click()
    assert panel.plot.log_x
    assert panel.rate.log_x
    panel.log_x.click()
    assert not panel.plot.log_x


def test_the_legend_names_what_was_laid_under(plot: LossPlot, qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    plot.overlay_run("Run 12", history(30))
    legend.show_series(plot.legend())
    assert "Run 12, train" in legend.accessibleName()


def test_gaps_are_found_whether_the_data_grow_or_are_others() -> None:
    series = Series("a", "a", "smooth")
    x, y = np.arange(1.0, 5001.0), np.ones(5000)

    def holes(count: int, values: np.ndarray) -> list[float]:
        series.x, series.y = x[:count], values[:count]
        series.thin(Axis(0.0, 5000.0), 400)
        return series.holes.tolist()  # type: ignore[no-any-return]

    assert holes(1000, y) == []
    assert holes(0, y) == []
    assert holes(2000, y) == []
    bad = y.copy()
    bad[2500] = np.inf
    assert holes(2400, bad) == []
    assert holes(3000, bad) == [2501.0]
    assert holes(5000, bad) == [2501.0]
    assert holes(5000, 2 * y) == []  # another run
    early = 3 * y
    early[7] = np.nan
    assert holes(5000, early) == [8.0]
    assert holes(5, early) == []


def test_a_series_that_lost_its_data_is_drawn_no_more_and_zeros_have_no_place_on_a_logarithmic_axis(plot: LossPlot):
    assert len(plot.series["train"].shown[0])
    plot.feed(history(0), [record(k) for k in range(1, 40)])
    plot.fit()
    assert [len(plot.series[key].shown[0]) for key in ("train", "raw", "epoch")] == [0, 0, 39]
    assert not plot.unscaled
    plot.feed(history(3, scale=0.0), [])
    plot.fit()
    assert plot.unscaled
    plot.grab()
    plot.set_log(False)
    plot.fit()
    assert not plot.unscaled


def test_a_fan_shows_its_rays_also_after_easy_batches(qtbot: QtBot) -> None:
    plot = FanPlot()
    qtbot.addWidget(plot)
    easy, usual = [1.0, 1.1], [9.0] * 30
    plot.resize(500, 300)
    plot.show_past(np.arange(2.0), np.array(easy))
    plot.show_rays(2, [(0.3, [1.0, *usual]), (10.0, [1.0, *(1e4 * value for value in usual)])], 0.3)
    plot.fit()
    calm, runaway = plot.series["×0.3"].y, plot.series["×10"].y
    assert plot.up.high > calm.max()
    assert plot.up.high < runaway.max() / 100

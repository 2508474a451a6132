"""Plots as a person sees and moves them; pixels are read back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.training.history import History, LayerNorms
from playground.training.messages import EpochRecord
from playground.ui import theme
from playground.ui.plots.curves import WHOLE, LossPlot, MetricPlot, NormPlot, RatePlot, shown_layers
from playground.ui.plots.finder import FinderPlot
from playground.ui.plots.legend import Legend
from playground.ui.plots.marks import Band, Mark, draw_marks, flag_places
from playground.ui.plots.plot import Plot, link
from playground.ui.plots.series import RAW_POINTS, SMOOTH_POINTS, Series
from playground.ui.plots.smoothing import Smoother
from playground.ui.plots.surface import SurfacePlot, nice_bounds


def history(n: int, bad: tuple[int, ...] = ()) -> History:
    steps = np.arange(1, n + 1)
    loss = (0.9 * 0.998**steps).astype(np.float32)
    loss[list(bad)] = math.nan
    return History(steps, loss, np.full(n, 0.01, np.float32), np.ones(n, np.float32), np.full(n, 32, np.float32))


def epoch(number: int, **metrics: float) -> EpochRecord:
    return EpochRecord(epoch=number, step=10 * number, train_loss=0.5, validation_loss=0.6 / number, metrics=metrics, rate=0.01)


def count(image: QImage, color: QColor) -> int:
    """Pixels of exactly this colour."""
    words = np.frombuffer(image.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32)
    return int((words & 0xFFFFFF == color.rgb() & 0xFFFFFF).sum())


@pytest.fixture
def plot(app: QApplication, qtbot: QtBot) -> LossPlot:
    made = LossPlot()
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    return made


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_an_empty_plot_says_what_to_do_in_both_looks(plot: LossPlot, qapp: QApplication, mode: str) -> None:
    theme.apply(qapp, mode)
    image = plot.grab().toImage()
    assert count(image, theme.theme().color("plot")) > 0.9 * image.width() * image.height()
    assert plot.empty == "No run yet. Press Train."
    assert not plot.has_data


def test_the_loss_has_raw_points_a_smooth_line_and_the_validation(plot: LossPlot) -> None:
    plot.feed(history(500), [epoch(k) for k in range(1, 50)])
    image = plot.grab().toImage()
    assert [series.key for series in plot.legend()] == ["train", "raw", "epoch", "validation"]
    assert plot.across.low <= 1
    assert plot.across.high >= 500
    assert plot.up.log
    for token in ("s1", "s2"):
        assert count(image, theme.theme().color(token)) > 50


def test_no_more_is_drawn_than_can_be_seen_and_no_peak_is_lost(plot: LossPlot) -> None:
    found = history(200_000)
    found.loss[123_456] = 55.0
    plot.feed(found, [])
    plot.fit()
    raw, smooth = plot.series["raw"], plot.series["train"]
    assert len(raw.shown[0]) <= RAW_POINTS + RAW_POINTS // 2
    assert len(smooth.shown[0]) <= SMOOTH_POINTS
    assert 55.0 in raw.shown[1]


@pytest.mark.parametrize("count", [661, 664, 800, 801, 999])
def test_a_smooth_line_with_more_points_than_pixels_keeps_its_ends_and_its_peaks(plot: LossPlot, count: int) -> None:
    found = history(count)
    wave = np.sin(np.arange(count)) + 2.0
    wave[[17, 400]] = 5.0, 0.1
    plot.show_data("train", found.steps, wave)
    plot.fit()
    x, y = plot.series["train"].shown
    assert len(x) < count
    assert (np.diff(x) >= 0).all()
    assert (x[0], y[0], x[-1], y[-1]) == (1, wave[0], count, wave[-1])
    assert {5.0, 0.1} <= set(y.tolist())
    assert set(zip(x.tolist(), y.tolist(), strict=True)) <= set(zip(found.steps.tolist(), wave.tolist(), strict=True))


def test_what_is_shown_already_is_not_thinned_again_but_another_reach_or_word_is_shown(plot: LossPlot) -> None:
    found = history(50)
    plot.show_data("raw", found.steps, found.loss)
    plot.grab()
    shown = plot.series["raw"].shown
    plot.show_data("raw", found.steps, found.loss)
    plot.grab()
    assert plot.series["raw"].shown is shown
    plot.reach = 400.0
    plot.grab()
    assert plot.across.high == 400.0
    plot.show_data("raw", found.steps[:20], found.loss[:20])
    plot.grab()
    assert len(plot.series["raw"].shown[0]) == 20


def test_values_that_are_not_finite_leave_a_gap_and_a_cross(plot: LossPlot) -> None:
    plot.feed(history(200), [])
    clean = count(plot.grab().toImage(), theme.theme().color("error"))
    plot.smoother = Smoother(0.9)
    plot.feed(history(200, bad=(90, 91, 92)), [])
    image = plot.grab().toImage()
    assert clean == 0
    assert plot.series["raw"].holes.tolist() == [91]
    assert count(image, theme.theme().color("error")) > 3
    drawn = plot.series["train"].shown[1]
    assert np.isnan(drawn[90:93]).all()
    assert np.isfinite(drawn[93:]).all()


def test_one_cursor_for_all_plots_on_the_axis(plot: LossPlot, qtbot: QtBot) -> None:
    rate = RatePlot()
    qtbot.addWidget(rate)
    rate.resize(600, 84)
    rate.show()
    link(plot, rate)
    plot.feed(history(400), [])
    rate.feed(history(400))
    plot.fit()
    at = round(plot.px(200))
    QTest.mouseMove(plot, QPoint(at, 100))
    assert plot.cursor_x == pytest.approx(200, abs=1)
    assert rate.cursor_x == plot.cursor_x
    assert plot.series["raw"].at(200.2) == pytest.approx(float(history(400).loss[199]))
    QTest.mouseMove(plot, QPoint(2, 100))
    assert plot.cursor_x is None


def test_wheel_drag_keys_and_double_click_move_the_shared_axis(plot: LossPlot, qtbot: QtBot) -> None:
    rate = RatePlot()
    qtbot.addWidget(rate)
    link(plot, rate)
    plot.feed(history(400), [])
    rate.feed(history(400))
    plot.fit()
    whole = plot.across
    at = QPointF(plot.px(100), 100)
    wheel = QWheelEvent(
        at, QPointF(plot.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    plot.wheelEvent(wheel)
    assert plot.across.high - plot.across.low == pytest.approx(0.64 * (whole.high - whole.low))
    assert plot.px(100) == pytest.approx(at.x(), abs=0.6)
    assert (rate.across.low, rate.across.high) == (plot.across.low, plot.across.high)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.across.low > 0.0
    plot.feed(history(500), [])
    plot.fit()
    assert plot.across.high < 500  # a chosen range stays although data comes
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert plot.across.high >= 500
    assert rate.follow


def test_flags_lie_in_two_rows_and_the_rest_is_counted(plot: LossPlot) -> None:
    plot.feed(history(400), [])
    plain = plot.grab().toImage()
    plot.show_marks([Mark(x, f"rate 0.01 → 0.0{x}") for x in range(100, 140, 5)], [Band(300, 400, "error", "kept")])
    marked = plot.grab().toImage()
    assert plain != marked
    assert count(marked, theme.theme().color("errorsoft")) == 0  # laid over the ground in part


@pytest.mark.parametrize("last", ["text2", "error"])
@pytest.mark.parametrize("many", [1, 2, 3, 4, 15])
def test_no_flag_lies_on_another_and_none_is_left_uncounted(app: QApplication, many: int, last: str) -> None:
    r = QRectF(48, 8, 400, 200)
    placed = [(440.5 + k / 2, Mark(k, f"lstm1 Dropout 0 → 0.{k}", last if k == many - 1 else "text2")) for k in range(many)]
    found = flag_places(r, placed)
    places = [place for place, _, _ in found]
    assert all(r.contains(place) for place in places)
    assert not any(one.intersects(other) for k, one in enumerate(places) for other in places[:k])
    words = [text for _, text, _ in found]
    counted = sum(int(text) for text in words if text.startswith("+"))
    assert counted + sum(not text.startswith("+") for text in words) == many
    if many == 3:
        assert counted == 2, "one flag gives way to the number"
    if many <= 2:
        assert any(heavy for _, _, heavy in found) == (last == "error")


@pytest.mark.parametrize("knobs", [3, 12, 40])
@pytest.mark.parametrize("at", [60.5, 250.5, 430.5])
def test_forks_and_errors_have_room_before_the_turns_of_knobs(app: QApplication, knobs: int, at: float) -> None:
    r = QRectF(48, 8, 400, 200)
    turned = [(50.5 + 390 / knobs * k, Mark(k, f"rate 0.01 → 0.0{k}")) for k in range(knobs)]
    rare = [(at, Mark(100, "Fork of Run 2", "accent", "fork")), (at + 3, Mark(101, "stopped", "error"))]
    found = flag_places(r, sorted([*turned, *rare], key=lambda one: one[0]))
    words = [text for _, text, _ in found]
    assert {"Fork of Run 2", "stopped"} <= set(words)
    places = [place for place, _, _ in found]
    assert all(r.contains(place) for place in places)
    assert not any(one.intersects(other) for k, one in enumerate(places) for other in places[:k])
    counted = sum(int(text) for text in words if text.startswith("+"))
    assert counted + sum(not text.startswith("+") for text in words) == knobs + 2


@pytest.mark.parametrize(("height", "diamond"), [(200, True), (54, False)])
def test_the_diamond_of_a_fork_covers_no_curve_of_a_strip(app: QApplication, height: int, diamond: bool) -> None:
    picture = QImage(120, height, QImage.Format.Format_RGB32)
    picture.fill(theme.theme().color("plot"))
    p = QPainter(picture)
    draw_marks(p, QRectF(0, 0, 120, height), [Mark(60, "Fork", "accent", "fork")], float, False)
    p.end()
    accent = theme.theme().color("accent").rgb()
    assert any(picture.pixel(60, y) == accent for y in range(height)), "the line tells where"
    assert (picture.pixel(57, height - 8) == accent) == diamond


def test_a_metric_and_the_layers_are_drawn_by_name(app: QApplication, qtbot: QtBot) -> None:
    metric, norms = MetricPlot("accuracy", "Accuracy"), NormPlot("Gradient norm", "gradient")
    for widget in (metric, norms):
        qtbot.addWidget(widget)
        widget.resize(400, 200)
        widget.show()
    metric.feed([epoch(k, accuracy=0.5 + 0.01 * k) for k in range(1, 20)])
    table = np.abs(np.random.default_rng(0).normal(size=(30, 2))) + 0.1
    norms.feed(LayerNorms(("a", "b"), np.arange(30), table, table, table))
    assert count(metric.grab().toImage(), theme.theme().color("s2")) > 50
    assert list(norms.series) == [WHOLE, "a", "b"]
    assert count(norms.grab().toImage(), theme.theme().color("s3")) > 50
    norms.feed(None)
    assert not norms.has_data


def test_of_many_layers_seven_are_shown_first_and_last_among_them() -> None:
    names = [f"dense{k}" for k in range(30)]
    shown = shown_layers(names)
    assert len(shown) == 7
    assert (shown[0], shown[-1]) == (names[0], names[-1])
    assert shown_layers(names[:3]) == names[:3]


def test_the_finder_marks_suggestions_the_present_rate_and_divergence(app: QApplication, qtbot: QtBot) -> None:
    finder = FinderPlot()
    qtbot.addWidget(finder)
    finder.resize(600, 400)
    finder.show()
    rates = np.geomspace(1e-6, 10, 100)
    losses = 1 - 0.3 * np.exp(-((np.log10(rates) + 1) ** 2)) + (rates > 3) * rates
    finder.show_points(rates, losses * 1.02, losses)
    before = finder.grab().toImage()
    finder.show_suggestions(0.002, 0.05, 0.01, True)
    after = finder.grab().toImage()
    assert finder.across.log
    assert [band.text for band in finder.bands] == ["too slow", "learns", "diverges"]
    for token in ("s3", "s2"):
        assert count(after, theme.theme().color(token)) > count(before, theme.theme().color(token)) + 20


@pytest.mark.parametrize(("outputs", "classes"), [(1, ("no", "yes")), (2, ("no", "yes")), (3, ("a", "b", "c")), (1, ())])
def test_a_surface_is_drawn_with_its_samples_upright(
    app: QApplication, qtbot: QtBot, outputs: int, classes: tuple[str, ...]
) -> None:
    surface = SurfacePlot()
    qtbot.addWidget(surface)
    surface.resize(360, 380)
    surface.show()
    points = np.random.default_rng(1).uniform(-1, 1, (90, 2))
    targets = np.arange(90) % len(classes) if classes else points[:, 0]
    surface.show_samples(points, targets, ("x", "y"), classes)
    low, high = nice_bounds(points)
    response = np.full((16, 16, outputs), 1 / max(outputs, 2), np.float32)
    response[8:, :, -1] = 0.99  # the upper half, by the second input
    surface.show_response(response, (low[0], low[1]), (high[0], high[1]))
    image, r = surface.grab().toImage(), surface.area
    top, bottom = (image.pixelColor(round(r.right()) - 3, round(y)) for y in (r.y() + 3, r.bottom() - 3))
    assert top != bottom
    if len(classes) == 2 or not classes:
        assert top.red() > top.blue()  # towards orange: the larger value, drawn upwards


@pytest.mark.parametrize(("classes", "outputs"), [((), 1), (("a", "b"), 1), (("a", "b"), 2), (("a", "b", "c"), 3)])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_surface_without_finite_numbers_is_hatched_there(
    app: QApplication, qtbot: QtBot, classes: tuple[str, ...], outputs: int, bad: float
) -> None:
    surface = SurfacePlot()
    qtbot.addWidget(surface)
    surface.resize(400, 400)
    surface.show_samples(np.zeros((len(classes), 2)), np.arange(len(classes)), ("x", "y"), classes)
    whole = np.random.default_rng(0).uniform(0.1, 0.9, (40, 40, outputs))
    whole[30, 0] = 0.95  # the scale is that of the finite part
    broken = whole.copy()
    broken[:20] = bad  # the lower half, with the second input upwards
    surface.show_response(whole, (-1.0, -1.0), (1.0, 1.0))
    assert surface.toolTip() == ""
    before = pixels(surface._image)
    surface.show_response(broken, (-1.0, -1.0), (1.0, 1.0))
    after = pixels(surface._image)
    inks = {theme.theme().color("errorsoft").rgb(), theme.theme().tint("error", 0.5, "errorsoft").rgb()}
    assert (after[:20] == before[:20]).all(), "the rest keeps its colours"
    assert set(np.unique(after[20:]).tolist()) == inks
    assert "50" in surface.toolTip()


def pixels(image: QImage) -> np.ndarray:
    return np.array([[image.pixel(x, y) for x in range(image.width())] for y in range(image.height())])


def test_a_surface_follows_the_look(app: QApplication, qtbot: QtBot, qapp: QApplication) -> None:
    surface = SurfacePlot()
    qtbot.addWidget(surface)
    surface.resize(300, 300)
    surface.show()
    surface.show_response(np.zeros((8, 8, 1), np.float32), (-1, -1), (1, 1))
    light = surface.grab().toImage().pixelColor(150, 100)
    theme.apply(qapp, "dark")
    assert surface.grab().toImage().pixelColor(150, 100) != light


def test_the_legend_names_what_is_shown_and_counts_what_does_not_fit(app: QApplication, qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_series([Series(str(k), f"a rather long name {k}") for k in range(6)])
    legend.resize(300, 24)
    legend.show()
    assert "a rather long name 5" in legend.accessibleName()
    assert not legend.grab().isNull()


def test_a_million_points_are_thinned_before_drawing(app: QApplication, qtbot: QtBot) -> None:
    plot = Plot("four", log=True)
    qtbot.addWidget(plot)
    plot.resize(900, 400)
    plot.show()
    x = np.arange(1_000_000, dtype=float)
    y = np.abs(np.random.default_rng(2).normal(1, 0.3, len(x))).astype(np.float32) + 0.01
    for k in range(4):
        plot.add(Series(str(k), str(k), "line", k + 1))
        plot.show_data(str(k), x, y * (k + 1))
    plot.fit()
    for series in plot.series.values():
        assert len(series.shown[0]) <= 2 * 900
        assert series.shown[1].max() == series.y.max()
        assert series.shown[1].min() == series.y.min()

"""Runs over parallel axes, runs that differ only in the seed as a band: what is drawn, and what a stroke of the mouse does to the table."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground import words
from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.training.messages import EpochRecord
from playground.training.runs import Kept
from playground.ui import theme
from playground.ui.compare.axes import axes_of, left_by
from playground.ui.compare.choice import choice_of
from playground.ui.compare.columns import age
from playground.ui.compare.parallel import HEAD, ParallelPlot, lines_of
from playground.ui.compare.seeds import likeness, spread, together
from playground.ui.compare.table import RunsTable
from playground.ui.painting import width_of
from playground.ui.panels.comparison import ComparisonPanel
from playground.ui.panels.overlay import OverlayPanel
from playground.ui.panels.parallel import ParallelPanel
from playground.ui.plots.axis import Axis
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.session import Session

from .networks import moons

RATES, LOSSES = (0.001, 0.01, 0.1, 0.01), (0.5, 0.2, 0.9, 0.3)


def run_of(number: int, project: Project, loss: float, steps: int = 4) -> Kept:
    epochs = tuple(
        EpochRecord(
            epoch=k + 1,
            step=10 * (k + 1),
            train_loss=loss + 1 / (k + 1),
            validation_loss=loss + 1 / (k + 1),
            metrics={},
            rate=0.1,
        )
        for k in range(steps)
    )
    return Kept(folder=Path(f"/runs/{number:04}"), number=number, began=1.7e9, project=project, epochs=epochs, state="done",
                steps=10 * steps, seconds=1.0, sha256="")  # fmt: skip


def several() -> list[Kept]:
    """Four runs of three rates; the last differs from the second in the seed alone."""
    made = []
    for k, (rate, loss) in enumerate(zip(RATES, LOSSES, strict=True)):
        project = SetPlan("training", "optimizer.rate", rate).apply(moons())
        project = SetPlan("training", "batch", 16 if k == 2 else 32).apply(project)
        made.append(run_of(k + 1, SetPlan("training", "seed", k).apply(project), loss))
    return made


@pytest.fixture
def shelf(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[Kept]:
    runs = several()[::-1]
    monkeypatch.setattr("playground.ui.compare.choice.reading", lambda place: iter([(run, False) for run in runs]))
    return runs


def test_runs_are_alike_but_for_the_seed() -> None:
    a, b, c, d = several()
    assert likeness(b) == likeness(d)
    assert len({likeness(one) for one in (a, b, c)}) == 3
    assert [([run.number for run in runs], color) for runs, color in together([(d, 3), (c, 1), (b, 2), (a, 5)])] == [
        ([4, 2], 3), ([3], 1), ([1], 5),
    ]  # fmt: skip


def test_a_spread_is_mean_and_standard_deviation_where_all_have_a_number() -> None:
    rng = np.random.default_rng(0)
    losses = rng.uniform(0.1, 1.0, 3)
    runs = [run_of(k, moons(), float(loss), steps=5 - k) for k, loss in enumerate(losses)]
    found = spread(runs, lambda record: record.validation_loss)
    assert found is not None
    assert found.steps.tolist() == [10, 20, 30]
    values = np.array([[record.validation_loss for record in run.epochs[:3]] for run in runs])
    np.testing.assert_allclose(found.mean, values.mean(axis=0))
    np.testing.assert_allclose(found.high - found.mean, values.std(axis=0, ddof=1))
    np.testing.assert_allclose(found.mean - found.low, values.std(axis=0, ddof=1))
    assert spread(runs[:1], lambda record: record.validation_loss) is None
    assert spread(runs, lambda record: None) is None


def test_axes_are_the_settings_that_differ_and_the_results() -> None:
    runs = several()
    axes = {axis.key: axis for axis in axes_of(runs)}
    assert list(axes) == ["batch", "optimizer.rate", "train", "validation"] or list(axes) == [
        "optimizer.rate", "batch", "train", "validation",
    ]  # fmt: skip
    rate = axes["optimizer.rate"]
    assert [rate.places[run.folder] for run in runs] == pytest.approx([0.0, 0.5, 1.0, 0.5]), "a hundredfold range is logarithmic"
    assert (rate.foot, rate.top) == ("0.001", "0.1")
    last = [loss + 1 / 4 for loss in LOSSES]
    wanted = [(value - min(last)) / (max(last) - min(last)) for value in last]
    assert [axes["validation"].places[run.folder] for run in runs] == pytest.approx(wanted)
    assert [axis.result for axis in axes.values()] == [False, False, True, True]
    assert axes_of(runs[:1]) == []
    seeds = axes_of([runs[1], runs[3]])
    assert seeds[0].key == "seed"
    words_of = {run.folder: text for run, text in zip(runs, ("a", "b", "a", "b"), strict=True)}
    assert words_of.keys() == rate.places.keys()


def test_brushes_leave_the_runs_that_pass_all_of_them() -> None:
    runs = several()
    axes = axes_of(runs)
    assert left_by(axes, {}, runs) is None
    assert left_by(axes, {"optimizer.rate": (0.4, 1.0)}, runs) == {run.folder for run in runs[1:]}
    assert left_by(axes, {"optimizer.rate": (0.4, 1.0), "validation": (0.0, 0.3)}, runs) == {runs[1].folder, runs[3].folder}
    nan = dataclasses.replace(runs[0], epochs=(dataclasses.replace(runs[0].epochs[0], validation_loss=math.nan),))
    (axis,) = (axis for axis in axes_of([nan, *runs[1:]]) if axis.key == "validation")
    assert nan.folder not in axis.places


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_lines_are_drawn_in_the_colours_of_the_runs(app: QApplication, qtbot: QtBot, mode: str) -> None:
    theme.apply(app, mode)
    runs, plot = several(), ParallelPlot()
    qtbot.addWidget(plot)
    plot.resize(420, 260)
    plot.show_runs(axes_of(runs), runs, {runs[0].folder: 1, runs[2].folder: 2})
    plot.show()
    image = plot.grab().toImage()
    at, rates = next((k, axis) for k, axis in enumerate(plot.shown) if axis.key == "optimizer.rate")
    after = plot.shown[at + 1]
    for run, color in ((runs[0], 1), (runs[2], 2)):
        x = plot.x_of(at) + 3
        slope = (after.places[run.folder] - rates.places[run.folder]) * 3 / (plot.x_of(at + 1) - plot.x_of(at))
        y = plot.y_of(rates.places[run.folder] + slope)
        seen = [QColor(image.pixel(round(x), min(max(round(y) + d, 0), 259))) for d in (-2, -1, 0, 1, 2)]
        ink = theme.theme().series(color)[0]
        assert min(abs(c.red() - ink.red()) + abs(c.green() - ink.green()) + abs(c.blue() - ink.blue()) for c in seen) < 120
    assert "Learning rate: 0.001 – 0.1" in plot.accessibleDescription()


def test_a_stroke_along_an_axis_filters_the_table(session: Session, shelf: list[Kept], qtbot: QtBot) -> None:
    panel, table = ParallelPanel(session), RunsTable(choice_of(session))
    for widget in (panel, table):
        qtbot.addWidget(widget)
        widget.resize(520, 300)
        widget.show()
    choice_of(session).refresh()
    plot = panel.plot
    assert [len(line.runs) for line in table.runs.lines] == [1, 2, 1], "two seeds of a setting are one row"
    at = next(k for k, axis in enumerate(plot.shown) if axis.key == "validation")
    x = round(plot.x_of(at))
    top, foot = round(plot.y_of(0.3)), round(plot.y_of(0.0)) + 4
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(x, foot))
    QTest.mouseMove(plot, QPoint(x, (top + foot) // 2))
    QTest.mouseMove(plot, QPoint(x, top))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(x, top))
    assert plot.brushes["validation"] == pytest.approx((0.0, 0.3), abs=0.02)
    assert [run.number for run in table.runs.rows] == [2]
    assert panel.told.text() == "2 of 4 runs pass the brushes"
    plot.grab()
    panel.hide()
    assert len(table.runs.rows) == 3
    panel.show()
    assert len(table.runs.rows) == 1
    choice_of(session).released.emit()
    assert (plot.brushes, len(table.runs.rows)) == ({}, 3)
    plot.brush("validation", (0.0, 0.3))
    assert len(table.runs.rows) == 1
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(x, top))
    assert plot.brushes == {}
    assert len(table.runs.rows) == 3
    assert plot.words_at(QPointF(x, plot.y_of(0.0))) == "Run 2: Validation loss 0.450"


@pytest.mark.parametrize("wide", [600, 330, 240])
def test_no_title_of_an_axis_is_cut(qtbot: QtBot, wide: int) -> None:
    plot, runs = ParallelPlot(), several()
    qtbot.addWidget(plot)
    plot.resize(wide, 300)
    plot.show_runs(axes_of(runs), runs, {})
    plot.show()
    assert (plot.head > HEAD) == (wide < 600)
    for at, axis in enumerate(plot.shown):
        left, right = plot.room_of(at)
        assert 0 < left < plot.x_of(at) < right < wide
        assert all(width_of(line, 11, axis.result) <= right - left for line in lines_of(axis.title, right - left, axis.result))
    assert not plot.grab().isNull()


def test_lines_go_from_axis_to_axis_and_leave_out_what_a_run_lacks(qtbot: QtBot) -> None:
    runs = several()
    axes = axes_of(runs)
    del axes[1].places[runs[0].folder]
    plot = ParallelPlot()
    qtbot.addWidget(plot)
    plot.resize(520, 260)
    plot.show_runs(axes, runs, {})
    wanted = [
        [[plot.x_of(at), plot.y_of(a.places[run.folder])], [plot.x_of(at + 1), plot.y_of(b.places[run.folder])]]
        for run in runs for at, (a, b) in enumerate(zip(plot.shown, plot.shown[1:], strict=False))
        if run.folder in a.places and run.folder in b.places
    ]  # fmt: skip
    assert len(wanted) == len(runs) * (len(plot.shown) - 1) - 2
    np.testing.assert_allclose(plot._pieces(plot.shown, runs), wanted)


def test_many_runs_that_are_known_are_read_again_in_pieces_and_those_that_are_shown_stay_meanwhile(
    session: Session, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    project = moons()
    runs = [run_of(k, SetPlan("training", "seed", k % 3).apply(project), 0.1 * k, steps=1) for k in range(450, 0, -1)]
    monkeypatch.setattr("playground.ui.compare.choice.reading", lambda place: iter([(run, False) for run in runs]))
    choice, sizes, asked = choice_of(session), list[int](), list[int]()
    groups = choice.drawn_groups
    monkeypatch.setattr(choice, "drawn_groups", lambda: asked.append(1) or groups())
    panels = [ParallelPanel(session), RunsTable(choice), ComparisonPanel(session)]
    for panel in panels:
        qtbot.addWidget(panel)
    choice.changed.connect(lambda: sizes.append(len(choice.runs)))
    choice.refresh()
    assert 0 < len(choice.runs) < 450, "the first of them at once"
    qtbot.waitUntil(lambda: len(choice.runs) == 450)
    sizes.clear()
    choice.refresh()
    choice.refresh()
    assert len(choice.runs) == 450
    qtbot.waitUntil(lambda: bool(sizes))
    assert sizes == [450]
    asked.clear()
    choice.chosen.emit()
    assert len(asked) < 10, "colours are found for all runs at once"
    table = panels[1]
    assert isinstance(table, RunsTable)
    table.runs.group_by_setting(False)
    for row in (3, 4, 17):
        table.selectionModel().select(
            table.runs.index(row, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        )
    assert [line.run.folder for line in table.chosen_lines()] == sorted(
        (table.folder_at(index.row()) for index in table.selectionModel().selectedRows()), key=lambda at: -int(at.name)
    )  # fmt: skip
    session.replaced.emit()
    assert choice.runs == [], "another project: not the runs of the one before, until its own are read"


def test_brushes_move_by_keys(session: Session, shelf: list[Kept], qtbot: QtBot) -> None:
    panel = ParallelPanel(session)
    qtbot.addWidget(panel)
    panel.resize(520, 300)
    panel.show()
    choice_of(session).refresh()
    plot = panel.plot
    plot.setFocus()
    for _ in range(9):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.shown[plot.at].key == "validation"
    QTest.keyClick(plot, Qt.Key.Key_Down)
    assert plot.brushes["validation"] == (0.0, 0.5)
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert plot.brushes["validation"] == pytest.approx((0.05, 0.55))
    QTest.keyClick(plot, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert plot.brushes["validation"] == pytest.approx((0.05, 0.6))
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert plot.brushes == {}
    QTest.keyClick(plot, Qt.Key.Key_Up)
    panel.clear.click()
    assert (plot.brushes, choice_of(session).left) == ({}, None)


def test_runs_of_several_seeds_are_one_line_with_a_band(session: Session, shelf: list[Kept], qtbot: QtBot) -> None:
    panel, choice = OverlayPanel(session), choice_of(session)
    qtbot.addWidget(panel)
    panel.resize(600, 320)
    panel.show()
    choice.refresh()
    choice.draw(shelf[-1].folder, True)
    assert len(choice.drawn) == 4
    assert set(panel.plot.series) == {"4+2", "3", "1"}
    both = panel.plot.series["4+2"]
    assert both.label == "Run 2, 2 seeds"
    assert both.band is not None
    np.testing.assert_allclose((both.band[1] - both.band[0]) / 2, np.std([0.2, 0.3], ddof=1))
    np.testing.assert_allclose(both.y, np.array([1, 1 / 2, 1 / 3, 1 / 4]) + 0.25)
    assert both.words_at(10.0, 1.25) == "1.25 ± 0.0707"
    assert choice.colors()[shelf[2].folder] == choice.colors()[shelf[0].folder]
    panel.grab()
    qtbot.mouseClick(panel.bands, Qt.MouseButton.LeftButton, pos=QPoint(8, panel.bands.height() // 2))
    assert set(panel.plot.series) == {"1", "2", "3", "4"}
    assert choice.colors()[shelf[2].folder] != choice.colors()[shelf[0].folder]


def test_a_band_is_filled_between_its_ends_and_the_axis_holds_it(app: QApplication, qtbot: QtBot) -> None:
    plot = Plot("Loss")
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    x = np.arange(1.0, 9.0)
    plot.add(Series("a", "a", "smooth", 1, band=(np.full(8, 2.0), np.full(8, 6.0))))
    plot.show_data("a", x, np.full(8, 4.0))
    plot.show()
    image = plot.grab().toImage()
    assert plot.up.low < 2.0 < 6.0 < plot.up.high
    middle = round(plot.px(4.5))
    inside, outside = QColor(image.pixel(middle, round(plot.py(5.3)))), QColor(image.pixel(middle, round(plot.py(6.2))))
    assert inside != outside
    plot.set_log(True)
    plot.series["a"].band = (np.full(8, -1.0), np.full(8, 6.0))
    plot.grab()
    assert Axis(plot.up.low, plot.up.high, True).low > 0


def test_months_are_in_the_language_of_the_window() -> None:
    run = run_of(1, moons(), 0.1)
    try:
        assert "Nov" in age(run)
        words.set_language("zh_CN")
        assert "Nov" not in age(run)
        assert "11月" in age(run)
    finally:
        words.set_language("en")

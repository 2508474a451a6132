"""The schedule drawn by hand, and the preview of every schedule before training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.core.points import smooth
from playground.core.registry import entries, find
from playground.core.spec import Schedule
from playground.document.edits import SetPlan
from playground.lowering.schedule import warmed
from playground.ui import theme
from playground.ui.inspector.editors import PointsEditor
from playground.ui.main_window import MainWindow
from playground.ui.panels.loss import planned_rates
from playground.ui.panels.training import TrainingPanel
from playground.ui.plots.points import PointsPlot
from playground.ui.session import Session

from .conftest import settle
from .networks import moons, ready

START = ((0.0, 0.1), (0.15, 1.0), (0.6, 0.5), (1.0, 0.0))
LEFT = Qt.MouseButton.LeftButton


def points(session: Session) -> Any:
    return session.project.training.schedule.points  # type: ignore[attr-defined]


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> TrainingPanel:
    ready(session, moons(epochs=10, batch=10, optimizer__rate=0.2), qtbot)
    session.do(SetPlan("training", "schedule", find("schedule", "drawn")()))
    made = TrainingPanel(session)
    qtbot.addWidget(made)
    made.resize(300, 900)
    made.show()
    settle()
    return made


@pytest.fixture
def plot(panel: TrainingPanel) -> PointsPlot:
    return plot_of(panel)


def plot_of(panel: TrainingPanel) -> PointsPlot:
    nested = panel.form.rows["schedule"].nested
    assert nested is not None
    editor = nested.rows["points"].editor
    assert isinstance(editor, PointsEditor)
    return editor.plot


def pixel(plot: PointsPlot, x: float, y: float) -> QPoint:
    return plot.place((x, y)).toPoint()


def drag(plot: PointsPlot, start: tuple[float, float], *stops: tuple[float, float], release: bool = True) -> None:
    QTest.mousePress(plot, LEFT, pos=pixel(plot, *start))
    for stop in stops:
        at = QPointF(pixel(plot, *stop))
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, plot.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(plot, move)
    if release:
        QTest.mouseRelease(plot, LEFT, pos=pixel(plot, *stops[-1]))
    settle()


def test_a_point_is_dragged_and_each_drag_is_one_step_of_undo(session: Session, panel: TrainingPanel, plot: PointsPlot) -> None:
    drag(plot, START[2], (0.5, 0.7), (0.4, 0.8))
    assert points(session)[2] == pytest.approx((0.4, 0.8), abs=0.01)
    rate = panel.preview.series["rate"]
    assert np.interp(0.4 * panel.steps()[1], rate.x, rate.y) == pytest.approx(0.2 * 0.8, rel=0.05)
    drag(plot, points(session)[3], (0.9, 0.2))
    assert points(session)[3] == pytest.approx((0.9, 0.2), abs=0.01)
    session.undo()
    assert points(session)[2] == pytest.approx((0.4, 0.8), abs=0.01)
    assert points(session)[3] == START[3]
    session.undo()
    assert points(session) == START
    session.redo()
    session.redo()
    assert points(session)[3] == pytest.approx((0.9, 0.2), abs=0.01)


def test_a_drag_is_shown_while_it_lasts_and_escape_ends_it(session: Session, plot: PointsPlot) -> None:
    drag(plot, START[1], (0.3, 0.4), release=False)
    assert plot.shown[1] == pytest.approx((0.3, 0.4), abs=0.01)
    assert points(session) == START
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.shown == START
    QTest.mouseRelease(plot, LEFT, pos=pixel(plot, 0.3, 0.4))
    assert points(session) == START


def test_a_point_stays_between_its_neighbours_and_inside(session: Session, plot: PointsPlot) -> None:
    drag(plot, START[1], (0.95, 0.5))
    assert 0.58 < points(session)[1][0] < 0.6
    session.undo()
    settle()
    QTest.mousePress(plot, LEFT, pos=pixel(plot, *START[3]))
    far = QPointF(5000, -5000)
    move = QMouseEvent(
        QEvent.Type.MouseMove, far, plot.mapToGlobal(far), Qt.MouseButton.NoButton, LEFT, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(plot, move)
    QTest.mouseRelease(plot, LEFT, pos=QPoint(5000, -5000))
    assert points(session)[3] == (1.0, 1.0)


def test_a_click_moves_nothing(session: Session, plot: PointsPlot) -> None:
    QTest.mouseClick(plot, LEFT, pos=pixel(plot, *START[2]) + QPoint(3, 2))
    assert points(session) == START
    assert plot.chosen == 2
    QTest.mouseClick(plot, LEFT, pos=pixel(plot, 0.35, 0.05))
    assert points(session) == START


def test_a_double_click_adds_and_delete_removes(session: Session, plot: PointsPlot) -> None:
    QTest.mouseDClick(plot, LEFT, pos=pixel(plot, 0.8, 0.7))
    assert len(points(session)) == 5
    assert points(session)[3] == pytest.approx((0.8, 0.7), abs=0.01)
    assert plot.chosen == 3
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert points(session) == START
    session.undo()
    assert len(points(session)) == 5
    session.undo()
    assert points(session) == START


def test_there_are_never_fewer_points_than_two_or_more_than_allowed(session: Session, plot: PointsPlot) -> None:
    for _ in range(5):
        QTest.keyClick(plot, Qt.Key.Key_Delete)
        settle()
    assert len(points(session)) == plot.field.least == 2
    for _ in range(60):
        plot.chosen = int(np.argmax(np.diff([x for x, _ in points(session)])))
        QTest.keyClick(plot, Qt.Key.Key_Insert)
    assert len(points(session)) == plot.field.most
    assert plot.field.check("points", points(session)) == points(session)


def test_keys_choose_and_move_points_and_quick_moves_are_one_step(session: Session, plot: PointsPlot) -> None:
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_End)
    assert plot.chosen == 3
    QTest.keyClick(plot, Qt.Key.Key_PageUp)
    assert plot.chosen == 2
    for _ in range(3):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert points(session)[2] == pytest.approx((0.66, 0.52))
    QTest.keyClick(plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(plot, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert points(session)[2] == pytest.approx((0.658, 0.518))
    assert "Point 3 of 4" in plot.accessibleDescription()
    session.undo()
    assert points(session) == START
    QTest.keyClick(plot, Qt.Key.Key_Home)
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert points(session) == START
    QTest.keyClick(plot, Qt.Key.Key_Insert)
    assert plot.chosen == 1
    assert points(session)[1] == pytest.approx((0.075, float(smooth(START, np.array([0.075]))[0])), abs=1e-2)


def test_delete_goes_to_the_plot_and_not_to_the_network(session: Session, window: MainWindow, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    session.do(SetPlan("training", "schedule", find("schedule", "drawn")()))
    session.select([session.project.network.nodes[1].id])
    window.leave_start()
    window.show_layout("build")
    dock = window.layouts.docks["training"]
    dock.show()
    dock.raise_()
    settle()
    panel = window.findChild(TrainingPanel)
    assert panel is not None
    plot = plot_of(panel)
    plot.setFocus()
    nodes = len(session.project.network.nodes)
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier)
    override.ignore()
    QApplication.sendEvent(plot, override)
    assert override.isAccepted()
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    settle()
    assert len(points(session)) == 3
    assert len(session.project.network.nodes) == nodes


def test_on_the_log_axis_heights_are_powers(session: Session, plot: PointsPlot) -> None:
    session.do(SetPlan("training", "schedule.log", True))
    settle()
    assert plot.log
    assert plot.place((0.0, 1e-2)).y() == pytest.approx((plot.place((0.0, 1.0)).y() + plot.place((0.0, 1e-4)).y()) / 2)
    drag(plot, START[2], (0.6, 0.01))
    assert points(session)[2][1] == pytest.approx(0.01, rel=0.1)
    assert plot.place(START[3]).y() == pytest.approx(plot.area.bottom())


def test_while_training_the_points_may_be_moved(panel: TrainingPanel, plot: PointsPlot, session: Session) -> None:
    panel.form.lock("A run goes on.")
    drag(plot, START[1], (0.3, 0.4))
    assert points(session) != START
    assert plot.isEnabled()
    panel.form.lock("")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_curve_and_points_are_painted_in_both_looks(plot: PointsPlot, app: QApplication, mode: str) -> None:
    theme.apply(app, mode)
    settle()
    image = plot.grab().toImage()
    ground = theme.theme().color("plot").rgb()
    ink = theme.theme().series(3)[0]
    ratio = image.devicePixelRatio()
    middle = plot.place((0.35, float(plot.curve(START, np.array([0.35]))[0])))
    colours = {image.pixel(round(middle.x() * ratio), round((middle.y() + d) * ratio)) for d in (-1, 0, 1)}
    assert ink.rgb() in colours
    inside = plot.place((0.45, 0.1))
    assert image.pixel(round(inside.x() * ratio), round(inside.y() * ratio)) == ground
    theme.apply(app, "light")


@pytest.mark.parametrize("record", entries("schedule"), ids=lambda record: record.id)
@pytest.mark.parametrize("warmup", [0, 37])
def test_every_schedule_is_previewed_over_the_steps_of_the_run(
    panel: TrainingPanel, session: Session, record: Callable[[], Schedule], warmup: int
) -> None:
    session.do(SetPlan("training", "schedule", record()))
    session.do(SetPlan("training", "warmup", warmup))
    settle()
    _, total = panel.steps()
    shown = panel.preview.series["rate"]
    np.testing.assert_allclose(shown.y, 0.2 * warmed(record(), shown.x.astype(int) - 1, total, warmup), rtol=1e-12)
    assert shown.x[0] == 1
    assert shown.x[-1] == total
    assert not panel.preview.grab().isNull()
    assert panel.preview.across.high == total
    assert panel.preview.title
    assert panel.preview.x_title
    assert ("what it listens to" in panel.words.text()) == record().listens


def test_the_plan_of_a_schedule_that_listens_goes_on_from_where_the_rate_is(session: Session, panel: TrainingPanel) -> None:
    session.do(SetPlan("training", "schedule", find("schedule", "reduce_on_plateau")()))
    _, rates = planned_rates(session.project, 50, 100, now=0.02)
    np.testing.assert_allclose(rates, 0.02)
    session.do(SetPlan("training", "schedule", find("schedule", "cosine")()))
    steps, rates = planned_rates(session.project, 50, 100, now=0.02)
    assert rates[1] == pytest.approx(0.1)
    assert (steps[0], steps[1], rates[0]) == (50, 51, 0.02), "it begins where the curve of what was ends"


def test_the_preview_shows_every_cycle_of_a_run(session: Session, panel: TrainingPanel) -> None:
    session.do(SetPlan("training", "epochs", 500))
    session.do(SetPlan("training", "schedule", find("schedule", "cyclic")(low=0.0, up=1)))  # type: ignore[call-arg]
    settle()
    _, total = panel.steps()
    assert total > 2000
    shown = panel.preview.series["rate"]
    assert len(shown.x) == total
    np.testing.assert_allclose(shown.y, np.where(np.arange(total) % 2, 0.2, 0.0))
    x, y = planned_rates(session.project, 0, 100 * total, most=1000)
    assert len(x) == len(y) == 1000
    assert (x[0], x[-1]) == (1, 100 * total)


def test_after_training_a_plateau_is_seen_on_the_rate(session: Session, qtbot: QtBot) -> None:
    schedule = find("schedule", "reduce_on_plateau")(patience=0, drop=0.5, threshold=0.9)  # type: ignore[call-arg]
    ready(session, moons(epochs=6, batch=50, optimizer__rate=0.1), qtbot)
    session.do(SetPlan("training", "schedule", schedule))
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=120_000)
    records = session.client.epochs
    assert [record.rate for record in records] == pytest.approx([0.1, 0.1, 0.05, 0.025, 0.0125, 0.00625])
    assert session.client.history().rate[-1] == pytest.approx(0.00625)

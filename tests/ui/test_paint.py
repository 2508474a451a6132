"""Painting points: with the pointer, by keys, in the inspector and over the answer; every stroke is an edit that can be undone."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

import playground as pg
from playground.catalog.datasets.painted import FIRST
from playground.core.cloud import Cloud
from playground.document.edits import AddLink, AddNode, SetField, SetPlan
from playground.ui.inspector.form import Form
from playground.ui.main_window import MainWindow
from playground.ui.panels.output import OutputPanel
from playground.ui.plots.paint import PaintPlot
from playground.ui.plots.paint_tools import PaintPad
from playground.ui.session import Session
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]
FIELD = Cloud(help="Where.")


@pytest.fixture
def pad(app, qtbot) -> PaintPad:
    made = PaintPad(FIELD)
    qtbot.addWidget(made)
    made.resize(300, 330)
    made.show()
    qtbot.waitExposed(made)
    return made


def point(plot: PaintPlot, x: float, y: float) -> QPoint:
    return plot.pixel(x, y).toPoint()


def test_a_click_paints_a_point_of_the_class(pad: PaintPad, qtbot):
    QTest.mouseClick(pad.classes[2], Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(pad.painted) as painted:
        QTest.mouseClick(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, 0.5, -0.25))
    ((x, y, k),) = painted.args[0]
    assert (x, y) == pytest.approx((0.5, -0.25), abs=0.02)
    assert k == 2
    assert FIELD.check("points", painted.args[0]) == painted.args[0]


def test_a_stroke_sprays_points_and_stays_inside(pad: PaintPad, qtbot):
    told: list[object] = []
    pad.painting.connect(told.append)
    QTest.mousePress(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, 0.8, 0.9))
    for k in range(30):
        QTest.mouseMove(pad.plot, point(pad.plot, 0.8, 0.9) + QPoint(4 * k, 0))
    with qtbot.waitSignal(pad.painted) as painted:
        QTest.mouseRelease(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, 0.8, 0.9) + QPoint(120, 0))
    assert 5 <= len(painted.args[0]) <= 30
    assert len(told) == len(painted.args[0])
    assert FIELD.check("points", painted.args[0]) == painted.args[0]


def test_a_point_is_dragged_and_keeps_its_place_in_the_list(pad: PaintPad, qtbot):
    pad.show_spots(((0.0, 0.0, 0), (0.5, 0.5, 1), (-0.5, 0.5, 0)))
    QTest.mousePress(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, 0.5, 0.5))
    QTest.mouseMove(pad.plot, point(pad.plot, -0.2, -0.6))
    with qtbot.waitSignal(pad.painted) as painted:
        QTest.mouseRelease(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, -0.2, -0.6))
    assert painted.args[0][0] == (0.0, 0.0, 0)
    assert painted.args[0][1][:2] == pytest.approx((-0.2, -0.6), abs=0.03)
    assert painted.args[0][1][2] == 1
    QTest.mousePress(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, 0.0, 0.0))
    QTest.mouseMove(pad.plot, point(pad.plot, 0.9, 0.9))
    with qtbot.assertNotEmitted(pad.painted):
        QTest.keyClick(pad.plot, Qt.Key.Key_Escape)
        QTest.mouseRelease(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, 0.9, 0.9))
    assert pad.plot.spots[0] == (0.0, 0.0, 0)


@pytest.mark.parametrize("by_tool", [True, False])
def test_points_are_rubbed_out(pad: PaintPad, qtbot, by_tool: bool):
    pad.show_spots(((0.0, 0.0, 0), (0.9, 0.9, 1)))
    button = Qt.MouseButton.LeftButton if by_tool else Qt.MouseButton.RightButton
    if by_tool:
        QTest.mouseClick(pad.rubber, Qt.MouseButton.LeftButton)
        assert pad.plot.brush is None
    with qtbot.waitSignal(pad.painted) as painted:
        QTest.mouseClick(pad.plot, button, pos=point(pad.plot, 0.0, 0.0))
    assert painted.args[0] == ((0.9, 0.9, 1),)
    pad.show_spots(painted.args[0])
    with qtbot.waitSignal(pad.painted) as cleared:
        QTest.mouseClick(pad.clear, Qt.MouseButton.LeftButton)
    assert cleared.args[0] == ()
    pad.show_spots(())
    assert not pad.clear.isEnabled()


def test_all_of_it_by_keys(pad: PaintPad, qtbot):
    pad.plot.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up):
        QTest.keyClick(pad.plot, key)
    QTest.keyClick(pad.plot, Qt.Key.Key_2)
    assert pad.classes[1].isChecked()
    with qtbot.waitSignal(pad.painted) as painted:
        QTest.keyClick(pad.plot, Qt.Key.Key_Space)
    assert painted.args[0] == ((0.1, 0.2, 1),)
    QTest.keyClick(pad.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(pad.painted) as painted:
        QTest.keyClick(pad.plot, Qt.Key.Key_Delete)
    assert painted.args[0] == ()
    QTest.keyClick(pad.plot, Qt.Key.Key_9)
    assert pad.plot.brush == 1
    pad.grab()


def test_no_more_points_than_the_field_holds(app, qtbot):
    small = PaintPad(Cloud(help="Where.", most=3))
    qtbot.addWidget(small)
    small.resize(300, 330)
    small.show()
    for k in range(6):
        QTest.mouseClick(small.plot, Qt.MouseButton.LeftButton, pos=point(small.plot, -0.9 + 0.3 * k, 0.0))
    assert len(small.plot.spots) == 3


def project_of(session: Session) -> str:
    """Painted points, a small network, a loss; gives the data node's id."""
    nodes = [
        pg.dataset("painted"),
        pg.layer("dense", units=8),
        pg.layer("tanh"),
        pg.layer("dense", units=2),
        pg.loss("cross_entropy"),
    ]
    made = [AddNode(spec) for spec in nodes]
    for edit in made:
        session.do(edit)
    for source, target in itertools.pairwise(made):
        session.do(AddLink(source.id, target.id, 0))
    session.do(SetPlan("training", "epochs", 400))
    session.do(SetPlan("training", "optimizer.rate", 0.02))
    return made[0].id


def test_the_inspector_paints_and_undoes(window: MainWindow, session: Session, loaded: Loaded):
    data = project_of(session)
    loaded(session)
    session.select([data])
    window.show_layout("build")
    window.show_panel("inspector")
    settle()
    form = next(form for form in window.findChildren(Form) if "points" in form.rows and form.isVisible())
    pad = form.rows["points"].editor.pad
    assert tuple(pad.plot.spots) == FIRST
    QTest.mouseClick(pad.classes[1], Qt.MouseButton.LeftButton)
    QTest.mouseClick(pad.plot, Qt.MouseButton.LeftButton, pos=point(pad.plot, -0.95, -0.95))
    settle()
    points = session.project.network.node(data).spec.points
    assert len(points) == len(FIRST) + 1
    assert points[-1][2] == 1
    session.undo()
    assert session.project.network.node(data).spec.points == FIRST
    assert tuple(pad.plot.spots) == FIRST


def test_the_answer_follows_what_is_painted(window: MainWindow, session: Session, loaded: Loaded, qtbot):
    data = project_of(session)
    loaded(session)
    window.show_layout("train")
    window.show_panel("output")
    settle()
    panel = next(iter(window.findChildren(OutputPanel)))
    assert panel.pad is not None
    assert panel.pages.currentWidget() is panel.pad
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=30_000)
    qtbot.waitUntil(lambda: panel.pad.plot.response is not None, timeout=5000)
    assert session.client.epochs[-1].metrics["accuracy"] >= 0.8
    QTest.mouseClick(panel.pad.plot, Qt.MouseButton.LeftButton, pos=point(panel.pad.plot, 0.9, -0.9))
    assert len(session.project.network.node(data).spec.points) == len(FIRST) + 1
    session.do(SetField(data, "points", ((0.0, 0.0, 0),)))
    qtbot.waitUntil(lambda: bool(session.samples_error), timeout=5000)
    assert "Paint at least two points" in session.samples_error
    session.undo()
    loaded(session)
    assert session.samples_error == ""


def test_another_data_source_takes_the_tools_away(window: MainWindow, session: Session, loaded: Loaded):
    data = project_of(session)
    loaded(session)
    window.show_layout("train")
    window.show_panel("output")
    settle()
    panel = next(iter(window.findChildren(OutputPanel)))
    from playground.document.edits import ReplaceSpec

    session.do(ReplaceSpec(data, pg.dataset("moons")))
    loaded(session)
    assert panel.pages.currentWidget() is panel.surface
    assert panel.surface.area.contains(QPointF(panel.surface.rect().center()))

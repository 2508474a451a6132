"""A picture drawn by hand, and what the network says of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

import playground as pg
from playground.document.edits import ReplaceSpec, SetPlan
from playground.ui.main_window import MainWindow
from playground.ui.panels.draw import Bars, DrawPanel
from playground.ui.plots.pixel_pad import PixelPad
from playground.ui.run_control import names_of
from playground.ui.session import Session
from tests.examples.recipes import FOLDER
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]


@pytest.fixture
def pad(app, qtbot) -> PixelPad:
    made = PixelPad()
    qtbot.addWidget(made)
    made.resize(248, 248)
    made.show_picture(np.zeros((12, 8)))
    made.show()
    qtbot.waitExposed(made)
    return made


def spot(pad: PixelPad, row: int, column: int) -> QPoint:
    r, (high, wide) = pad.area, pad.picture.shape
    return QPoint(round(r.x() + (column + 0.5) * r.width() / wide), round(r.y() + (row + 0.5) * r.height() / high))


def test_a_stroke_leaves_ink_where_it_went(pad: PixelPad, qtbot):
    with qtbot.waitSignal(pad.drawn):
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=spot(pad, 2, 1))
    QTest.mouseMove(pad, spot(pad, 2, 6))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=spot(pad, 2, 6))
    assert (pad.picture[2, 1:7] > 0.9).all()
    assert (pad.picture[6:] == 0).all()
    assert pad.picture.max() <= 1.0
    QTest.mouseMove(pad, spot(pad, 10, 6))
    assert (pad.picture[6:] == 0).all(), "the button is up"
    QTest.mousePress(pad, Qt.MouseButton.RightButton, pos=spot(pad, 2, 3))
    QTest.mouseRelease(pad, Qt.MouseButton.RightButton, pos=spot(pad, 2, 3))
    assert pad.picture[2, 3] < 0.1
    assert pad.picture[2, 6] > 0.9
    pad.clear()
    assert not pad.picture.any()


def test_a_picture_by_keys(pad: PixelPad, qtbot):
    pad.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Space):
        QTest.keyClick(pad, key)
    assert pad.picture[5, 3] == 1.0
    assert pad.picture.sum() == 1.0
    for _ in range(20):
        QTest.keyClick(pad, Qt.Key.Key_Down)
    assert pad.cell == (11, 3)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.picture.sum() == 1.0
    pad.grab()


def test_bars_show_the_likeliest_classes(app, qtbot):
    bars = Bars()
    qtbot.addWidget(bars)
    bars.resize(240, 160)
    shares = np.arange(30) / np.arange(30).sum()
    bars.show_shares(tuple(f"kind {k}" for k in range(30)), shares)
    assert len(bars.shares) == 12
    assert bars.names[-1] == "kind 29"
    assert bars.accessibleDescription() == "kind 29, 7 %"
    bars.grab()
    bars.show_shares((), np.zeros(0))
    bars.grab()


def test_the_answer_follows_the_strokes(window: MainWindow, session: Session, loaded: Loaded, qtbot):
    window.documents.open(FOLDER / "digits_mlp.play")
    loaded(session)
    window.show_layout("train")
    window.show_panel("draw")
    settle()
    (panel,) = window.findChildren(DrawPanel)
    assert panel.pages.currentIndex() == 1
    assert panel.said.text() == "Start weights: train first."
    assert not len(panel.bars.shares)
    QTest.mouseClick(panel.pad, Qt.MouseButton.LeftButton, pos=spot(panel.pad, 1, 1))
    assert panel.bars.shares.sum() == pytest.approx(1.0, abs=1e-5)
    session.do(SetPlan("training", "epochs", 8))
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=30_000)
    samples, right = session.samples, 0
    assert samples is not None
    for k in range(40):
        QTest.mouseClick(panel.take, Qt.MouseButton.LeftButton)
        assert panel.sample == k
        right += int(panel.bars.shares.argmax()) == int(samples.y[k])
    assert right >= 36
    assert panel.said.text() == ""
    before = panel.bars.shares.copy()
    QTest.mouseClick(panel.pad, Qt.MouseButton.LeftButton, pos=spot(panel.pad, 1, 1))
    assert not np.array_equal(before, panel.bars.shares)
    QTest.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert not panel.pad.picture.any()
    assert not len(panel.bars.shares)
    session.take_weights(session.weights() or {}, names_of(session.project))
    QTest.mouseClick(panel.take, Qt.MouseButton.LeftButton)
    assert session.run.state == "idle"
    assert panel.said.text() == "", "weights that a file holds are trained ones"


def test_other_data_have_nothing_to_draw(window: MainWindow, session: Session, loaded: Loaded):
    window.documents.open(FOLDER / "digits_cnn.play")
    loaded(session)
    window.show_layout("train")
    window.show_panel("draw")
    settle()
    (panel,) = window.findChildren(DrawPanel)
    assert panel.pages.currentIndex() == 1
    data = session.project.network.of_kind("dataset")[0]
    session.do(ReplaceSpec(data.id, pg.dataset("moons")))
    loaded(session)
    settle()
    assert panel.pages.currentIndex() == 0
    assert panel.judge() is not None

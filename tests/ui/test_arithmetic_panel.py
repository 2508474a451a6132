"""One number of a layer worked out: what is shown is what the network reads, weighs and gives, at the place that is picked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.ui.main_window import MainWindow
from playground.ui.painting import width_of
from playground.ui.panels.arithmetic import GAP, NUMBERED, ArithmeticPanel, _tall, cell_of, grid_of, number_in, place_in
from playground.ui.session import Session
from tests.examples.recipes import FOLDER
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]


@pytest.mark.parametrize("shape", [(5, 4, 3), (6, 3), (19,), (3,)])
def test_a_cell_stands_for_a_place(shape: tuple[int, ...]) -> None:
    y = np.random.default_rng(1).normal(size=shape)
    for place in np.ndindex(shape):
        cell = cell_of(y, place)
        assert place_in(y, place[-1], *cell) == place
        assert grid_of(y, place[-1])[cell] == y[place]


def test_a_filter_over_an_image(window: MainWindow, session: Session, loaded: Loaded) -> None:
    window.documents.open(FOLDER / "digits_cnn.play")
    loaded(session)
    window.show_layout("train")
    window.show_panel("arithmetic")
    (panel,) = window.findChildren(ArithmeticPanel)
    session.select(())
    settle()
    panel.feed()
    assert panel.pages.currentIndex() == 0, "nothing is selected"
    layers = [node for node in session.project.network.nodes if node.spec.id in ("conv2d", "relu", "dense", "max_pool2d")]
    kinds = set()
    for node in layers:
        session.select([node.id])
        panel.feed()
        found = panel.sums.worked
        assert panel.pages.currentIndex() == 1, node.name
        assert found is not None
        kinds.add(found.rule)
        assert found.result == pytest.approx(found.given, abs=1e-4)
        assert panel.sums.lines()[-1].startswith("The network gives")
        panel.grab()
    assert kinds >= {"sum", "function"}
    conv = next(node for node in layers if node.spec.id == "conv2d")
    session.select([conv.id])
    panel.feed()
    panel.grab()
    before = panel.place
    area = panel.map.area
    QTest.mouseClick(panel.map, Qt.MouseButton.LeftButton, pos=QPoint(int(area.x()) + 2, int(area.y()) + 2))
    assert panel.place == (0, 0, panel.unit) != before
    found = panel.sums.worked
    assert found is not None
    assert not found.inside.all(), "in the corner the filter reads padding"
    QTest.keyClick(panel.map, Qt.Key.Key_Right)
    assert panel.place == (0, 1, panel.unit)
    QTest.mouseClick(panel.leaves["unit"].on, Qt.MouseButton.LeftButton)
    assert panel.place == (0, 1, 1)
    given = panel.sums.worked
    assert given is not None
    QTest.mouseClick(panel.leaves["sample"].on, Qt.MouseButton.LeftButton)
    assert panel.sample == 1
    assert not np.array_equal(panel.sums.worked.x, given.x)
    QTest.mouseClick(panel.leaves["sample"].back, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(panel.sums.worked.x, given.x)


def cut(panel: ArithmeticPanel) -> list[str]:
    """Words in the heads of the panel that have not all the room they take."""
    labels = [panel.name, *(leaf.label for leaf in panel.leaves.values())]
    return [
        label.text() for label in labels if label.isVisible() and width_of(label.text(), label.px, label.bold) > label.width() + 1
    ]


@pytest.mark.parametrize("width", [344, 386, 900])
def test_where_the_dock_is_narrow_nothing_is_cut_and_the_numbers_stand_in_their_cells(
    window: MainWindow, session: Session, loaded: Loaded, qtbot: QtBot, width: int
) -> None:
    window.documents.open(FOLDER / "digits_cnn.play")
    loaded(session)
    session.select([next(node.id for node in session.project.network.nodes if node.name == "conv2")])
    panel = ArithmeticPanel(session)
    qtbot.addWidget(panel)
    panel.resize(width, 420)
    panel.show()
    panel.feed()
    settle()
    assert cut(panel) == []
    sums = panel.sums
    assert (sums.width() - 2 * GAP) / 3 / 3 >= (NUMBERED if width >= 386 else NUMBERED - 4), "three by three numbers can be read"
    talls = [_tall(line, sums.width(), k == len(sums.lines()) - 1) for k, line in enumerate(sums.lines())]
    assert sum(talls) + 24 < sums.height(), "there is room for the words, and for the cells above"
    assert (sums.geometry().top() > panel.map.geometry().bottom()) == (width < 500)


def test_a_number_is_as_short_as_its_cell(app: QApplication) -> None:
    texts = [number_in(value, 32) for value in (0.0, -0.0, 0.17, -0.081, 0.0022, -0.0004, -12345.0, 1.25e9)]
    assert texts[:6] == ["0", "0", "0.17", "−0.08", "0.00", "0.00"]
    assert all(width_of(text, 10) <= 31 for text in texts)
    assert number_in(-0.081, 44) == "−0.081"

"""One number of a layer worked out: what is shown is what the network reads, weighs and gives, at the place that is picked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from playground.ui.main_window import MainWindow
from playground.ui.panels.arithmetic import ArithmeticPanel, cell_of, grid_of, place_in
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

"""Plots over the layers draw those that a person ticks, and always those that are selected on the canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from playground.training.history import LayerNorms
from playground.ui.panels.gradients import NormsPanel, gradients
from playground.ui.panels.layer_choice import LayersMenu, layer_choice_of
from playground.ui.plots.curves import WHOLE
from playground.ui.plots.ticks import apart
from playground.ui.session import Session

from .networks import moons, ready

NAMES = ("dense1", "dense2", *(f"layer{k}" for k in range(18)))


@pytest.fixture
def panel(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> NormsPanel:
    ready(session, moons(), qtbot)
    table = np.outer(np.ones(3), 0.5 ** np.arange(len(NAMES)))
    norms = LayerNorms(NAMES, np.arange(1, 4), table, table, table, table, table)
    monkeypatch.setattr(session.client, "layer_norms", lambda: norms)
    made = gradients(session)
    qtbot.addWidget(made)
    made.resize(420, 420)
    made.show()
    made.feed()
    return made


def drawn(panel: NormsPanel) -> list[str]:
    return [key for key in panel.plot.series if key != WHOLE]


def test_a_selected_layer_is_drawn(panel: NormsPanel):
    session = panel.session
    assert len(drawn(panel)) == 7
    assert "dense2" not in drawn(panel)
    session.select([node.id for node in session.project.network.nodes if node.name == "dense2"])
    assert drawn(panel)[:2] == ["dense1", "dense2"]
    assert panel.layers.text() == "8 of 20 layers"
    session.select(())
    assert "dense2" not in drawn(panel)


def test_layers_are_ticked_in_a_menu_that_stays_open(panel: NormsPanel):
    assert panel.head.isVisible()
    menu = panel.layers.menu
    panel.layers.fill()
    closed: list[int] = []
    menu.aboutToHide.connect(lambda: closed.append(1))
    by_name = {action.text(): action for action in menu.actions()}

    def click(text: str) -> None:
        menu.setActiveAction(by_name[text])
        QTest.mouseRelease(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(by_name[text]).center())

    click("layer5")
    assert "layer5" in drawn(panel)
    click("dense1")
    assert "dense1" not in drawn(panel)
    click("All layers")
    assert drawn(panel) == list(NAMES)
    assert {series.kind for key, series in panel.plot.series.items() if key != WHOLE} == {"line"}
    assert all(by_name[name].isChecked() for name in NAMES)
    panel.plot.show_cursor(2.0)
    panel.plot.grab()
    click("Seven from first to last")
    assert len(drawn(panel)) == 7
    assert not closed


def test_the_choice_outlasts_the_panel_but_not_the_project(panel: NormsPanel):
    choice = layer_choice_of(panel.session, "weights")
    choice.choose(["layer3"])
    assert layer_choice_of(panel.session, "weights") is choice
    assert drawn(panel) == ["layer3"]
    choice.turn("layer3", False, NAMES)
    assert len(drawn(panel)) == 7, "no layer at all is no choice"
    choice.choose(["layer3"])
    panel.session.new()
    assert choice.ticked == ()


@pytest.mark.parametrize(
    ("places", "wanted"),
    [
        ([], []),
        ([5.0], [5.0]),
        ([1.0, 2.0, 30.0], [1.0, 11.0, 30.0]),
        ([98.0, 99.0], [90.0, 100.0]),
        ([-5.0, 400.0], [0.0, 100.0]),
    ],
)
def test_names_lie_apart_within_the_ends(places: list[float], wanted: list[float]):
    assert apart(places, 0.0, 100.0, 10.0) == wanted


def test_the_menu_makes_no_more_of_itself(panel: NormsPanel):
    assert isinstance(panel.layers.menu, LayersMenu)
    for _ in range(2):
        panel.layers.fill()
    assert len(panel.layers.menu.actions()) == len(NAMES) + 3

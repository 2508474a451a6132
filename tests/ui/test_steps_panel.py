"""Outputs, gates and attention weights of a layer over the steps of one sequence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import playground as pg
from playground.document.edits import ReplaceSpec
from playground.ui.main_window import MainWindow
from playground.ui.panels.steps import StepsPanel
from playground.ui.session import Session
from tests.examples.recipes import FOLDER, adding_attention, adding_lstm
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]


def shown(window: MainWindow, session: Session, loaded: Loaded, name: str, node: str = "") -> StepsPanel:
    window.documents.open(FOLDER / f"{name}.play")
    loaded(session)
    window.show_layout("train")
    window.show_panel("steps")
    if node:
        session.select([one.id for one in session.project.network.nodes if one.name == node])
    settle()
    (panel,) = window.findChildren(StepsPanel)
    panel.feed()
    return panel


def titles(panel: StepsPanel) -> list[str]:
    return [panel.what.itemText(k) for k in range(panel.what.count())]


def test_gates_and_states_of_a_recurrent_layer(window: MainWindow, session: Session, loaded: Loaded):
    panel = shown(window, session, loaded, "adding_lstm", "lstm1")
    assert panel.pages.currentIndex() == 1
    assert panel.name.text() == "lstm1"
    assert titles(panel) == ["Gates", "Cell", "Output"]
    assert panel.maps.view is not None
    assert [name for name, _ in panel.maps.view.pictures] == ["input", "forget", "new", "output"]
    project = adding_lstm().set(epochs=1)
    project.train()
    session.take_weights(project.weights or {}, {})
    panel.feed()
    samples = session.samples
    assert samples is not None
    given = project.observe(samples.x[:1])["lstm1/gates"][0]
    ours = np.concatenate([values for _, values in panel.maps.view.pictures])
    np.testing.assert_allclose(ours, given.T, atol=1e-4)
    panel.what.setCurrentIndex(2)
    panel.what.activated.emit(2)
    assert panel.maps.view.title == "Output"
    panel.maps.grab()


def test_attention_weights_are_shares_and_samples_can_be_leafed_through(window: MainWindow, session: Session, loaded: Loaded):
    panel = shown(window, session, loaded, "adding_attention")
    assert panel.name.text() == "multi_head_attention1", "while nothing is selected, the layer with the most to show"
    assert titles(panel)[0] == "Attention weights"
    assert panel.maps.view is not None
    heads = [values for _, values in panel.maps.view.pictures]
    assert len(heads) == 2
    for values in heads:
        np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-4)
    first = heads[0].copy()
    QTest.mouseClick(panel.on, Qt.MouseButton.LeftButton)
    assert panel.answer.text() == "sample 2 of 4,000"
    assert not np.array_equal(first, panel.maps.view.pictures[0][1])
    QTest.keyClick(panel, Qt.Key.Key_PageUp)
    np.testing.assert_array_equal(first, panel.maps.view.pictures[0][1])
    QTest.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert panel.answer.text() == "sample 4,000 of 4,000"
    assert adding_attention().node("multi_head_attention1").spec.heads == 2


@pytest.mark.parametrize("node", ["", "dense1"])
def test_a_network_without_steps_says_what_is_shown_here(window: MainWindow, session: Session, loaded: Loaded, node: str):
    panel = shown(window, session, loaded, "iris", node)
    assert panel.pages.currentIndex() == 0
    session.do(ReplaceSpec(session.project.network.of_kind("dataset")[0].id, pg.dataset("wine")))
    loaded(session)
    panel.feed()
    assert panel.pages.currentIndex() == 0


def test_where_there_is_nothing_to_show_the_network_is_not_asked_at_every_step(
    window: MainWindow, session: Session, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
):
    panel = shown(window, session, loaded, "iris")
    assert panel.pages.currentIndex() == 0
    asked = []
    answers = panel._answering.answers
    monkeypatch.setattr(panel._answering, "answers", lambda *given: asked.append(given) or answers(*given))
    panel.feed()
    panel.feed()
    assert not asked
    session.select([session.project.network.of_kind("layer")[0].id])
    panel.feed()
    panel.feed()
    assert len(asked) <= 1 + panel.pages.currentIndex()
    assert asked

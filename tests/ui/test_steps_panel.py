"""Outputs, gates and attention weights of a layer over the steps of one sequence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

import playground as pg
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.document.edits import ReplaceSpec
from playground.ui.canvas import pictures
from playground.ui.canvas.answers import known_graph, node_outputs, start_weights
from playground.ui.main_window import MainWindow
from playground.ui.painting import width_of
from playground.ui.panels.steps import StepsPanel, View, views_of
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
    assert panel.maps.view.title == panel.what.toolTip() == "Output"
    panel.maps.grab()


def test_attention_weights_are_shares_and_samples_can_be_leafed_through(window: MainWindow, session: Session, loaded: Loaded):
    panel = shown(window, session, loaded, "adding_attention")
    assert panel.name.text() == "attention1", "while nothing is selected, the layer with the most to show"
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
    assert adding_attention().node("attention1").spec.heads == 2


def test_in_a_narrow_dock_the_name_of_the_layer_can_be_read(window: MainWindow, session: Session, loaded: Loaded, qtbot: QtBot):
    shown(window, session, loaded, "adding_attention")
    panel = StepsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(386, 420)
    panel.show()
    panel.feed()
    settle()
    panel.answer.show_text("sample 4,000 of 4,000")  # wider than the first one, as in other languages
    settle()
    for part in (panel.name, panel.answer):
        assert width_of(part.text(), part.px, part.bold) <= part.width() + 1, part.text()
    assert width_of(panel.what.currentText(), 12) + panel.what.frame <= panel.what.width()


def looked_at(*specs: Layer, wired: tuple[str, ...] = ()) -> tuple[list[View], dict[str, np.ndarray], np.ndarray]:
    """Of the last of some layers in a row: its views of the first sample, all answers, and its picture on the canvas."""
    made = pg.Project()
    last = made.add(pg.dataset("adding_problem", samples=20, steps=6), name="data")
    for at, spec in enumerate(specs):
        last = made.add(spec, last, *(wired if at == len(specs) - 1 else ()), name=f"node{at}")
    samples: Samples = made.samples()
    graph = known_graph(made.record, samples)
    assert graph is not None
    answers = node_outputs(graph, start_weights(graph, 3), samples.x[:1])
    (node,) = [one for one in made.record.network.nodes if one.name == last]
    picture = pictures.sequence(node, answers, samples, 0)
    assert picture is not None
    return views_of(node, answers, samples, 0), answers, picture.maps


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (1, True), (3, False), (2, True)])
def test_the_output_of_a_layer_that_gives_its_last_state_is_that_of_its_top(kind: str, layers: int, both: bool):
    views, answers, picture = looked_at(pg.layer(kind, units=4, layers=layers, bidirectional=both, returns="last"))
    assert views[-1].title == "Output"
    shown = views[-1].pictures[0][1].T
    assert shown.shape == (6, 8 if both else 4)
    last = np.concatenate([shown[-1, :4], shown[0, 4:]])  # backwards the first step is the last one read
    np.testing.assert_allclose(last, answers["node0"][0], rtol=1e-6)
    np.testing.assert_allclose(picture[0], shown.T / np.abs(shown).max(), rtol=1e-6)


def test_gates_say_of_which_layer_and_direction_they_are():
    views, answers, _ = looked_at(pg.layer("lstm", units=2, layers=3, bidirectional=True))
    gates = [view for view in views if view.title.startswith("Gates")]
    assert [view.title for view in gates] == [
        f"Gates, layer {layer}, {way}" for layer in (1, 2, 3) for way in ("forwards", "backwards")
    ]
    np.testing.assert_array_equal(np.concatenate([one for _, one in gates[5].pictures]), answers["node0:gates 6"][0].T)
    for spec, wanted in (
        (pg.layer("gru", units=2, layers=2), ["Gates, layer 1", "Gates, layer 2"]),
        (pg.layer("gru", units=2, bidirectional=True), ["Gates, forwards", "Gates, backwards"]),
        (pg.layer("gru", units=2), ["Gates"]),
    ):
        assert [view.title for view in looked_at(spec)[0] if view.title.startswith("Gates")] == wanted
    assert len(looked_at(pg.layer("lstm", units=1, layers=16))[0]) == 2 * 16 + 1


def test_a_decoder_shows_what_it_looks_up_in_the_memory():
    first = pg.layer("dense", units=4), pg.layer("conv1d", filters=4, padding="valid")
    views, answers, picture = looked_at(
        *first, pg.layer("dense", units=4), pg.layer("transformer_decoder_block", heads=2), wired=("node0",)
    )
    assert [view.title for view in views] == ["Attention weights, over the memory", "Attention weights, over itself", "Output"]
    over, itself = ([values for _, values in view.pictures] for view in views[:2])
    assert [values.shape for values in over] == [(4, 6)] * 2
    assert [values.shape for values in itself] == [(4, 4)] * 2
    np.testing.assert_allclose(picture, np.stack(over) / np.stack(over).max(axis=(1, 2), keepdims=True), rtol=1e-6)
    np.testing.assert_array_equal(np.stack(over), answers["node3:weights"][0])


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

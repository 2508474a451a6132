"""Activations and histograms: what a worker measured is drawn; what is chosen above the plots is shown; the cursor reads it out."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.document.edits import RemoveNodes
from playground.training.layer_history import Activations, Histograms
from playground.training.messages import Fault
from playground.training.messages.layers import WatchLayers
from playground.training.spread import counts, even_edges, signed_edges
from playground.ui import theme
from playground.ui.panels.activations import QUANTITIES, ActivationsPanel
from playground.ui.panels.choosing import Choice
from playground.ui.panels.health import EXPLODED, health_of, judge, with_fault
from playground.ui.panels.histograms import HistogramsPanel
from playground.ui.plots.axis import Axis
from playground.ui.plots.layers import SHARES, LayersPlot
from playground.ui.plots.marks import Mark
from playground.ui.plots.plot import Plot
from playground.ui.plots.shades import Scale, bins, colours, columns, shades
from playground.ui.plots.strips import StripsPlot
from playground.ui.session import Session

from .conftest import settle
from .networks import moons, ready, train


def histograms(rows: list[np.ndarray], steps: list[int] | None = None) -> Histograms:
    ordered = [np.sort(row[np.isfinite(row)].astype(float)) for row in rows]
    ends = [(row[0], row[-1]) for row in ordered]
    return Histograms(
        np.array(steps or range(1, len(rows) + 1)),
        np.array([low for low, _ in ends], np.float32),
        np.array([high for _, high in ends], np.float32),
        np.array([len(raw) - len(row) for raw, row in zip(rows, ordered, strict=True)], np.uint32),
        np.array([counts(row, even_edges(*end)) for row, end in zip(ordered, ends, strict=True)]),
        np.array([counts(row, signed_edges(*end)) for row, end in zip(ordered, ends, strict=True)]),
    )


@pytest.fixture
def normal() -> Histograms:
    rng = np.random.default_rng(4)
    return histograms([rng.normal(0.3, 1 + 0.1 * k, 4000) for k in range(9)], list(range(10, 100, 10)))


def shown(plot: StripsPlot, qtbot: QtBot, found: list[tuple[str, Histograms]]) -> StripsPlot:
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    plot.show_strips(found)
    plot.grab()
    return plot


@pytest.mark.parametrize("signed", [False, True])
def test_every_pixel_is_in_the_bin_that_numpy_says(normal: Histograms, signed: bool) -> None:
    rows = np.arange(len(normal.steps))
    values = np.linspace(-3.9, 4.7, 333)
    found = bins(normal, rows, values, signed=signed)
    for row in rows:
        low, high = float(normal.low[row]), float(normal.high[row])
        edges = (signed_edges if signed else even_edges)(low, high)
        wanted = np.searchsorted(edges, values, side="right") - 1
        inside = (values >= edges[0]) & (values < edges[-1])
        # Values nearer to an end of a bin than the rounding may lie on either side.
        near = np.abs(values[:, None] - edges).min(1) < 1e-6 * max(abs(low), abs(high))
        sure = inside & ~near
        np.testing.assert_array_equal(found[row][sure], wanted[sure])


@pytest.mark.parametrize("signed", [False, True])
def test_a_scale_and_its_inverse(normal: Histograms, signed: bool) -> None:
    scale = Scale.of(normal, signed=signed)
    parts = np.linspace(0, 1, 77)
    values = scale.values(parts)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose([scale.part(v) for v in values], parts, atol=1e-9)
    ticks = scale.ticks(9)
    assert all(scale.low <= v <= scale.high for v in ticks)
    assert ticks == sorted(ticks)
    if signed:
        assert 0.0 in ticks
        assert scale.low == -scale.high


def test_columns_hold_a_row_until_the_next_and_end_soon_after_the_last() -> None:
    steps = np.array([10, 20, 30])
    found = columns(steps, Axis(0.0, 100.0), 100)
    assert (found[:9] == -1).all()
    assert found[12] == 0
    assert found[25] == 1
    assert found[35] == 2
    assert (found[45:] == -1).all()
    assert (columns(np.zeros(0), Axis(0.0, 1.0), 5) == -1).all()


def test_the_fullest_bin_is_brightest_and_the_empty_ones_dark(normal: Histograms) -> None:
    scale = Scale.of(normal, signed=False)
    codes = shades(normal, scale, Axis(0.0, 100.0), Axis(0.0, 1.0), 200, 150)
    assert codes.shape == (150, 200)
    column = codes[:, 100]
    brightest = scale.value(1 - (int(column.argmax()) + 0.5) / 150)
    assert abs(brightest - 0.3) < 0.7  # of a normal spread about 0.3
    assert column.max() == 255
    assert codes[:, 5].max() == 0
    table = colours(QColor("#000000"), QColor("#3060c0"), QColor("#ffffff"))
    assert table[0] == 0xFF000000
    light = (table >> 8) & 0xFF
    assert (np.diff(light.astype(int)) >= 0).all()


def test_tensors_that_are_all_the_same_still_show() -> None:
    same = histograms([np.full(50, 0.25), np.full(50, 0.25)])
    codes = shades(same, Scale.of(same, signed=False), Axis(0.0, 3.0), Axis(0.0, 1.0), 60, 60)
    assert codes.max() == 255
    zeros = histograms([np.zeros(5), np.zeros(5)])
    for signed in (False, True):
        assert shades(zeros, Scale.of(zeros, signed=signed), Axis(0.0, 3.0), Axis(0.0, 1.0), 60, 60).max() == 255


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_strips_are_drawn_in_both_looks(normal: Histograms, app: QApplication, qtbot: QtBot, mode: str) -> None:
    theme.apply(app, mode)
    plot = StripsPlot("Histograms")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    assert not plot.has_data
    empty = plot.grab().toImage()
    plot.show_strips([("a", normal), ("b", normal)])
    plot.show_marks([Mark(50, "rate")])
    assert plot.has_data
    assert plot.grab().toImage() != empty
    assert [strip.name for strip in plot.strips if strip.image is not None] == ["a", "b"]
    first, second = (strip.place for strip in plot.strips)
    assert first.bottom() < second.top()


def test_strips_have_the_colours_of_another_look_at_once(normal: Histograms, app: QApplication, qtbot: QtBot) -> None:
    theme.apply(app, "light")
    plot = shown(StripsPlot("Histograms"), qtbot, [("a", normal)])
    corner = plot.strips[0].place.topRight().toPoint() + QPoint(-2, 2)  # after the last row, where the ground is seen
    for mode in ("dark", "light"):
        theme.apply(app, mode)
        image = plot.grab().toImage()
        assert image.pixelColor(corner * image.devicePixelRatio()) == theme.theme().color("plot")


def test_the_cursor_reads_quantiles_and_the_bin_under_the_pointer(normal: Histograms, app: QApplication, qtbot: QtBot) -> None:
    plot = shown(StripsPlot("Histograms"), qtbot, [("a", normal)])
    seen: list[object] = []
    plot.cursor_moved.connect(seen.append)
    plot.cursor_moved.connect(plot.show_cursor)
    place = QPoint(round(plot.px(55)), round(plot.area.center().y()))
    QTest.mouseMove(plot, place)
    assert seen
    assert plot.cursor_x == pytest.approx(55, abs=1)
    readings = {reading.name: reading.value for reading in plot.readings(plot.strips)}
    row = 4
    assert readings["greatest"] == f"{float(normal.high[row]):.3g}"
    assert float(readings["median"]) == pytest.approx(0.3, abs=0.15)
    (name,) = [name for name in readings if "…" in name]
    low, high = (float(part.replace("−", "-")) for part in name.split(" … "))
    middle = plot.strips[0].scale.value((plot.area.bottom() - place.y()) / plot.area.height())
    assert low - 1e-3 <= middle <= high + 1e-3
    assert 0 < float(readings[name].removesuffix(" %")) < 20
    plot.show_strips([("a", normal), ("b", normal)])
    plot.grab()
    assert [reading.name for reading in plot.readings(plot.strips)] == ["a", "b"]


def test_strips_zoom_like_plots(normal: Histograms, app: QApplication, qtbot: QtBot) -> None:
    plot = shown(StripsPlot("Histograms"), qtbot, [("a", normal)])
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    QTest.keyClick(plot, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    plot.grab()
    assert not plot.follow
    assert plot.up.high - plot.up.low == pytest.approx(0.8)
    plot.set_signed(True)
    plot.grab()
    assert plot.up == Axis(0.0, 1.0)
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert plot.follow
    for _ in range(400):
        QTest.keyClick(plot, Qt.Key.Key_Plus)
        QTest.keyClick(plot, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert not plot.grab().isNull()


def test_activations_of_a_run_are_drawn_and_chosen(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=200), qtbot)
    panel = ActivationsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(400, 300)
    panel.show()
    assert not panel.plot.has_data
    train(session, qtbot)
    settle()
    found = session.client.activations()
    assert isinstance(found, Activations)
    for key in QUANTITIES:
        panel.choice.choose(key)
        table = getattr(found, key)
        for name, series in panel.plot.series.items():
            np.testing.assert_array_equal(series.y, table[:, found.nodes.index(name)])
        assert panel.plot.log == (key == "deviation")
        assert (panel.plot.fixed_up is SHARES) == (key in ("dead", "saturated"))
    panel.choice.choose("mean")
    assert set(panel.plot.series) == set(found.nodes)
    panel.choice.choose("saturated")
    assert set(panel.plot.series) < set(found.nodes)
    panel.choice.setFocus()
    QTest.keyClick(panel.choice, Qt.Key.Key_Home)
    assert panel.choice.key == "mean"


def test_the_layer_of_the_first_nan_says_so_and_what_it_reached_is_not_judged() -> None:
    project = moons()
    names = [node.name for node in project.network.nodes if node.spec.kind == "layer"]
    rows = [judge(name, np.full(9, 1e-3), np.full(9, 0.1), frozen=False) for name in names if name.startswith("dense")]
    assert with_fault(rows, None, project) == rows
    fault = Fault(node=rows[1].layer, op="dense", direction="backward", step=1311, text="Stopped.", what="NaN")
    found = {row.layer: row for row in with_fault(rows, fault, project)}
    assert list(found) == [row.layer for row in rows]
    assert found[rows[0].layer].state == "Not reached"
    assert found[rows[1].layer].state == "First NaN, backward, step 1,312"
    assert found[rows[1].layer].wide
    assert found[rows[1].layer].token == "error"
    assert all(found[row.layer] == row for row in rows[2:])
    forward = with_fault(rows, Fault(node="relu9", op="relu", direction="forward", step=0, text="", what="infinity"), None)
    assert (forward[0].layer, forward[0].state) == ("relu9", "First ∞, forward, step 1")
    assert forward[1:] == rows
    none = judge("dense0", np.full(9, np.nan), np.full(9, np.nan), frozen=False)
    fault = Fault(node="relu9", op="relu", direction="forward", step=0, text="", what="NaN")
    assert [row.state for row in with_fault([none], fault, None)] == ["First NaN, forward, step 1", "Not reached"]


def test_before_a_run_the_layers_are_listed_and_it_says_what_will_come(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    panel = HistogramsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(600, 300)
    panel.show()
    names = [node.name for node in session.project.network.nodes if node.spec.kind == "layer"]
    trained = [name for name in names if name.startswith("dense")]
    assert panel.layer.keys[1:] == trained
    assert panel.plot.empty == f"Train to see how the weights of {', '.join(trained)} spread over the steps."
    panel.kind.choose("activations")
    assert panel.layer.keys[1:] == names
    assert "the outputs of" in panel.plot.empty
    panel.layer.choose(names[-1])
    assert panel.plot.empty == f"Train to see how the outputs of {names[-1]} spread over the steps."
    node = next(node for node in session.project.network.nodes if node.name == trained[0])
    session.do(RemoveNodes((node.id,)))
    settle()
    assert trained[0] not in panel.layer.keys
    panel.grab()


def test_histograms_of_a_run_are_drawn_and_chosen(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=200), qtbot)
    panel = HistogramsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.show()
    train(session, qtbot)
    settle()
    layers, nodes = session.client.layer_names()
    assert [strip.name for strip in panel.plot.strips] == list(layers)
    panel.kind.choose("activations")
    assert [strip.name for strip in panel.plot.strips] == list(nodes)
    panel.layer.choose(nodes[1])
    (strip,) = panel.plot.strips
    wanted = session.client.histograms("activations", nodes[1])
    assert wanted is not None
    np.testing.assert_array_equal(strip.found.even, wanted.even)
    panel.signed.click()
    assert panel.plot.signed
    panel.kind.choose("weights")
    assert panel.layer.key in (nodes[1], " all")
    assert len(panel.plot.strips) >= 1
    assert not panel.grab().isNull()


def test_a_hidden_panel_asks_for_nothing(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(session.client, "watch_layers", lambda what, on: asked.append((what, on)))
    panel = HistogramsPanel(session)
    qtbot.addWidget(panel)
    assert asked == []
    panel.show()
    panel.hide()
    assert asked == [("histograms", True), ("histograms", False)]
    assert WatchLayers(what="histograms", on=True).waits


def test_a_choice_keeps_what_was_chosen_where_it_is_offered_again(app: QApplication, qtbot: QtBot) -> None:
    choice = Choice("Layer", {"a": "A", "b": "B"})
    qtbot.addWidget(choice)
    taken: list[str] = []
    choice.chosen.connect(taken.append)
    choice.choose("b")
    choice.offer({"c": "C", "b": "B"})
    assert choice.key == "b"
    choice.offer({"c": "C"})
    assert choice.key == "c"
    assert taken == ["b"]
    choice.setFocus()


def test_layers_without_the_number_are_left_out_and_it_is_said(app: QApplication, qtbot: QtBot) -> None:
    plot = LayersPlot("Dead")
    qtbot.addWidget(plot)
    plot.show_layers(["a", "b"], np.arange(3), np.array([[np.nan, 0.1]] * 3), share=True)
    assert list(plot.series) == ["b"]
    plot.show_layers(["a"], np.arange(3), np.full((3, 1), np.nan), share=True)
    assert not plot.has_data
    assert plot.empty == "No layer here can be stuck."
    assert isinstance(plot, Plot)


@pytest.mark.parametrize("what", ["gradients", "weights"])
def test_a_layer_that_exploded_is_never_healthy(what: str) -> None:
    usual = np.full(40, 1e-3)
    lengths = np.concatenate([np.ones(39), [10 * EXPLODED]])
    gradients, weights = (lengths, np.ones(40)) if what == "gradients" else (np.ones(40), lengths)
    assert judge("a", usual, gradients, False, weights).state == "Exploded"
    assert judge("a", usual, np.ones(40), False, np.ones(40)).state == "Healthy"
    assert judge("a", usual[:3], np.array([1.0, 1.0, np.inf]), False).state == "Not finite"
    assert judge("a", np.array([1e-3, np.nan]), np.ones(2), False).state == "Not finite"
    assert health_of(None) == []

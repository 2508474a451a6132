"""Numbers of a layer in the inspector: weights, gradient and the optimizer's slots, as the run has them now."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from playground.document.edits import RenameNode
from playground.ui import theme
from playground.ui.inspector import tensors
from playground.ui.inspector.panel import Inspector
from playground.ui.inspector.tensors import brief, numbers_of, tensors_of
from playground.ui.session import Session

from .conftest import settle
from .networks import moons, node, ready, train


def test_numbers_of_a_tensor() -> None:
    array = np.array([[1.0, -3.0], [2.0, 8.0]], np.float32)
    assert numbers_of(array) == ((2.0, pytest.approx(np.std([1, -3, 2, 8])), -3.0, 8.0), 1)
    assert numbers_of(np.zeros((0, 3), np.float32)) == ((0.0, 0.0, 0.0, 0.0), 1)
    assert np.isnan(numbers_of(np.array([1, np.nan], np.float32))[0][0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.27512, "−0.275"),
        (1.0, "1"),
        (-0.00312, "−3.1e-3"),
        (12345.6, "12,346"),
        (2e7, "2.0e7"),
        (np.nan, "not finite"),
        (-99999.9, "−100,000"),
    ],
)
def test_numbers_in_a_narrow_column(value: float, text: str) -> None:
    assert brief(value) == text


def test_a_large_tensor_is_looked_at_evenly() -> None:
    array = np.random.default_rng(0).normal(0.5, 2.0, (900, 512)).astype(np.float32)
    (mean, spread, low, high), every = numbers_of(array)
    assert every % 2 == 1
    assert array.size / every <= tensors.MOST
    assert (mean, spread) == (pytest.approx(0.5, abs=0.05), pytest.approx(2.0, rel=0.03))
    assert array.min() <= low < -5 < 6 < high <= array.max()


def test_only_the_nodes_own_tensors_are_shown() -> None:
    one = np.ones((2, 3), np.float32)
    values = {"a.weight": one, "a/b.weight": 2 * one, "ab.weight": 3 * one}
    slots = {f"{name}/{slot}": array * k for name, array in values.items() for k, slot in ((5, "mean"), (6, "square"))}
    found = tensors_of("a", values, values, slots, {"a.running_mean": one})
    assert [(tensor.name, [(line.label, line.numbers[0]) for line in tensor.lines]) for tensor in found] == [
        ("weight", [("value", 1), ("gradient", 1), ("slot mean", 5), ("slot square", 6)]), ("running_mean", [("value", 1)]),
    ]  # fmt: skip
    assert [line.numbers[3] for line in tensors_of("a/b", values, {}, {}, {})[0].lines] == [2]


def test_a_trained_layer_shows_what_the_run_holds(session: Session, qtbot: QtBot, qapp: QApplication) -> None:
    ready(session, moons(epochs=3), qtbot)
    panel = Inspector(session)
    qtbot.addWidget(panel)
    panel.resize(296, 900)
    panel.show()
    session.select([node(session, "dense1").id])
    settle()
    assert not panel.numbers.isVisible()
    train(session, qtbot)
    settle()
    assert panel.numbers.isVisible()
    shown = {tensor.name: {line.label: line.numbers for line in tensor.lines} for tensor in panel.numbers.table.tensors}
    assert shown.keys() == {"weight", "bias"}
    state = session.client.optimizer_state()
    assert state is not None
    assert state.step == session.client.step
    for name in shown:
        assert list(shown[name]) == ["value", "gradient", "slot mean", "slot square"]
        value, square = session.client.export_weights()[f"dense1.{name}"], state.slots[f"dense1.{name}/square"]
        assert shown[name]["value"] == pytest.approx((value.mean(), value.std(), value.min(), value.max()), rel=1e-4, abs=1e-6)
        assert shown[name]["slot square"] == pytest.approx(
            (square.mean(), square.std(), square.min(), square.max()), rel=1e-4, abs=1e-9
        )
        assert shown[name]["slot square"][2] >= 0
    assert "weight slot square: mean" in panel.numbers.table.accessibleDescription()
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        picture = panel.numbers.table.grab().toImage()
        assert len({picture.pixel(x, y) for x in range(0, picture.width(), 2) for y in range(picture.height())}) > 8
    theme.apply(qapp, "light")
    session.do(RenameNode(node(session, "dense1").id, "first"))
    settle()
    assert panel.numbers.isVisible()
    session.select([node(session, "tanh1").id])
    assert not panel.numbers.isVisible()


def test_numbers_move_while_the_run_goes_on_and_end_with_it(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    panel = Inspector(session)
    qtbot.addWidget(panel)
    panel.resize(296, 900)
    panel.show()
    session.select([node(session, "dense1").id])
    session.train()
    qtbot.waitUntil(lambda: bool(panel.numbers.table.tensors), timeout=60_000)
    before = panel.numbers.table.tensors
    qtbot.waitUntil(lambda: panel.numbers.table.tensors != before, timeout=20_000)
    session.stop()
    qtbot.waitUntil(lambda: session.client.state == "finished", timeout=20_000)
    session.new()
    settle()
    assert not panel.numbers.isVisible()


def test_weights_of_a_file_are_shown_without_a_run(session: Session, qtbot: QtBot, tmp_path) -> None:
    ready(session, moons(epochs=2), qtbot)
    train(session, qtbot)
    weights = session.client.export_weights()
    assert session.save(tmp_path / "m.play")
    assert session.open(tmp_path / "m.play")
    panel = Inspector(session)
    qtbot.addWidget(panel)
    panel.show()
    session.select([node(session, "dense2").id])
    lines = {tensor.name: tensor.lines for tensor in panel.numbers.table.tensors}
    assert [line.label for line in lines["weight"]] == ["value"]
    assert lines["weight"][0].numbers[0] == pytest.approx(weights["dense2.weight"].mean(), rel=1e-5, abs=1e-7)

"""The pre-flight and the time of layers in the window: verdicts and figures as the worker tells them, buttons that ask for them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from playground.document.edits import SetPlan
from playground.training.messages.analysis import CheckRecord, LayerCost, LayersTimed, PreflightDone, PreflightStep
from playground.ui.bench import bench_of
from playground.ui.dialogs.rate_finder import RateFinder
from playground.ui.main_window import MainWindow
from playground.ui.panels.preflight import PreflightPanel
from playground.ui.panels.timing import TimingPanel, verdict
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons, ready


def layer(node: str, forward: float, backward: float = 0.0, update: float = 0.0) -> LayerCost:
    return LayerCost(node=node, forward=forward, backward=backward, update=update, weight_bytes=1200, output_bytes=0)


def check(id: str, level: str) -> CheckRecord:
    remedy = "Find a better rate." if level == "warn" else ""
    return CheckRecord(id=id, level=level, title=f"Title {id}", text="Loss 2.31.", remedy=remedy, figures={})


def done(**levels: str) -> PreflightDone:
    checks = tuple(check(id, level) for id, level in levels.items())
    return PreflightDone(
        checks=checks, layers=(layer("dense1", 2e-6),), seconds=4.1, step=0, stopped="end", sha256="7f3a91c2" * 8
    )


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> PreflightPanel:
    made = PreflightPanel(session)
    qtbot.addWidget(made)
    made.resize(900, 150)
    made.show()
    made.mine = True
    return made


def test_verdicts_are_shown_as_they_come(panel: PreflightPanel, qtbot: QtBot) -> None:
    bench = bench_of(panel.session)
    bench.heard.emit(PreflightStep(check="fits", done=1, total=4))
    assert [card.running for card in panel.cards.values()] == [False, True, False, False]
    assert "2 of 4" in panel.told.text()
    with qtbot.waitSignal(panel.title_changed) as title:
        bench.heard.emit(done(start="ok", fits="warn", labels="ok", time="info"))
    assert title.args == ["Pre-flight 1"]
    assert [card.level for card in panel.cards.values()] == ["ok", "warn", "ok", "info"]
    assert panel.cards["fits"].remedy.text() == "Find a better rate."
    assert panel.cards["fits"].accessibleName() == "Title fits. Loss 2.31. Find a better rate."
    assert not panel.cards["start"].remedy.isVisible()
    assert "4.1 s" in panel.told.text()
    assert "7f3a 91c2" in panel.told.text()
    assert panel.help.isVisible()
    panel.grab()
    with qtbot.waitSignal(panel.title_changed) as title:
        bench.heard.emit(done(start="ok", fits="ok", labels="ok", time="info"))
    assert title.args == ["Pre-flight ✓"]
    assert not panel.help.isVisible()


def test_no_card_is_cut_in_a_narrow_dock(panel: PreflightPanel, qtbot: QtBot) -> None:
    for width, columns in ((900, 4), (640, 2), (340, 1), (900, 4)):
        panel.resize(width, 400)
        settle()
        cards = list(panel.cards.values())
        assert len({card.x() for card in cards}) == columns
        assert max(card.geometry().right() for card in cards) < width
        assert all(card.geometry().height() < 250 for card in cards), "no higher than the words need"


def test_a_change_of_the_project_makes_verdicts_old(panel: PreflightPanel, qtbot: QtBot) -> None:
    bench_of(panel.session).heard.emit(done(start="ok", fits="ok", labels="ok", time="info"))
    with qtbot.waitSignal(panel.title_changed) as title:
        panel.session.do(SetPlan("training", "batch", 8))
    assert title.args == ["Pre-flight"]
    assert "changed since" in panel.told.text()
    panel.session.new()
    assert not panel.done


def test_what_cannot_train_is_said(panel: PreflightPanel) -> None:
    QTest.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    assert panel.told.ink == "error"
    assert panel.told.text()
    assert not panel.mine


def test_the_button_before_train_runs_all_checks(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    ready(session, moons(optimizer__rate=0.03), qtbot)
    settle()
    button = window.tools.buttons["preflight"]
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    panel = window.findChild(PreflightPanel)
    assert panel is not None
    qtbot.waitUntil(lambda: panel.done, timeout=120_000)
    assert session.client.state == "idle"
    assert panel.cards["start"].record is not None
    assert panel.cards["start"].record.figures["guess"] == pytest.approx(0.6931, abs=1e-3)
    assert panel.cards["fits"].level == "ok"
    assert "per epoch" in panel.cards["time"].title.text()
    QTest.mouseClick(panel.layers, Qt.MouseButton.LeftButton)
    timing = window.findChild(TimingPanel)
    assert timing is not None
    assert {row.node for row in timing.table.rows} >= {"dense1", "tanh1", "dropout1", "dense2"}
    assert sum(row.seconds for row in timing.table.rows) == pytest.approx(panel.cards["time"].record.figures["step"])  # type: ignore[union-attr]
    QTest.mouseClick(timing.again, Qt.MouseButton.LeftButton)
    assert timing.mine
    qtbot.waitUntil(lambda: "A step takes" in timing.told.text(), timeout=60_000)


def test_the_help_button_opens_the_finder(panel: PreflightPanel, qtbot: QtBot) -> None:
    bench_of(panel.session).heard.emit(done(start="ok", fits="warn", labels="ok", time="info"))
    QTest.mouseClick(panel.help, Qt.MouseButton.LeftButton)
    finder = panel.window().findChild(RateFinder)
    assert finder is not None
    finder.close()
    settle()


def test_the_table_has_the_longest_first_and_tells_shares(session: Session, qtbot: QtBot) -> None:
    panel = TimingPanel(session)
    qtbot.addWidget(panel)
    panel.resize(700, 200)
    panel.show()
    panel.mine = True
    layers = (layer("dense1", 1e-6, 1e-6), layer("conv1", 2e-6, 5e-6, 0.5e-6), layer("", 0.5e-6))
    told = LayersTimed(layers=layers, step_seconds=1e-5, threads=1, step=3, sha256="")
    bench_of(session).heard.emit(told)
    assert [row.node for row in panel.table.rows] == ["conv1", "dense1", ""]
    assert "conv1 75 % 7.5 µs" in panel.table.accessibleDescription()
    assert panel.told.text() == "A step takes 10 µs. conv1 takes 75 % of a step, most of it backward."
    panel.grab()
    session.new()
    assert panel.table.rows == []


def test_verdicts_of_times() -> None:
    even = [layer(f"dense{k}", 1e-6) for k in range(4)]
    assert verdict(even) == "No layer stands out: the longest, dense0, takes 25 % of a step."
    assert "too small to be slow" in verdict([layer("", 9e-6), layer("dense1", 1e-6)])
    assert verdict([]) == ""


def test_looks_are_possible_while_it_trains(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    assert not window.actions_made["preflight"].isEnabled()
    ready(session, moons(epochs=100_000), qtbot)
    session.train()
    qtbot.waitUntil(lambda: session.client.state == "running" and session.client.step > 50, timeout=90_000)
    settle()
    for id in ("preflight", "find_rate", "rate_fan", "find_batch", "timing"):
        assert window.actions_made[id].isEnabled()
    window.show_panel("timing")
    panel = window.findChild(TimingPanel)
    assert panel is not None
    panel.start()
    qtbot.waitUntil(lambda: bool(panel.table.rows), timeout=60_000)
    assert session.client.state == "running"
    assert not panel.bench.beside

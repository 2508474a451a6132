"""The rate finder's window: three tests in tabs, beside the run or within it, and one click that takes what was found."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from playground.document.edits import SetPlan
from playground.training import messages
from playground.ui.bench import bench_of
from playground.ui.dialogs.fan_page import PAST
from playground.ui.dialogs.rate_finder import BATCH, FAN, RANGE, RateFinder
from playground.ui.inspector.following import follow_knobs
from playground.ui.panel import dialogs
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons, ready, train


def opened(session: Session, qtbot: QtBot, place: int) -> RateFinder:
    finder = RateFinder(session, None, place)
    qtbot.addWidget(finder)
    finder.show()
    qtbot.waitUntil(lambda: finder.page.proof.level == "ok", timeout=90_000)
    settle()
    return finder


def rate(session: Session) -> float:
    return float(session.project.training.optimizer.rate)  # type: ignore[attr-defined]


def test_without_a_run_a_look_leaves_none_behind(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    finder = opened(session, qtbot, RANGE)
    assert session.client.state == "idle"
    assert session.client.worker_pid is None
    assert finder.range.bench.beside
    assert "first weights" in finder.strip.note
    finder.close()


def test_a_fan_beside_the_run_names_the_best_and_one_click_takes_it(session: Session, qtbot: QtBot) -> None:
    ready(session, SetPlan("training", "optimizer.rate", 1e-4).apply(moons()), qtbot)
    finder = opened(session, qtbot, FAN)
    fan = finder.fan
    assert [name for name in fan.plot.series if name != "past"] == ["×0.1", "×0.3", "×1", "×3", "×10"]
    assert all(len(fan.plot.series[name].x) == 50 for name in fan.plot.series if name != "past")
    assert fan.plot.best == "×10"
    assert "10 times the rate" in fan.verdict.text()
    assert fan.best.isEnabled()
    QTest.mouseClick(fan.best, Qt.MouseButton.LeftButton)
    assert rate(session) == pytest.approx(1e-3)
    session.undo()
    QTest.mouseClick(fan.rows[3.0].use, Qt.MouseButton.LeftButton)
    assert rate(session) == pytest.approx(3e-4)
    finder.close()


def test_a_fan_in_the_middle_of_a_run_begins_at_its_curve(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 200, timeout=90_000)
    finder = opened(session, qtbot, FAN)
    fan = finder.fan
    assert not fan.bench.beside
    assert session.client.state == "running"
    first = fan.first
    assert first > 200
    qtbot.waitUntil(lambda: session.client.history().steps[-1] > first + 5 * PAST, timeout=30_000)
    fan._show(None)  # however far the run has gone on since
    past = fan.plot.series["past"].x
    assert len(past)
    assert past[-1] <= first
    assert fan.plot.series["×1"].x[0] == first + 1
    follow_knobs(session)
    fan.use_rate(2e-3)
    qtbot.waitUntil(lambda: session.client.knobs.get("rate") == pytest.approx(2e-3), timeout=20_000)
    finder.close()


def test_the_end_of_a_run_is_a_place_to_look_from_too(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=2), qtbot)
    train(session, qtbot)
    steps = session.client.step
    finder = opened(session, qtbot, RANGE)
    assert not finder.range.bench.beside
    assert f"step {steps:,}" in finder.strip.note
    assert session.client.state == "finished"
    assert session.client.step == steps
    finder.close()
    session.do(SetPlan("training", "batch", 16))  # another plan: the run that is over cannot answer for it
    other = opened(session, qtbot, RANGE)
    assert other.range.bench.beside
    assert session.client.step == steps
    assert len(session.client.history().steps)
    other.close()


def test_after_a_fault_a_better_rate_is_found_from_where_it_stands(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=50), qtbot)
    bench_of(session)
    session.train()
    qtbot.waitUntil(lambda: session.client.state == "running", timeout=90_000)
    session.set_knob("rate", 100.0)
    qtbot.waitUntil(lambda: session.client.state in ("failed", "finished"), timeout=60_000)
    finder = opened(session, qtbot, RANGE)
    assert not finder.range.bench.beside
    assert session.client.state in ("failed", "finished")
    finder.close()


def test_what_a_look_tells_comes_after_it_was_asked_for(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the worker has done all of it before the window asks what there is: whoever asked would not yet know that it is theirs."""
    ready(session, moons(epochs=2), qtbot)
    train(session, qtbot)
    bench, heard, send = bench_of(session), [], session.client.send

    def answered(command: Any) -> int:
        serial = send(command)
        time.sleep(0.5)
        return serial

    monkeypatch.setattr(session.client, "send", answered)
    bench.heard.connect(heard.append)
    assert bench.ask(messages.FindRate(low=1e-7, high=10.0, steps=20, smoothing=0.98, stop_factor=4.0)) == ""
    assert bench.busy
    assert not heard
    qtbot.waitUntil(lambda: not bench.busy, timeout=60_000)
    assert isinstance(heard[-1], messages.FinderDone)
    assert opened(session, qtbot, RANGE).page.proof.level == "ok"


def test_batch_sizes_are_measured_and_one_click_sets_the_suggested(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(batch=1), qtbot)
    finder = opened(session, qtbot, BATCH)
    batch = finder.batch
    sizes = [size.batch for size in batch.table.sizes]
    assert sizes[:6] == [1, 2, 4, 8, 16, 32]
    np.testing.assert_array_equal(batch.plot.series["line"].x, sizes)
    np.testing.assert_allclose(batch.memory.series["line"].y, [size.nbytes / 1e6 for size in batch.table.sizes])
    assert batch.suggested > 1
    QTest.mouseClick(batch.use, Qt.MouseButton.LeftButton)
    assert session.project.training.batch == batch.suggested
    assert not batch.use.isEnabled()
    session.undo()
    assert session.project.training.batch == 1
    finder.close()


def test_keys_turn_the_tabs_and_each_runs_its_test_once(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(session, moons(), qtbot)
    asked: list[Any] = []
    monkeypatch.setattr(type(bench_of(session)), "ask", lambda bench, command: asked.append(type(command).__name__) or "")
    finder = RateFinder(session)
    qtbot.addWidget(finder)
    finder.show()
    finder.tabs.tabs[0].setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(finder.tabs.tabs[finder.tabs.place], key)
    assert asked == ["FindRate", "FanRates", "FindBatch"]
    assert finder.stack.currentIndex() == finder.tabs.place == 0
    QTest.mouseClick(finder.tabs.tabs[1], Qt.MouseButton.LeftButton)
    assert finder.page is finder.fan
    QTest.mouseClick(finder.again, Qt.MouseButton.LeftButton)
    assert asked[-1] == "FanRates"
    assert len(asked) == 4
    finder.close()


def test_the_stop_rule_reaches_the_worker(session: Session) -> None:
    from playground.ui.dialogs.range_page import RangePage

    page = RangePage(session)
    assert page.command().stop_factor == 4.0  # type: ignore[attr-defined]
    page.form.changed.emit("stop", "doubled")
    assert page.command().stop_factor == 2.0  # type: ignore[attr-defined]
    page.deleteLater()


def test_a_worker_that_dies_is_told_and_the_next_look_has_a_new_one(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    finder = opened(session, qtbot, RANGE)
    bench = finder.range.bench
    assert bench._client is not None
    finder.start()
    qtbot.waitUntil(lambda: finder.range.suggestions["valley"].use.isEnabled() or not bench.busy, timeout=60_000)
    finder.start()
    assert not any(one.use.isEnabled() for one in finder.range.suggestions.values()), "those of the test before are gone"
    assert finder.range.plot.empty == "The test is starting."
    bench._client.kill()
    qtbot.waitUntil(lambda: not bench.busy, timeout=30_000)
    finder.start()
    # What was found is told before its end is.
    qtbot.waitUntil(lambda: finder.range.proof.level == "ok" and not bench.busy, timeout=60_000)
    finder.close()


def test_a_look_ends_with_the_worker_of_a_run_that_is_over(session: Session, qtbot: QtBot) -> None:
    """The run has nothing to lose, so that the death is only a warning; the look must not go on for ever."""
    ready(session, moons(epochs=1), qtbot)
    train(session, qtbot)
    bench = bench_of(session)
    said: list[object] = []
    bench.heard.connect(said.append)
    search = messages.FindRate(low=1e-6, high=1.0, steps=2000, smoothing=0.9, stop_factor=4.0)
    assert bench.ask(search) == ""
    assert bench.busy
    assert not bench.beside
    session.client.kill()
    qtbot.waitUntil(lambda: not bench.busy, timeout=30_000)
    assert isinstance(said[-1], messages.Warned | messages.FinderDone)


def test_rays_that_run_away_are_said_to(session: Session, qtbot: QtBot) -> None:
    from playground.training.messages.fan import FanDone, RayRecord
    from playground.ui.dialogs.fan_page import FanPage

    page = FanPage(session)
    qtbot.addWidget(page)
    page.resize(900, 500)
    page.show()
    page.mine = True
    whole = RayRecord(factor=1.0, rate=0.1, losses=(1.0, 0.8), end=0.8, fault=False)
    wild = RayRecord(factor=10.0, rate=1.0, losses=(1.0,), end=math.inf, fault=True)
    done = FanDone(rays=(whole, wild), best=0, first=7, base=0.1, stopped="end", sha256="ab" * 32, text="ok")
    page._heard(done)
    assert page.rows[10.0].end.text() == "runs away"
    assert not page.rows[10.0].use.isEnabled()
    assert not page.best.isEnabled(), "the present rate is the best one"
    assert page.plot.best == "×1"
    page.grab()
    page._heard(messages.Warned(kind="refused", text="No."))
    assert page.proof.level == "error"
    assert page.plot.empty == "Nothing measured yet. Press Run again."


def test_every_tab_is_a_dialog_of_its_own(session: Session) -> None:
    assert {"rate_finder", "rate_fan", "batch_finder"} <= set(dialogs())

"""Data age and cost of watching in the status line: measured, held long enough to be read, said while a run goes on."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from playground.training.areas import known
from playground.training.areas.watching import WATCHING
from playground.ui.session import Session
from playground.ui.status import StatusLine
from playground.ui.status_parts import cost
from playground.ui.status_parts.age import HOLD, OLD, Age, age_text

from .networks import moons, ready


def test_an_age_is_the_greatest_of_half_a_second() -> None:
    age = Age()
    assert age.take(5.0, 100.0) == 5.0
    assert age.take(30.0, 100.1) == 5.0  # stands, so that it can be read
    assert age.take(8.0, 100.0 + HOLD) == 30.0
    assert age.take(7.0, 100.2 + HOLD) == 30.0
    assert age.take(7.0, 100.0 + 2 * HOLD) == 7.0


def test_an_old_picture_is_told_at_once() -> None:
    age = Age()
    age.take(5.0, 100.0)
    assert age.take(OLD + 500, 100.1) == OLD + 500
    assert age_text(12.4) == "Data age 12 ms"
    assert age_text(2440) == "Data age 2.4 s"


def test_age_and_cost_are_said_while_a_run_goes_on(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    line = StatusLine(session)
    qtbot.addWidget(line)

    def said(start: str) -> str:
        return next((part.text for part in line.right() if part.text.startswith(start)), "")

    assert not said("Data age")
    assert not said("Cost")
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 200 and bool(said("Cost")), timeout=20_000)
    assert said("Data age").removesuffix(" ms").removeprefix("Data age ").isdigit()
    number = float(said("Cost").removeprefix("Cost of watching ").removesuffix(" %"))
    assert 0 <= number <= 100
    anew = StatusLine(session)  # as after a change of language
    qtbot.addWidget(anew)
    assert any(part.progress >= 0 for part in anew.left())
    found = session.client.watching
    assert found is not None
    assert found.run_seconds > 0
    session.stop()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=10_000)
    assert not said("Data age")
    assert not said("Cost")


def test_what_the_window_draws_counts_where_the_run_wants_its_core(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    line = StatusLine(session)
    qtbot.addWidget(line)
    session.train()
    qtbot.waitUntil(lambda: session.client.step > 200 and session.client.watching is not None, timeout=20_000)
    monkeypatch.setattr(cost.Cost, "look", lambda self, watched: (0.01, 0.5))

    def percent() -> float:
        (part,) = cost.say_cost(line)
        return float(part.text.split()[-2])

    qtbot.waitUntil(lambda: line.newest(cost.Progress) is not None, timeout=10_000)
    monkeypatch.setattr(cost, "CORES", 64)
    assert percent() == 1.0
    monkeypatch.setattr(cost, "CORES", 1)
    assert percent() == 51.0
    session.stop()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=10_000)


def test_costs_are_on_every_board() -> None:
    assert WATCHING in known()

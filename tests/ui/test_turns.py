"""Who draws while a run goes on, and when: one at a time, the latest first, within a share of the time; hidden ones never."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from playground.ui import turns
from playground.ui.turns import Turns


class Ticking(QObject):
    """A session as far as turns know it."""

    tick = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.run = SimpleNamespace(going=True, crowded=True)


class Drawing(QWidget):
    """Counts its turns, each of which takes so long."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.count, self.seconds = 0, seconds

    def work(self) -> None:
        self.count += 1
        until = time.thread_time() + self.seconds
        while time.thread_time() < until:
            pass


@pytest.fixture
def session() -> Ticking:
    return Ticking()


@pytest.fixture
def made(session: Ticking) -> Turns:
    return Turns(session)  # type: ignore[arg-type]


def shown(qtbot: Any, *widgets: QWidget) -> None:
    for widget in widgets:
        qtbot.addWidget(widget)
        widget.show()


def test_after_a_tick_all_that_are_seen_draw_in_turns(session: Ticking, made: Turns, qtbot: Any) -> None:
    first, second, hidden = Drawing(), Drawing(), Drawing()
    shown(qtbot, first, second)
    qtbot.addWidget(hidden)
    for one in (first, second, hidden):
        made.follow(one, one.work, 0.01)
    session.tick.emit()
    assert (first.count, second.count) == (0, 0)  # the tick itself draws nothing
    qtbot.waitUntil(lambda: first.count == second.count == 1)
    assert hidden.count == 0


def test_at_rest_all_that_are_seen_draw_at_once(session: Ticking, made: Turns, qtbot: Any) -> None:
    one, hidden = Drawing(), Drawing()
    shown(qtbot, one)
    qtbot.addWidget(hidden)
    made.follow(one, one.work, 10.0)
    made.follow(hidden, hidden.work, 10.0)
    session.run.going = False
    session.tick.emit()
    session.tick.emit()
    assert (one.count, hidden.count) == (2, 0)


def test_what_is_spent_stays_within_the_share(session: Ticking, made: Turns, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "CROWDED_SHARE", 0.2)
    one, other = Drawing(0.01), Drawing(0.01)
    shown(qtbot, one, other)
    made.follow(one, one.work, 0.001)
    made.follow(other, other.work, 0.001)
    begun, spent = time.monotonic(), time.thread_time()
    while one.count + other.count < 8:
        session.tick.emit()
        qtbot.waitUntil(lambda before=one.count + other.count: one.count + other.count > before)
    # All 8 turns take 0.08 s, which at a fifth of the time is 0.4 s, less what was saved up, the last turn, paid for afterwards, and the
    # first one of each, which is not charged.
    passed = time.monotonic() - begun
    assert passed > 0.9 * (time.thread_time() - spent - turns.SAVED - 0.03) / 0.2
    assert min(one.count, other.count) >= 2  # not always equal: what a turn is taken to cost holds what came between, too


def test_who_wants_to_draw_seldom_has_fewer_turns(session: Ticking, made: Turns, qtbot: Any) -> None:
    often, seldom = Drawing(), Drawing()
    shown(qtbot, often, seldom)
    made.follow(often, often.work, 0.01)
    made.follow(seldom, seldom.work, 1000.0)
    while often.count < 5:
        session.tick.emit()
        qtbot.waitUntil(lambda before=often.count: often.count > before)
    assert seldom.count <= 1


def test_a_widget_that_is_no_more_has_no_turns(session: Ticking, made: Turns, qtbot: Any) -> None:
    gone, stays = Drawing(), Drawing()
    shown(qtbot, stays)
    made.follow(gone, gone.work, 0.01)
    made.follow(stays, stays.work, 0.01)
    gone.show()
    del gone
    session.tick.emit()
    qtbot.waitUntil(lambda: stays.count == 1)
    assert len(made._followers) == 1


def test_a_window_that_is_away_has_no_turns(session: Ticking, made: Turns, qtbot: Any) -> None:
    away, stays = Drawing(), Drawing()
    shown(qtbot, away, stays)
    away.showMinimized()
    for one in (away, stays):
        made.follow(one, one.work, 0.01)
    session.tick.emit()
    qtbot.waitUntil(lambda: stays.count == 1)
    assert away.count == 0


def test_who_has_nothing_to_draw_takes_nobodys_turn(
    session: Ticking, made: Turns, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "NOTHING", 0.005)
    monkeypatch.setattr(made, "_owed", lambda now: 0.0)
    idle, drawing, later = Drawing(), Drawing(0.01), Drawing(0.01)
    shown(qtbot, idle, drawing, later)
    now = time.monotonic()
    for one, ago in ((idle, 3.0), (drawing, 2.0), (later, 1.0)):
        made.follow(one, one.work, 0.01).last = now - ago
    session.tick.emit()
    made._turn()
    assert (idle.count, drawing.count, later.count) == (1, 1, 0)


def test_a_dear_drawing_has_fewer_turns_by_the_root_of_what_it_costs(made: Turns, qtbot: Any) -> None:
    cheap, dear, new = (made.follow(one, one.work, 0.05) for one in (Drawing(), Drawing(), Drawing()))
    cheap.pay(0.002)
    dear.pay(0.032)
    now = time.monotonic()
    for one in (cheap, dear, new):
        one.last = now - 0.3
    assert cheap.late(now) == pytest.approx(4 * dear.late(now))
    assert new.late(now) > cheap.late(now), "who has not drawn yet comes first"
    dear.pay(10.0)  # somebody opened a menu meanwhile
    assert dear.cost < turns.DEAR
    for _ in range(30):
        dear.pay(0.002)
    assert dear.cost == pytest.approx(cheap.cost, rel=0.05)

"""Who draws while a run goes on, and when: one at a time, the latest first, within a share of the time; hidden ones never."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from playground.ui import turns
from playground.ui.turns import Account, Follower, Turns


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
    monkeypatch.setattr(Account, "wait", lambda *_: 0.0)
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


class Clock:
    """A time that passes only when something happens, and a timer that runs by it: what takes turns is the same however busy the machine is."""

    def __init__(self) -> None:
        self.wall, self.spent, self.due = 1000.0, 0.0, float("inf")

    def monotonic(self) -> float:
        return self.wall

    def thread_time(self) -> float:
        return self.spent

    def isActive(self) -> bool:
        return self.due < float("inf")

    def start(self, milliseconds: int) -> None:
        self.due = self.wall + milliseconds / 1000

    def stop(self) -> None:
        self.due = float("inf")

    def work(self, seconds: float) -> None:
        """The window's thread is busy for so long."""
        self.wall += seconds
        self.spent += seconds


class Simulated:
    """A run of the turns by a clock of their own. Each tick of the session takes the thread so many seconds as well."""

    def __init__(self, session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tick_costs: float = 0.0) -> None:
        self.clock, self.session, self.qtbot, self.tick_costs = Clock(), session, qtbot, tick_costs
        monkeypatch.setattr(turns, "time", self.clock)
        self.turns = Turns(session)  # type: ignore[arg-type]
        monkeypatch.setattr(self.turns, "_timer", self.clock)
        self.drawings: list[Timed] = []

    def follow(self, seconds: float, every: float, within: float = turns.PATIENCE) -> Timed:
        made = Timed(lambda: self.clock.work(seconds), lambda: self.clock.wall)
        shown(self.qtbot, made)
        made.follower = self.turns.follow(made, made.work, every, within)
        self.drawings.append(made)
        return made

    def run(self, seconds: float) -> None:
        """Ticks every 66 ms, and the timer when it is due."""
        end, tick = self.clock.wall + seconds, self.clock.wall
        while min(tick, self.clock.due) < end:
            self.clock.wall = max(self.clock.wall, min(tick, self.clock.due))
            if tick <= self.clock.due:
                tick += 0.066
                self.clock.work(self.tick_costs)
                self.session.tick.emit()
            else:
                self.clock.due = float("inf")
                self.turns._turn()


class Timed(QWidget):
    """Notes when it drew."""

    def __init__(self, work: Callable[[], None], now: Callable[[], float]) -> None:
        super().__init__()
        self._work, self._now = work, now
        self.times: list[float] = []
        self.follower: Follower

    def work(self) -> None:
        self._work()
        self.times.append(self._now())

    @property
    def longest(self) -> float:
        """Seconds between two drawings at most, the first few left out."""
        return max(b - a for a, b in zip(self.times[2:], self.times[3:], strict=False))


def test_what_is_spent_is_the_share_and_no_more(session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it there is what was saved up, the first turn of each, which is not charged, and the last one, paid for afterwards."""
    made = Simulated(session, qtbot, monkeypatch, tick_costs=0.001)
    one, other = made.follow(0.01, 0.001), made.follow(0.01, 0.001)
    made.run(20.0)
    assert 0.9 * turns.CROWDED_SHARE * 20.0 < made.clock.spent <= turns.CROWDED_SHARE * 20.0 + turns.SAVED + 3 * 0.01
    assert abs(len(one.times) - len(other.times)) <= 1


def test_what_is_watched_most_has_its_turns_however_many_others_there_are(
    session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 % of a core: 10 ms for the curve and the canvas together, five times a second, are 5 %."""
    made = Simulated(session, qtbot, monkeypatch)
    curve = made.follow(0.004, 1 / 30, turns.WATCHED)
    canvas = made.follow(0.006, 1 / 24, turns.WATCHED)
    others = [made.follow(0.005, 0.05) for _ in range(11)]
    made.run(30.0)
    assert min(len(curve.times), len(canvas.times)) >= 4 * 30
    assert max(curve.longest, canvas.longest) < 0.35
    assert min(len(one.times) for one in others) >= 30 / turns.PATIENCE - 1
    assert made.clock.spent <= turns.CROWDED_SHARE * 30.0 + turns.SAVED + 0.004 + 0.006 + 11 * 0.005


def test_what_is_watched_most_is_drawn_however_much_arrives(
    session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages that take a third of the thread are five times the share: there is never anything to spend."""
    made = Simulated(session, qtbot, monkeypatch, tick_costs=0.02)
    curve, canvas = made.follow(0.004, 1 / 30, turns.WATCHED), made.follow(0.006, 1 / 24, turns.WATCHED)
    other = made.follow(0.005, 0.05)
    made.run(20.0)
    assert max(curve.longest, canvas.longest) < 1.5 * turns.OVERDUE
    assert len(other.times) >= 20 / turns.PATIENCE - 1
    assert min(len(curve.times), len(canvas.times)) >= 15


def test_nobody_is_forgotten_where_those_that_are_watched_most_want_all_there_is(
    session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawings of 30 ms five times a second are more than the share; it holds, and the others have a turn now and then."""
    made = Simulated(session, qtbot, monkeypatch, tick_costs=0.0005)
    dear = made.follow(0.03, 1 / 30, turns.WATCHED)
    others = [made.follow(0.004, 0.2) for _ in range(5)]
    made.run(60.0)
    assert min(len(one.times) for one in others) >= 60 / (4 * turns.PATIENCE)
    assert len(dear.times) > 60
    assert made.clock.spent <= turns.CROWDED_SHARE * 60.0 + turns.SAVED + 0.03 + 5 * 0.004 + 0.03


def test_where_there_is_time_all_draw_as_often_as_they_would_like(
    session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.run.crowded = False
    made = Simulated(session, qtbot, monkeypatch)
    curve = made.follow(0.004, 1 / 30, turns.WATCHED)
    others = [made.follow(0.004, 0.2) for _ in range(8)]
    made.run(10.0)
    assert len(curve.times) > 100
    assert min(len(one.times) for one in others) >= 30


def test_what_is_hidden_keeps_nothing_from_the_others(session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Simulated(session, qtbot, monkeypatch)
    canvas = made.follow(0.006, 1 / 24, turns.WATCHED)
    made.run(5.0)
    assert made.turns.left == pytest.approx(turns.CROWDED_SHARE - 0.006 / turns.WATCHED)
    canvas.hide()
    assert made.turns.left == turns.CROWDED_SHARE


def test_a_run_begins_without_debts_for_work_at_rest(session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Simulated(session, qtbot, monkeypatch)
    made.follow(0.01, 0.1)
    session.run.going = False
    made.clock.work(3.0)  # somebody looked at large data
    session.tick.emit()
    assert made.turns._all.credit == turns.SAVED
    made.turns._settle(made.clock.wall)
    assert made.turns._all.credit == turns.SAVED


def test_the_first_drawing_is_not_charged_and_later_ones_are(made: Turns, qtbot: Any) -> None:
    widget = Drawing()
    one = made.follow(widget, widget.work, 0.1)
    assert one.pay(0.4) == 0.0
    assert one.cost == turns.DEAR
    assert one.pay(0.01) == 0.01


def test_what_a_person_asks_for_holds_up_nobody(session: Ticking, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A click that takes a third of a second is many times the share of a second; the curve goes on as soon as it is over."""
    made = Simulated(session, qtbot, monkeypatch)
    curve = made.follow(0.004, 1 / 30, turns.WATCHED)
    made.follow(0.004, 0.05)
    made.run(5.0)
    for forgiven in (True, False):
        made.clock.work(0.3)
        if forgiven:
            made.turns._forgive(0.3)
        done = made.clock.wall
        made.run(3.0)
        assert (min(at for at in curve.times if at > done) - done < 0.3) == forgiven, "what nobody asked for is counted"


def test_what_is_forgiven_late_leaves_no_cost_below_nothing(made: Turns, qtbot: Any) -> None:
    widget = Drawing()
    one = made.follow(widget, widget.work, 0.1)
    one.pay(0.004)
    made._drew = one
    made._forgive(10.0)
    made._settle(time.monotonic())
    assert 0.0 < one.cost <= 0.004
    assert made._all.credit == turns.SAVED


def test_turns_look_for_what_a_person_does_only_while_a_run_wants_all_cores(session: Ticking, made: Turns) -> None:
    for going, crowded in ((True, True), (True, False), (True, True), (False, True)):
        session.run.going, session.run.crowded = going, crowded
        session.tick.emit()
        assert made._asked._listens == (going and crowded)

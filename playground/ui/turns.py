"""Who draws while a run goes on: one at a time, in turns of the event loop of their own, and all together within a share of the time."""

from __future__ import annotations

import math
import os
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from playground.ui.session_core import SessionCore

CORES = os.cpu_count() or 1
#: Of a core that the window's thread uses at most while a run goes on, where a core is left for it; and where the run wants all of them,
#: since a step waits for the slower of its threads.
FREE_SHARE, CROWDED_SHARE = 0.5, 0.06
#: Between two turns at least, in seconds, so that what a person does comes between.
APART = 0.004
#: And where there is nothing to spend at the moment: to look every few milliseconds whether there is would be dear itself.
BROKE = 0.012
#: Who wants to draw more often than every so many seconds has no more turns than who wants just that, where there are not enough.
EVEN = 1 / 30
#: Seconds: what a turn counts as at least and at most, when turns are given out by what they take.
CHEAP, DEAR = 0.0005, 0.05
#: Who was done sooner had nothing to draw; the next one follows at once.
NOTHING = 0.0001
#: What may be saved up, and what may be owed: work that a person asked for holds up live drawing no longer than a moment.
SAVED, OWED_SECONDS = 0.01, 1.0


class Follower:
    """Somebody who draws live. every: seconds from one drawing to the next, where time allows; last: when it drew.

    cost: seconds of the thread that a turn takes, with the painting that it causes; a running mean.
    """

    def __init__(self, widget: QWidget, draw: Callable[[], object], every: float) -> None:
        self._widget, self._draw = weakref.ref(widget), weakref.WeakMethod(draw)
        self.every, self.last, self.cost, self.wants = every, 0.0, 0.0, False

    @property
    def there(self) -> bool:
        """Whether the widget still exists."""
        widget = self._widget()
        return widget is not None and shiboken6.isValid(widget) and self._draw() is not None

    @property
    def seen(self) -> bool:
        """Whether anything of it is on the screen."""
        widget = self._widget()
        return widget is not None and widget.isVisible() and not widget.window().isMinimized()

    @property
    def due(self) -> float:
        """When it may draw again."""
        return self.last + self.every

    def late(self, now: float) -> float:
        """How long ago it drew, against how long it may take; where time is short nobody is far ahead of the others.

        Turns that cost c and come every T seconds take a share c / T. Of all ways to give out a share, that with T in proportion to
        the root of c has the least sum of all T, so a dear drawing has fewer turns than a cheap one, but not as much fewer as it is dearer.
        """
        return (now - self.last) / (max(self.every, EVEN) * math.sqrt(max(self.cost, CHEAP)))

    def pay(self, seconds: float) -> None:
        """Take in what its last turn took; work that a person asked for meanwhile may be in it, so one turn changes little."""
        seconds = min(seconds, DEAR)
        self.cost += (seconds - self.cost) * (0.25 if self.cost else 1.0)

    def act(self, now: float) -> None:
        """Have it draw."""
        self.wants, self.last = False, now
        draw = self._draw()
        if draw is not None:
            draw()


class Turns(QObject):
    """Gives every follower its turn after a tick of the session, the one that is latest first.

    What is spent is the time of the window's thread, whatever it was used for: the painting that follows a turn, messages of the worker,
    what a person does. Hidden widgets have no turns. Once a run is at rest, all that are seen draw at once.
    """

    def __init__(self, session: SessionCore) -> None:
        super().__init__(session)
        self._session = session
        self._followers: list[Follower] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)
        self._credit, self._wall, self._spent = SAVED, time.monotonic(), time.thread_time()
        self._owing = False
        self._drew: Follower | None = None
        session.tick.connect(self._ticked)

    def follow(self, widget: QWidget, draw: Callable[[], object], every: float) -> Follower:
        """Call a method of a widget, or of something that lives as long, while a run goes on: every so many seconds at best."""
        made = Follower(widget, draw, every)
        self._followers.append(made)
        return made

    @property
    def share(self) -> float:
        """Of a core, that may be used now."""
        return CROWDED_SHARE if self._session.run.crowded else FREE_SHARE

    def _ticked(self) -> None:
        if not self._session.run.going:
            self._timer.stop()
            self._drew = None  # what comes now is no part of its turn
            now = time.monotonic()
            for one in list(self._followers):
                if one.there and one.seen:
                    one.act(now)
            self._credit, self._wall, self._spent = (
                SAVED,
                time.monotonic(),
                time.thread_time(),
            )  # nothing is owed for work at rest
            return
        for one in self._followers:
            one.wants = True
        if not (self._timer.isActive() and self._owing):  # else it may wait for one that is due much later
            self._timer.start(0)

    def _turn(self) -> None:
        now = time.monotonic()
        wait = self._owed(now)
        self._owing = wait > 0
        if self._owing:
            wait = max(wait, BROKE)
        else:
            waiting = [one for one in self._followers if one.wants]
            if not waiting:
                return  # until the next tick
            due = [one for one in waiting if one.due <= now]
            if any(self._served(one, now) for one in sorted(due, key=lambda one: -one.late(now))):
                wait = self._expected()
                self._owing = wait > 0
            else:
                wait = min(one.due for one in waiting) - now
        self._timer.start(math.ceil(1e3 * max(wait, APART)))

    def _served(self, one: Follower, now: float) -> bool:
        """Its turn, if anything of it can be seen; whether it drew."""
        one.wants = False
        if not one.there:
            self._followers.remove(one)
        elif one.seen:
            begun = time.thread_time()
            one.act(now)
            took = time.thread_time() - begun
            if took >= NOTHING:
                self._drew = one
                return True
            one.pay(took)
        return False

    def _owed(self, now: float) -> float:
        """Seconds until there is time to spend again."""
        spent, share = time.thread_time(), self.share
        if self._drew is not None:
            first = not self._drew.cost
            self._drew.pay(spent - self._spent)
            self._drew = None
            if first:  # what a person waits for, and it comes once: not charged
                self._spent = spent
        self._credit += share * (now - self._wall) - (spent - self._spent)
        self._credit = min(max(self._credit, -OWED_SECONDS * share), SAVED)
        self._wall, self._spent = now, spent
        return max(0.0, -self._credit / share)

    def _expected(self) -> float:
        """Seconds until there will be time to spend, once what has just been drawn is painted: to look earlier would be in vain."""
        assert self._drew is not None
        return max(0.0, (self._drew.cost - self._credit) / self.share) if self._drew.cost else 0.0

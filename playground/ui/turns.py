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

from playground.ui.asked import Asked

if TYPE_CHECKING:
    from playground.ui.session_core import SessionCore

CORES = os.cpu_count() or 1
#: Of a core that the window's thread uses at most while a run goes on, where a core is left for it; and where the run wants all of them,
#: since a step waits for the slower of its threads.
FREE_SHARE, CROWDED_SHARE = 0.5, 0.06
#: Between two turns at least, in seconds, so that what a person does comes between.
APART = 0.004
#: So long after a turn what it caused is painted, and what it took is known.
PAINTED = 0.02
#: And where there is nothing to spend at the moment: to look every few milliseconds whether there is would be dear itself.
BROKE = 0.012
#: Who wants to draw more often than every so many seconds has no more turns than who wants just that, where there are not enough.
EVEN = 1 / 30
#: Seconds after which even the last one has a turn before all others.
PATIENCE = 5.0
#: Seconds from one drawing to the next at most, for what a person watches most: the curve and the canvas.
WATCHED = 0.2
#: Seconds: what a turn counts as at least and at most, when turns are given out by what they take.
CHEAP, DEAR = 0.0005, 0.05
#: Who was done sooner had nothing to draw; the next one follows at once.
NOTHING = 0.0001
#: What may be saved up, and for how long what is owed may hold up.
SAVED, OWED_SECONDS = 0.01, 1.0
#: Seconds after which what a person watches most is drawn whatever is owed, as are the others once they have run out of patience:
#: messages of the worker alone can take more than the share.
OVERDUE = 1.0
#: Of the share that is left for the others at least, however much those want that are watched most.
LEFT = 0.1


class Follower:
    """Somebody who draws live. every: seconds from one drawing to the next, where time allows; last: when it drew.

    within: seconds after which it has a turn before all others.  watched: the time for that is kept free from the others.
    cost: seconds of the thread that a turn takes, with the painting that it causes; a running mean, 0 before the first.
    """

    def __init__(self, widget: QWidget, draw: Callable[[], object], every: float, within: float = PATIENCE) -> None:
        self._widget, self._draw = weakref.ref(widget), weakref.WeakMethod(draw)
        self.every, self.within, self.watched = every, within, within < PATIENCE
        self.last, self.cost, self.wants = 0.0, 0.0, False

    @property
    def there(self) -> bool:
        """Whether the widget still exists."""
        widget = self._widget()
        return widget is not None and shiboken6.isValid(widget) and self._draw() is not None

    @property
    def seen(self) -> bool:
        """Whether anything of it is on the screen."""
        widget = self._widget()
        return widget is not None and shiboken6.isValid(widget) and widget.isVisible() and not widget.window().isMinimized()

    @property
    def due(self) -> float:
        """When it may draw again."""
        return self.last + self.every

    def presses(self, now: float) -> bool:
        """Whether it has waited as long as it may."""
        return now - self.last >= self.within

    def rank(self, now: float) -> tuple[float, float]:
        """Whose turn it is: the greatest. Those that press come first, and of these whoever is over its time the most."""
        return ((now - self.last) / self.within if self.presses(now) else 0.0), self.late(now)

    def late(self, now: float) -> float:
        """How long ago it drew, against how long it may take; where time is short nobody is far ahead of the others.

        Turns that cost c and come every T seconds take a share c / T. Of all ways to give out a share, that with T in proportion to
        the root of c has the least sum of all T, so a dear drawing has fewer turns than a cheap one, but not as much fewer as it is dearer.
        """
        return (now - self.last) / (max(self.every, EVEN) * math.sqrt(max(self.cost, CHEAP)))

    def pay(self, seconds: float) -> float:
        """Take in what its last turn took; gives what of it counts. The first one does not: a person waits for it, and it comes once.

        Messages of the worker may be in it, so one turn changes the mean little.
        """
        first, counted = not self.cost, min(seconds, DEAR)
        self.cost += (counted - self.cost) * (1.0 if first else 0.25)
        return 0.0 if first else seconds

    def act(self, now: float) -> None:
        """Have it draw."""
        self.wants, self.last = False, now
        draw = self._draw()
        if draw is not None:
            draw()


class Account:
    """Seconds of the thread that may be spent, which come in at a rate; below zero those that are owed."""

    def __init__(self) -> None:
        self.credit = SAVED

    def settle(self, passed: float, rate: float, spent: float) -> None:
        """Take in what came in so many seconds, and what was spent meanwhile."""
        self.credit = min(max(self.credit + rate * passed - spent, -OWED_SECONDS * rate), SAVED)

    def wait(self, rate: float, wanted: float = 0.0) -> float:
        """Seconds until so much can be spent."""
        return max(0.0, (wanted - self.credit) / rate)


class Turns(QObject):
    """Gives every follower its turn after a tick of the session, the one that is latest first.

    What is spent is the time of the window's thread: turns, the painting that follows them, messages of the worker. What a person does
    is not counted: curves that stand still after a click help nobody. What those that are watched most need for their turns is kept free:
    the others spend what is left of the share. Hidden widgets have no turns. Once a run is at rest, all that are seen draw at once.
    """

    def __init__(self, session: SessionCore) -> None:
        super().__init__(session)
        self._session = session
        self._followers: list[Follower] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)
        self._asked = Asked(self, self._forgive)
        self._begin()
        session.tick.connect(self._ticked)

    def follow(self, widget: QWidget, draw: Callable[[], object], every: float, within: float = PATIENCE) -> Follower:
        """Call a method of a widget, or of something that lives as long, while a run goes on: every so many seconds at best.

        within: seconds from one turn to the next at most, as far as the share allows; less than PATIENCE for what is watched most.
        """
        made = Follower(widget, draw, every, within)
        self._followers.append(made)
        return made

    @property
    def share(self) -> float:
        """Of a core, that may be used now."""
        return CROWDED_SHARE if self._session.run.crowded else FREE_SHARE

    @property
    def left(self) -> float:
        """Of a core, that the others may use: what those that are watched most leave of the share."""
        share = self.share
        kept = sum(one.cost / one.within for one in self._followers if one.watched and one.seen)
        return max(share - kept, LEFT * share)

    def _begin(self) -> None:
        """Nothing is owed for what was done until now."""
        self._all, self._others = Account(), Account()
        self._wall, self._spent = time.monotonic(), time.thread_time()
        self._drew: Follower | None = None
        self._owing = False

    def _forgive(self, seconds: float) -> None:
        """Count what a person asked for to nobody."""
        self._spent += seconds

    def _ticked(self) -> None:
        going = self._session.run.going
        self._asked.listen(going and self._session.run.crowded)  # elsewhere the share is large, and what is owed soon paid
        if not going:
            self._timer.stop()
            now = time.monotonic()
            for one in list(self._followers):
                if one.there and one.seen:
                    one.act(now)
            self._begin()
            return
        for one in self._followers:
            one.wants = True
        if not (self._timer.isActive() and self._owing):  # else it may wait for one that is due much later
            self._timer.start(0)

    def _turn(self) -> None:
        now = time.monotonic()
        self._settle(now)
        wait = self._all.wait(self.share)
        self._owing = wait > 0
        if self._owing and self._served_overdue(now):
            wait = PAINTED
        elif self._owing:
            wait = max(wait, BROKE)
        else:
            waiting = [one for one in self._followers if one.wants]
            if not waiting:
                return  # until the next tick
            held_up = self._others.wait(self.left)
            may = [one for one in waiting if one.due <= now and (one.watched or not held_up or one.presses(now))]
            if any(self._served(one, now) for one in sorted(may, key=lambda one: one.rank(now), reverse=True)):
                wait = min(self._expected(), PAINTED)
                self._owing = wait > 0
            else:
                wait = min(max(one.due - now, 0.0 if one.watched else held_up) for one in waiting)
        self._timer.start(math.ceil(1e3 * max(wait, APART)))

    def _served_overdue(self, now: float) -> bool:
        """A turn for whoever has waited longest beyond all patience; whether one drew."""
        overdue = [one for one in self._followers if one.wants and now - one.last >= max(one.within, OVERDUE)]
        return any(self._served(one, now) for one in sorted(overdue, key=lambda one: one.last))

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

    def _settle(self, now: float) -> None:
        """Take in what came in and what was spent since the last time, and whose turn it was that it was spent on."""
        spent, (drew, self._drew) = time.thread_time(), (self._drew, None)
        took, passed = spent - self._spent, now - self._wall
        self._wall, self._spent = now, spent
        if drew is not None:
            took = drew.pay(max(took, 0.0))  # what is forgiven late may be more than was spent since
        self._all.settle(passed, self.share, took)
        self._others.settle(passed, self.left, 0.0 if drew is not None and drew.watched else took)

    def _expected(self) -> float:
        """Seconds until there will be time to spend, once what has just been drawn is painted: to look earlier would be in vain."""
        assert self._drew is not None
        return self._all.wait(self.share, self._drew.cost) if self._drew.cost else 0.0

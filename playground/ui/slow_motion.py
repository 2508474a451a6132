"""Slow motion inside a training step: one phase when it is asked for, or so many a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from playground.training.messages import Fault, Paused, Reset, Running, Started
from playground.training.messages.slow import PhaseDone

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Phases a second.
SPEEDS = (1, 2, 4, 8, 16)


class SlowMotion(QObject):
    """One for each session. changed: another phase is done, or slow motion began or ended. now: the newest phase, None outside a step.

    on: whether phases follow one another by themselves, `speed` of them a second.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.now: PhaseDone | None = None
        self.speed = SPEEDS[0]
        self._step_when_paused = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.step)
        session.heard.connect(self._hear)
        session.run_changed.connect(self._follow)
        session.closing.connect(self._timer.stop)

    @property
    def on(self) -> bool:
        return self._timer.isActive()

    def step(self) -> None:
        """Do the next phase; a run that goes on is paused first."""
        session = self.session
        if session.run.going:
            self._step_when_paused = True
            session.pause()
        elif session.run.state == "paused" or (session.run.state in ("idle", "finished", "failed") and session.ready):
            session.step_phase()
        else:
            self.stop()

    def start(self) -> None:
        """Phase after phase from now on."""
        self._timer.start(round(1000 / self.speed))
        self.step()
        self.changed.emit()

    def stop(self) -> None:
        """No more phases by themselves; the step stays where it is."""
        self._timer.stop()
        self.changed.emit()

    def set_speed(self, phases_a_second: int) -> None:
        """How many phases a second."""
        self.speed = phases_a_second
        if self.on:
            self._timer.start(round(1000 / phases_a_second))
        self.changed.emit()

    def _hear(self, event: object) -> None:
        if isinstance(event, PhaseDone):
            self.now = event
        elif isinstance(event, Started | Reset | Running | Fault):
            self.now = None
            if isinstance(event, Running | Fault | Reset):
                self._timer.stop()
        elif isinstance(event, Paused):
            if self._step_when_paused:
                self._step_when_paused = False
                self.session.step_phase()
            return
        else:
            return
        self.changed.emit()

    def _follow(self) -> None:
        """A run that is no more has no phases."""
        if self.session.run.state in ("idle", "dead", "finished", "failed") and (self.on or self.now is not None):
            self._timer.stop()
            self.now = None
            self.changed.emit()


def slow_motion_of(session: Session) -> SlowMotion:
    """The session's slow motion, made on first use."""
    return session.findChild(SlowMotion) or SlowMotion(session)

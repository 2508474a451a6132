"""The kept run that was brought back and that no run of its own has followed yet: plots and journal show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from playground.training.runs import Kept
from playground.ui.plots.plot import NO_RUN
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session


class Restored(QObject):
    """run: None where there is none, and as soon as a run begins.  changed: there is another."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.run: Kept | None = None
        session.run_changed.connect(self._run_changed)
        session.replaced.connect(lambda: self.show(None))

    def show(self, run: Kept | None) -> None:
        """Its weights are those of the session now."""
        if run is not self.run:
            self.run = run
            self.changed.emit()

    def _run_changed(self) -> None:
        if self.session.run.state != "idle":
            self.show(None)

    def nothing(self) -> str:
        """What a plot says that has nothing to draw while no run is there."""
        if self.run is None:
            return say(NO_RUN)
        return say("Not kept of run {number}. Press Train.", number=self.run.number)


def restored_of(session: Session) -> Restored:
    """The session's, made on first use."""
    return session.findChild(Restored) or Restored(session)

"""The kept run that was brought back and that no run of its own has followed yet: plots and journal show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.errors import FileError
from playground.training import kept_points
from playground.training.areas.steps import STEP_ROW
from playground.training.history import Growing, history_of
from playground.training.runs import Kept
from playground.ui.plots.plot import NO_RUN
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

NO_ROWS = np.empty(0, STEP_ROW)


class Restored(QObject):
    """run: None where there is none, and as soon as a run begins.  history: its steps as they were kept, none for a run from before they
    were.  changed: there is another.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.run: Kept | None = None
        self.history = history_of(Growing(NO_ROWS, "step"))
        session.run_changed.connect(self._run_changed)
        session.replaced.connect(lambda: self.show(None))

    def show(self, run: Kept | None) -> None:
        """Its weights are those of the session now."""
        if run is not self.run:
            self.run = run
            self.history = history_of(self._rows(run))
            self.changed.emit()

    def _rows(self, run: Kept | None) -> Growing:
        """What was kept of its steps; a file that is damaged is told of."""
        found = Growing(NO_ROWS, "step")
        try:
            found.add(NO_ROWS if run is None else kept_points.read(run.folder))
        except FileError as error:
            self.session.message.emit(str(error), "warning")
            self.session.offered.emit((sentence("Train"), self.session.train))
        return found

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

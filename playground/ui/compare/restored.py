"""The kept run that was brought back and that no run of its own has followed yet: plots and journal show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.errors import FileError
from playground.training import kept_layers, kept_points
from playground.training.areas.steps import STEP_ROW
from playground.training.client_results import Results
from playground.training.history import Growing, History, history_of
from playground.training.kept_layers import Looks
from playground.training.runs import Kept
from playground.ui.plots.curves import reach
from playground.ui.plots.plot import NO_RUN
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

NO_ROWS = np.empty(0, STEP_ROW)
NOT_LOOKED = sentence("The layers have not been looked at yet.")
NEVER_LOOKED = sentence("The layers were not looked at in this run. Press Train.")
F = TypeVar("F")


class Restored(QObject):
    """run: None where there is none, and as soon as a run begins.  history, looks: its steps, and what was seen of its layers, as they
    were kept; nothing for a run from before they were.  changed: there is another.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.run: Kept | None = None
        self.history, self.looks = history_of(Growing(NO_ROWS, "step")), Looks(kept_layers.none())
        session.run_changed.connect(self._run_changed)
        session.replaced.connect(lambda: self.show(None))

    def show(self, run: Kept | None) -> None:
        """Its weights are those of the session now."""
        if run is not self.run:
            self.run = run
            found = Growing(NO_ROWS, "step")
            found.add(NO_ROWS if run is None else self._sound(lambda: kept_points.read(run.folder), NO_ROWS))
            self.history = history_of(found)
            none = kept_layers.none()
            read = none if run is None else self._sound(lambda: kept_layers.read(run.folder), none)
            self.looks = Looks(read, None if run is None else run.ended)
            self.changed.emit()

    def _sound(self, read: Callable[[], F], none: F) -> F:
        """What a file holds; where it is damaged that is told, and there is nothing."""
        try:
            return read()
        except FileError as error:
            self.session.message.emit(str(error), "warning")
            self.session.offered.emit((sentence("Train"), self.session.train))
            return none

    @property
    def shown_history(self) -> History:
        """The steps of the run that the plots show."""
        return self.session.client.history() if self.run is None else self.history

    @property
    def shown_looks(self) -> Results | Looks:
        """What is known of the layers of the run that the plots show."""
        return self.session.client if self.run is None else self.looks

    @property
    def reach(self) -> float:
        """How far the plots' axis of steps goes, 0 where nothing is known."""
        started = self.session.client.started
        if self.run is not None:
            return float(self.run.steps)
        return reach(self.shown_history.steps, started.total_steps) if started else 0.0

    def _run_changed(self) -> None:
        if self.session.run.state != "idle":
            self.show(None)

    def nothing(self, yet: str = NOT_LOOKED, never: str = NEVER_LOOKED) -> str:
        """What a plot says that has nothing to draw, and what to press.

        yet, never: of a run that has done steps, while it may go on and once it has ended.
        """
        client = self.session.client
        if self.run is not None:
            return say("Not kept of run {number}. Press Train.", number=self.run.number)
        if client.state == "idle":
            return say(NO_RUN)
        if client.step:
            return say(never if client.state in ("finished", "failed") and not client.at_fault else yet)
        if client.state == "paused":
            return say("Paused before the first step. Press Resume.")
        if client.state in ("starting", "running"):
            return say("Compiling or starting the run.")
        return say("The run ended before its first step was done.")


def restored_of(session: Session) -> Restored:
    """The session's, made on first use."""
    return session.findChild(Restored) or Restored(session)

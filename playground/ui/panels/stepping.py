"""What panels of plots over the steps of the run have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.training.messages import Started
from playground.ui.compare.restored import restored_of
from playground.ui.panels.journal_entries import journal_of
from playground.ui.plots.cursor import share_cursor
from playground.ui.plots.marks import Mark
from playground.ui.plots.pointing import Pointing
from playground.ui.steering.picking import let_pick
from playground.ui.steering.travel import travels_of

if TYPE_CHECKING:
    from playground.ui.session import Session


class StepPanel(QWidget):
    """A column of plots that follow the run while they are visible, mark what the journal knows and share the window's cursor.

    Subclasses fill `column`, call `follow` at the end, and override `feed`.  watches: what the worker measures in networks of any size
    while the panel is visible, as `Client.watch_layers` takes it.  every: seconds between two drawings at best.
    """

    watches = ""
    every = 0.1

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.journal, self.restored = session, journal_of(session), restored_of(session)
        self.travels = travels_of(session)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)

    def follow(self, *plots: Pointing) -> None:
        """Feed the plots from now on."""
        self.share(*plots)
        self.session.turns.follow(self, self.feed, self.every)
        self.journal.changed.connect(self.feed)
        self.session.run_changed.connect(self._run_changed)
        self.restored.changed.connect(self.feed)
        self.travels.changed.connect(self.feed)
        if self.watches:
            self.session.heard.connect(self._heard)
        self.feed()

    def share(self, *plots: Pointing) -> None:
        """Plots that show the window's cursor, and on which steps of the run are picked."""
        share_cursor(self.session, *plots)
        let_pick(self.travels, *plots)

    def marks(self) -> list[Mark]:
        """What the plots mark: changes that the journal knows, forks, the picked step."""
        return [*self.journal.marks(), *self.travels.marks()]

    def feed(self) -> None:
        """Draw what is there now, if anyone can see it."""
        raise NotImplementedError

    def _run_changed(self) -> None:
        if not self.session.run.going:  # else the next tick draws
            self.feed()

    def _heard(self, event: object) -> None:
        """A run begins without being looked into."""
        if isinstance(event, Started) and self.isVisible():
            self.session.client.watch_layers(self.watches, True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.watches:
            self.session.client.watch_layers(self.watches, True)
        self.feed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.watches:
            self.session.client.watch_layers(self.watches, False)

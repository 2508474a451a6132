"""The journal as a dock of its own, beside the problems in the Build layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from playground.ui.panel import Panel, register_panel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.panels.knob_rows import JournalList

if TYPE_CHECKING:
    from playground.ui.session import Session


class JournalPanel(QScrollArea):
    """Every entry of the present run, newest first."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.journal, self.list = journal_of(session), JournalList()
        self.setWidget(self.list)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.journal.changed.connect(self.refresh)
        self.list.chosen.connect(self.journal.take_back)
        self.refresh()

    def refresh(self) -> None:
        self.list.show_entries(self.journal.rows())


register_panel(
    Panel(id="journal", title="Journal", icon="clock", places={"build": "bottom"}, factory=JournalPanel, order=40, height=150)
)

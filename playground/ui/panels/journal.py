"""The journal as a dock of its own, beside the problems in the Build layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from playground.ui.action_button import LinkSection
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.panels.knob_rows import JournalList
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session


class JournalPanel(QWidget):
    """Every entry of the present run, newest first; over them what can be made of the journal."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.journal, self.list = journal_of(session), JournalList()
        area = QScrollArea()
        area.setWidget(self.list)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.head = LinkSection(say("Newest first"), "journal")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(area, 1)
        self.journal.changed.connect(self.refresh)
        self.list.chosen.connect(self.journal.take_back)
        self.refresh()

    def refresh(self) -> None:
        self.list.show_entries(self.journal.rows())


register_panel(
    Panel(id="journal", title="Journal", icon="clock", places={"build": "bottom"}, factory=JournalPanel, order=40, height=150)
)

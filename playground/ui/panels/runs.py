"""All runs of the project that are kept, in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QStackedLayout, QVBoxLayout, QWidget

from playground.ui.compare.choice import choice_of
from playground.ui.compare.table import RunsTable
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.text import Label
from playground.ui.panel import Panel, register_panel
from playground.words import counted, say

if TYPE_CHECKING:
    from playground.ui.session import Session


class RunsPanel(QWidget):
    """Filter, table and what can be done with the selected runs."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice_of(session)
        self.table = RunsTable(self.choice)
        self.filter = LineField(icon="filter", hint=say("Filter, e.g. rate < 0.02"))
        self.filter.setAccessibleName(say("Filter runs"))
        self.filter.setFixedWidth(230)
        self.count = Label("", 11, "text2")
        self.star = Button(say("Star"), "secondary", "star", small=True)
        self.restore, self.remove = (
            Button(say("Restore"), "secondary", "rewind", small=True),
            Button(say("Delete"), "quiet", small=True),
        )
        self.star.setToolTip(say("Runs with a star are kept when older ones make room"))
        self.restore.setToolTip(say("Network, plans and weights of the run in place of the present ones; can be undone"))
        none = Empty(
            "curve", say("No runs yet"), say("Every training is kept here with its settings, curve and weights. Press Train.")
        )
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 6)
        top.setSpacing(8)
        top.addWidget(self.filter)
        top.addWidget(self.count, 1)
        for button in (self.star, self.restore, self.remove):
            top.addWidget(button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(none)
        self.pages.addWidget(body)
        self.filter.textChanged.connect(self.table.runs.filter)
        self.choice.changed.connect(self.refresh)
        self.choice.chosen.connect(self.refresh)
        self.table.runs.modelReset.connect(self.refresh)
        self.star.clicked.connect(self._star)
        self.restore.clicked.connect(self._restore)
        self.remove.clicked.connect(self._delete)
        self.refresh()

    def refresh(self) -> None:
        """Counts, and what is possible."""
        runs, chosen = self.choice.runs, self.table.chosen()
        self.pages.setCurrentIndex(bool(runs))
        shown = len(self.table.runs.rows)
        text = counted(len(runs), "{n} run", "{n} runs")
        if shown != len(runs):
            text = say("{shown} of {runs}", shown=shown, runs=text)
        self.count.show_text(say("{runs}, {drawn} drawn", runs=text, drawn=len(self.choice.drawn)))
        self.restore.setEnabled(len(chosen) == 1)
        self.star.setEnabled(bool(chosen))
        self.remove.setEnabled(bool(chosen))

    def _star(self) -> None:
        chosen = self.table.chosen()
        on = not all(run.star for run in chosen)
        for run in chosen:
            self.choice.say_of(run, star=on)

    def _restore(self) -> None:
        (run,) = self.table.chosen()
        self.choice.restore(run)

    def _delete(self) -> None:
        """Asks first: this cannot be undone."""
        chosen = self.table.chosen()
        text = counted(
            len(chosen), "Delete {n} run with its weights and curve?", "Delete {n} runs with their weights and curves?"
        )
        asked = QMessageBox.question(self, say("Delete runs"), text + " " + say("This cannot be undone."))
        if asked == QMessageBox.StandardButton.Yes:
            self.choice.delete(chosen)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.choice.watched += 1
        self.choice.refresh()

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self.choice.watched = max(0, self.choice.watched - 1)


register_panel(
    Panel(id="runs", title="Runs", icon="table", places={"compare": "centre"}, factory=RunsPanel, order=10, least=(420, 160))
)

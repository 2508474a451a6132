"""All runs of the project that are kept, in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedLayout, QVBoxLayout, QWidget

from playground.training.runs import Kept
from playground.ui.actions import action_set_of
from playground.ui.compare.choice import choice_of
from playground.ui.compare.columns_menu import ColumnsMenu
from playground.ui.compare.table import RunsTable
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.text import Label
from playground.ui.panel import Panel, register_panel
from playground.ui.replacing import may_delete
from playground.words import counted, say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session


class NothingFits(QWidget):
    """Instead of the table where a filter or a brush leaves no run: why, and the way back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.says = Empty("filter", say("No run fits"), "", top=64)
        self.back = Button(say("Show all runs"), "secondary", small=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.says)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)


class RunsPanel(QWidget):
    """Filter, table and what can be done with the selected runs."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice_of(session)
        self.table = RunsTable(self.choice)
        self.filter = LineField(icon="filter", hint=say("Filter, e.g. rate < 0.02"))
        self.filter.setAccessibleName(say("Filter runs"))
        self.filter.setMinimumWidth(90)
        self.filter.setMaximumWidth(230)
        self.columns, self.menu = Button(say("Columns"), "secondary", "table", small=True), ColumnsMenu(self.table.runs)
        self.columns.setToolTip(
            say("Which columns the table has, what it is sorted by, and whether seeds of a setting are one row")
        )
        self.count = Label("", 11, "text2")
        self.star = Button(say("Star"), "secondary", "star", small=True)
        self.restore, self.remove = (
            Button(say("Restore"), "secondary", "rewind", small=True),
            Button(say("Delete"), "quiet", small=True),
        )
        self.star.setToolTip(say("Runs with a star are kept when older ones make room"))
        self.restore.setToolTip(say("Network, plans and weights of the run in place of the present ones; can be undone"))
        self.nothing = NothingFits()
        self._assemble()
        self.filter.textChanged.connect(self.table.runs.filter)
        self.filter.returnPressed.connect(self._into_table)
        self.columns.clicked.connect(lambda: self.menu.popup(self.columns.mapToGlobal(QPoint(0, self.columns.height() + 2))))
        self.nothing.back.clicked.connect(self._show_all)
        self.choice.changed.connect(self.refresh)
        self.choice.chosen.connect(self.refresh)
        self.table.runs.modelReset.connect(self.refresh)
        self.table.selectionModel().selectionChanged.connect(self.refresh)
        self.table.delete_asked.connect(self._delete)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(lambda at: self._ask_menu(self.table.viewport().mapToGlobal(at)))
        self.star.clicked.connect(self._star)
        self.restore.clicked.connect(self._restore)
        self.remove.clicked.connect(self._delete)
        self.refresh()

    def _assemble(self) -> None:
        none = Empty(
            "curve", say("No runs yet"), say("Every training is kept here with its settings, curve and weights. Press Train.")
        )
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 6)
        top.setSpacing(8)
        top.addWidget(self.filter, 100)
        top.addWidget(self.columns)
        top.addWidget(self.count, 1)
        for button in (self.star, self.restore, self.remove):
            top.addWidget(button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        self.sheets = QStackedLayout()
        column.addLayout(self.sheets, 1)
        self.sheets.addWidget(self.table)  # only now: a stack without a parent shows its first sheet as a window of its own
        self.sheets.addWidget(self.nothing)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(none)
        self.pages.addWidget(body)

    def refresh(self) -> None:
        """Counts, and what is possible."""
        runs, chosen = self.choice.runs, self._chosen()
        self.pages.setCurrentIndex(bool(runs))
        lines = self.table.runs.lines
        shown = len({run.folder for line in lines for run in line.runs})
        text = counted(len(runs), "{n} run", "{n} runs")
        if shown != len(runs):
            text = say("{shown} of {runs}", shown=shown, runs=text)
        self.count.show_text(say("{runs}, {drawn} drawn", runs=text, drawn=len(self.choice.drawn)))
        self.sheets.setCurrentIndex(bool(runs) and not lines)
        if runs and not lines:
            self._say_why()
        self.restore.setEnabled(len(self.table.chosen()) == 1)
        self.star.setEnabled(bool(chosen))
        self.remove.setEnabled(bool(chosen))

    def _say_why(self) -> None:
        model = self.table.runs
        unknown = model.unknown()
        if unknown:
            names = strung(say(column.title) for column in model.all)
            text = say("No column is called {name}. There are: {names}.", name=unknown[0][:40], names=names)
        elif model.wanted.strip():
            text = say("Use words that stand in a row, or comparisons such as rate < 0.02, with commas between.")
        else:
            text = say("The brushes of the parallel settings leave none.")
        self.nothing.says.show_text(say("No run fits"), text)

    def _show_all(self) -> None:
        """Neither filter nor brushes."""
        self.filter.clear()
        self.choice.released.emit()
        self.table.setFocus()

    def _into_table(self) -> None:
        """From the filter to the runs that it leaves."""
        if self.table.runs.lines:
            self.table.setFocus()
            if not self.table.currentIndex().isValid():
                self.table.selectRow(0)

    def _chosen(self) -> list[Kept]:
        """Every selected run, those of a group included."""
        return list({run.folder: run for line in self.table.chosen_lines() for run in line.runs}.values())

    def menu_of_chosen(self) -> QMenu:
        """What can be done with the chosen runs."""
        menu, actions = QMenu(self), action_set_of(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(say("Runs"))
        for button, do in ((self.restore, self._restore), (self.star, self._star)):
            menu.addAction(button.text(), do).setEnabled(button.isEnabled())
        if actions is not None:
            menu.addAction(actions["export_run_script"])
        menu.addSeparator()
        menu.addAction(self.remove.text(), self._delete).setEnabled(self.remove.isEnabled())
        return menu

    def _ask_menu(self, at: QPoint) -> None:
        if self.table.chosen_lines():
            self.menu_of_chosen().popup(at)

    def _star(self) -> None:
        chosen = self._chosen()
        on = not all(run.star for run in chosen)
        for run in chosen:
            self.choice.say_of(run, star=on)

    def _restore(self) -> None:
        (run,) = self.table.chosen()
        self.choice.restore(run)

    def _delete(self) -> None:
        """Asks first: this cannot be undone."""
        chosen = self._chosen()
        title = counted(
            len(chosen), "Delete {n} run with its weights and curve?", "Delete {n} runs with their weights and curves?"
        )
        if may_delete(self, title, say("This cannot be undone.")):
            self.choice.delete(chosen)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.choice.watched += 1
        self.choice.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.choice.watched = max(0, self.choice.watched - 1)


register_panel(
    Panel(id="runs", title="Runs", icon="table", places={"compare": "centre"}, factory=RunsPanel, order=10, least=(420, 160))
)

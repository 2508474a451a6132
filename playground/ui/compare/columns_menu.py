"""What the table of runs shows: a row a setting or a row a run, which columns, and what it is sorted by. All of it by keys too."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from playground.ui.compare.table import RunsModel
from playground.words import say


class ColumnsMenu(QMenu):
    """Made anew every time it opens, since other runs have other columns."""

    def __init__(self, model: RunsModel) -> None:
        super().__init__()
        self.model = model
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """What can be chosen now."""
        self.clear()
        whole = self._check(say("One row for all seeds of a setting"), self.model.by_setting)
        whole.triggered.connect(self.model.group_by_setting)
        sorting = self.addMenu(say("Sort by"))
        for column in self.model.all:
            made = QAction(say(column.title), sorting, checkable=True, checked=column.key == self.model.by[0])
            made.triggered.connect(lambda _=False, key=column.key: self.model.turn_by(key))
            sorting.addAction(made)
        self.addSeparator()
        for column in self.model.all[1:]:
            made = self._check(say(column.title), self.model.shows(column))
            made.triggered.connect(lambda on, column=column: self.model.show_column(column, on))

    def _check(self, text: str, on: bool) -> QAction:
        made = QAction(text, self, checkable=True, checked=on)
        self.addAction(made)
        return made

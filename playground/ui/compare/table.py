"""The table of runs: a row a setting with its seeds under it, sorted by any column, filtered, with a tick for what is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QItemSelection, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from playground.training.runs import Kept
from playground.ui import settings
from playground.ui.compare.cells import FOLD, ICON, WORDS, LineCells, RunCells, TickCells
from playground.ui.compare.choice import Choice
from playground.ui.compare.columns import Column, columns_for, order_of, state_of
from playground.ui.compare.filtering import fits, unknown_names
from playground.ui.compare.lines import Line, alone, grouped
from playground.ui.compare.seeds import group_key
from playground.ui.painting import width_of
from playground.ui.panels.data_rows import FlatHeader
from playground.ui.theme import theme
from playground.words import say

Index = QModelIndex | QPersistentModelIndex
TICK, LINE = 0, 1  # the columns before those of the numbers: drawn or not, and how
FIRST = 2
_KEPT = "compare"


class RunsModel(QAbstractTableModel):
    """Rows that the filter leaves, in the order that was asked for.

    all: every column there could be.  columns: those that are shown.  lines: the rows.  by_setting: runs that differ in nothing but the
    seed are one row, under which they unfold.
    """

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice)
        self.choice = choice
        self.all: list[Column] = []
        self.columns: list[Column] = []
        self.lines: list[Line] = []
        self.wanted = ""
        self.by: tuple[str, bool] = ("run", True)
        self.by_setting = settings.word(f"{_KEPT}/grouped", "yes") == "yes"
        self._open: set[object] = set()
        self._states: dict[Path, str] = {}
        self._told_at: dict[tuple[int, int], tuple[str, str]] = {}
        self.colors: dict[Path, int] = {}
        choice.changed.connect(self.renew)
        choice.chosen.connect(self._redraw)
        choice.brushed.connect(self.renew)
        self.renew()

    @property
    def rows(self) -> list[Kept]:
        """The run after which each row is named."""
        return [line.run for line in self.lines]

    # What stands in it
    def renew(self) -> None:
        """Take the runs anew."""
        self.beginResetModel()
        self._states = self.choice.under_way()
        self.all = columns_for(self.choice.runs, self._states)
        self.columns = [column for column in self.all if self.shows(column)]
        key, falling = self.by
        column = next((column for column in self.all if column.key == key), self.all[0])
        runs, left = self.choice.runs, self.choice.left
        lines = grouped(runs) if self.by_setting else [alone(run) for run in runs]
        lines = [line for line in lines if fits(line, self.all, self.wanted) and (left is None or self._passes(line, left))]
        ordered = [(order_of(column.of(line)), line) for line in lines]
        known = sorted((one for one in ordered if one[0][0] < 2), key=lambda one: one[0], reverse=falling)
        self.lines = list(self._unfolded(line for _, line in [*known, *(one for one in ordered if one[0][0] == 2)]))
        self._told_at.clear()
        self._recolor()
        self.endResetModel()

    def _recolor(self) -> None:
        self.colors = self.choice.colors()

    def told_at(self, row: int, section: int) -> tuple[str, str]:
        """What stands in a cell and after it; found once for what is seen."""
        found = self._told_at.get((row, section))
        if found is None:
            column, run = self.column_at(section), self.lines[row].run
            text, after = column.told(self.lines[row])
            found = self._told_at[row, section] = (f"★ {text}" if column.key == "run" and run.star else text), after
        return found

    def _unfolded(self, lines: Iterable[Line]) -> Iterable[Line]:
        for line in lines:
            yield line
            if line.grouped and self.unfolded(line):
                yield from (alone(run, inside=True) for run in line.runs)

    @staticmethod
    def _passes(line: Line, left: frozenset[Path]) -> bool:
        return any(run.folder in left for run in line.runs)

    def unfolded(self, line: Line) -> bool:
        """Whether the runs of a group stand under it."""
        return group_key(line.run) in self._open

    def unfold(self, line: Line, on: bool) -> None:
        """Show the runs of a group under it, or no longer."""
        if line.grouped and on != self.unfolded(line):
            self._open ^= {group_key(line.run)}
            self.renew()

    def group_by_setting(self, on: bool) -> None:
        """A row a setting, or a row a run; remembered."""
        self.by_setting = on
        settings.set_word(f"{_KEPT}/grouped", "yes" if on else "no")
        self.renew()

    def shows(self, column: Column) -> bool:
        """Whether a column is wanted."""
        return column.key == "run" or settings.word(_place(column), "no" if column.aside else "yes") == "yes"

    def show_column(self, column: Column, on: bool) -> None:
        """Want a column, or no longer; remembered."""
        settings.set_word(_place(column), "yes" if on else "no")
        self.renew()

    def column_at(self, section: int) -> Column:
        return self.columns[section - FIRST]

    def filter(self, wanted: str) -> None:
        """Show the runs that fit."""
        self.wanted = wanted
        self.renew()

    def unknown(self) -> list[str]:
        """Names in the filter that no column has."""
        return unknown_names(self.all, self.wanted)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if FIRST <= column < self.columnCount():
            self.sort_by(self.column_at(column).key, order == Qt.SortOrder.DescendingOrder)

    def sort_by(self, key: str, falling: bool) -> None:
        """By a column, shown or not."""
        self.by = key, falling
        self.renew()

    def turn_by(self, key: str) -> None:
        """By a column; by the same one the other way round."""
        self.sort_by(key, not self.by[1] if key == self.by[0] else False)

    # For Qt
    def _redraw(self) -> None:
        self._recolor()
        if self.lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, LINE))

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.columns) + FIRST

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == TICK:
            found |= Qt.ItemFlag.ItemIsUserCheckable
        elif index.column() >= FIRST and self.column_at(index.column()).key == "note":
            found |= Qt.ItemFlag.ItemIsEditable
        return found

    def state_at(self, row: int) -> str:
        """The state of a row; of a group that of its runs, where it is one, else the worst."""
        states = {state_of(run, self._states) for run in self.lines[row].runs}
        return next((state for state in ("training", "paused", "fault", "open", "stopped", "early") if state in states), "done")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line, at = self.lines[index.row()], index.column()
        run = line.run
        if at < FIRST:
            return self._mark(line, at, role)
        column = self.column_at(at)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.told_at(index.row(), at)[0]
        if role == Qt.ItemDataRole.EditRole:
            return run.note if column.key == "note" else column.words(line)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._told(line, column, role)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column.key in WORDS else Qt.AlignmentFlag.AlignRight
            return int(Qt.AlignmentFlag.AlignVCenter | side)
        return None

    def tick(self, line: Line) -> Qt.CheckState:
        """Whether all, some or none of its runs are drawn."""
        drawn = sum(run.folder in self.choice.drawn for run in line.runs)
        none, some, whole = Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked, Qt.CheckState.Checked
        return none if not drawn else whole if drawn == len(line.runs) else some

    def _mark(self, line: Line, at: int, role: int) -> Any:
        if at == TICK and role == Qt.ItemDataRole.CheckStateRole:
            return self.tick(line)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return say("run {number} is drawn", number=line.run.number) if self.tick(line) != Qt.CheckState.Unchecked else ""
        return None

    def _told(self, line: Line, column: Column, role: int) -> str | None:
        if column.key == "run" and line.grouped:
            runs = ", ".join(str(run.number) for run in line.runs)
            return say("{seeds} seeds of the same settings: runs {runs}", seeds=line.seeds, runs=runs)
        if column.spread and line.grouped and role == Qt.ItemDataRole.ToolTipRole:
            return say("{value}: mean and standard deviation over {seeds} seeds", value=column.words(line), seeds=line.seeds)
        return column.words(line) if role == Qt.ItemDataRole.AccessibleTextRole or column.key == "note" else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == TICK:
            return self.choice.draw_all([run.folder for run in line.runs], Qt.CheckState(value) == Qt.CheckState.Checked)
        if role == Qt.ItemDataRole.EditRole and str(value) != line.run.note:
            self.choice.say_of(line.run, note=str(value))
            return True
        return False

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not FIRST <= section < self.columnCount():
            return None
        column = self.column_at(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return say(column.title)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        mark = "" if column.key != self.by[0] else " ↓" if self.by[1] else " ↑"
        return say(column.head or column.title) + mark


def _place(column: Column) -> str:
    """Where it is remembered whether a column is wanted."""
    return f"{_KEPT}/columns/{column.key.replace('/', '_')}"


class RunsTable(QTableView):
    """Rows are chosen for the comparison. Space ticks, Right and Left unfold and fold a group, F2 writes a note, Delete asks to delete."""

    delete_asked = Signal()

    def __init__(self, choice: Choice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice, self.runs = choice, RunsModel(choice)
        self._at: tuple[Path, int] | None = None
        self._settling = False
        self.setModel(self.runs)
        self._line_cells, self._tick_cells, self._cells = LineCells(self), TickCells(self), RunCells(self)
        self.setItemDelegate(self._cells)
        self.setItemDelegateForColumn(LINE, self._line_cells)
        self.setItemDelegateForColumn(TICK, self._tick_cells)
        self.setHorizontalHeader(FlatHeader(Qt.Orientation.Horizontal, self))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setAccessibleName(say("Runs"))
        self.setFont(theme().font(11))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setFont(theme().font(11))
        header.sectionClicked.connect(lambda at: self.runs.turn_by(self.runs.column_at(at).key) if at >= FIRST else None)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        self.runs.modelAboutToBeReset.connect(self._leave)
        self.runs.modelReset.connect(self._fit)
        self.selectionModel().selectionChanged.connect(self._choose)
        self._fit()

    def _leave(self) -> None:
        """Where the keyboard is, before the rows are others."""
        at = self.currentIndex()
        if at.isValid() and at.row() < len(self.runs.lines):
            self._at = self.runs.lines[at.row()].run.folder, at.column()

    def _fit(self) -> None:
        """Widths by what stands in the columns; the runs that are compared stay selected, the keyboard where it was."""
        self._settling = True
        self.setColumnWidth(TICK, 30)
        self.setColumnWidth(LINE, 42)
        for k, column in enumerate(self.runs.columns):
            self.setColumnWidth(k + FIRST, self._width_of(column))
        lines, model, wanted = self.runs.lines, self.selectionModel(), QItemSelection()
        for row, line in enumerate(lines):
            if line.run.folder in self.choice.compared and not (line.inside and self._head_of(row) == line.run):
                wanted.select(self.runs.index(row, 0), self.runs.index(row, self.runs.columnCount() - 1))
        model.select(wanted, model.SelectionFlag.ClearAndSelect)
        if self._at is not None:
            found = next((row for row, line in enumerate(lines) if line.run.folder == self._at[0]), None)
            if found is not None:
                at = self.runs.index(found, min(self._at[1], self.runs.columnCount() - 1))
                model.setCurrentIndex(at, model.SelectionFlag.NoUpdate)
        self._settling = False

    def _head_of(self, row: int) -> Kept:
        """The run after which the group of an unfolded row is named."""
        return next(line.run for line in self.runs.lines[row::-1] if not line.inside)

    def _width_of(self, column: Column) -> int:
        told = [column.told(line) for line in self.runs.lines[:40]]
        cells = [width_of(text, 11, column.key == "run") + (width_of(after, 10) + 4 if after else 0) for text, after in told]
        head = width_of(say(column.head or column.title), 11, True) + 14
        icon = FOLD + 14 if column.key == "run" else ICON if column.key == "state" else 0
        return round(min(240.0, max(48.0, 18 + icon + max(cells, default=0.0), 12 + min(head, 150.0))))

    def _choose(self, *_: object) -> None:
        if not self._settling:
            self.choice.compare([run.folder for run in self.chosen()])

    def chosen(self) -> list[Kept]:
        """The selected runs, as they stand in the table; of a group that after which it is named."""
        return [line.run for line in self.chosen_lines()]

    def chosen_lines(self) -> list[Line]:
        # Rows are selected as a whole. Qt's own list of them asks for the flags of every cell.
        parts: Any = self.selectionModel().selection()
        rows = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        return [self.runs.lines[row] for row in rows]

    def folder_at(self, row: int) -> Path:
        return self.runs.lines[row].run.folder

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == FIRST and event.button() == Qt.MouseButton.LeftButton:
            line = self.runs.lines[index.row()]
            if line.grouped and event.position().x() < self.visualRect(index).left() + FOLD + 4:
                self.runs.unfold(line, not self.runs.unfolded(line))
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at = event.key(), self.currentIndex()
        line = self.runs.lines[at.row()] if at.isValid() and at.row() < len(self.runs.lines) else None
        if key == Qt.Key.Key_Space:
            for one in self.chosen_lines():
                self.choice.draw_all(
                    [run.folder for run in one.runs], not all(run.folder in self.choice.drawn for run in one.runs)
                )
        elif key == Qt.Key.Key_Delete and self.chosen_lines():
            self.delete_asked.emit()
        elif key == Qt.Key.Key_Right and line is not None and line.grouped and not self.runs.unfolded(line):
            self.runs.unfold(line, True)
        elif key == Qt.Key.Key_Left and line is not None and line.grouped and self.runs.unfolded(line):
            self.runs.unfold(line, False)
        elif key == Qt.Key.Key_Left and line is not None and line.inside:
            head = self._head_of(at.row())
            row = next(k for k, one in enumerate(self.runs.lines) if one.run is head and not one.inside)
            self.selectRow(row)
        else:
            super().keyPressEvent(event)

    def cell(self, row: int, column: int) -> QRect:
        return self.visualRect(self.runs.index(row, column))

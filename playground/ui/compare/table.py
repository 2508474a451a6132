"""The table of runs: sorted by any column, filtered by words and clauses, with a tick for what is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from playground.training.runs import Kept
from playground.ui.compare.choice import Choice
from playground.ui.compare.columns import Column, columns_for, fits, order_of
from playground.ui.painting import AA, stamp
from playground.ui.panels.data_rows import FlatHeader, PaddedCells
from playground.ui.theme import theme
from playground.words import say

Index = QModelIndex | QPersistentModelIndex
TICK, LINE = 0, 1  # the columns before those of the numbers: drawn or not, and how
FIRST = 2
#: Words that are not numbers stand at the left.
WORDS = ("state", "network", "optimizer", "began", "note")


class RunsModel(QAbstractTableModel):
    """Runs that the filter leaves, in the order that was asked for."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice)
        self.choice = choice
        self.columns: list[Column] = []
        self.rows: list[Kept] = []
        self.wanted = ""
        self.by: tuple[str, bool] = ("run", True)
        choice.changed.connect(self.renew)
        choice.chosen.connect(self._redraw)
        choice.brushed.connect(self.renew)
        self.renew()

    def renew(self) -> None:
        """Take the runs anew."""
        self.beginResetModel()
        self.columns = columns_for(self.choice.runs)
        key, falling = self.by
        column = next((column for column in self.columns if column.key == key), self.columns[0])
        left = self.choice.left
        rows = [run for run in self.choice.runs if fits(run, self.columns, self.wanted) and (left is None or run.folder in left)]
        known = [run for run in rows if order_of(column.value(run))[0] < 2]
        missing = [run for run in rows if order_of(column.value(run))[0] == 2]
        self.rows = [*sorted(known, key=lambda run: order_of(column.value(run)), reverse=falling), *missing]
        self.endResetModel()

    def filter(self, wanted: str) -> None:
        """Show the runs that fit."""
        self.wanted = wanted
        self.renew()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column >= FIRST:
            self.by = self.columns[column - FIRST].key, order == Qt.SortOrder.DescendingOrder
            self.renew()

    def _redraw(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, LINE))

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return len(self.columns) + FIRST

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == TICK:
            found |= Qt.ItemFlag.ItemIsUserCheckable
        if self.columns[index.column() - FIRST].key == "note":
            found |= Qt.ItemFlag.ItemIsEditable
        return found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, at = self.rows[index.row()], index.column()
        if at == TICK and role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if run.folder in self.choice.drawn else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole and at < FIRST:
            return say("run {number} is drawn", number=run.number) if run.folder in self.choice.drawn else ""
        if at < FIRST:
            return None
        column = self.columns[at - FIRST]
        if role == Qt.ItemDataRole.DisplayRole:
            text = column.shown(run)
            return f"★ {text}" if column.key == "run" and run.star else text
        if role == Qt.ItemDataRole.EditRole:
            return run.note if column.key == "note" else column.shown(run)
        if role == Qt.ItemDataRole.ForegroundRole and column.key == "state":
            return theme().color({"fault": "error", "done": "ok", "early": "ok"}.get(run.state, "text2"))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column.key in WORDS else Qt.AlignmentFlag.AlignRight
            return int(Qt.AlignmentFlag.AlignVCenter | side)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        run = self.rows[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == TICK:
            return self.choice.draw(run.folder, Qt.CheckState(value) == Qt.CheckState.Checked)
        if role == Qt.ItemDataRole.EditRole and str(value) != run.note:
            self.choice.say_of(run, note=str(value))
            return True
        return False

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal or section < FIRST:
            return None
        column = self.columns[section - FIRST]
        mark = "" if column.key != self.by[0] else " ↓" if self.by[1] else " ↑"
        return say(column.title) + mark


class LineCells(QStyledItemDelegate):
    """How a run is drawn in the overlay: a piece of its line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        model = index.model()
        assert isinstance(model, RunsModel)
        color = model.choice.color_of(model.rows[index.row()].folder)
        if color is None:
            return
        ink, dashes = theme().series(color)
        pen = QPen(ink, 2)
        if dashes:
            pen.setDashPattern([d / 2 for d in dashes])
        painter.save()
        painter.setPen(pen)
        y = option.rect.center().y()
        painter.drawLine(option.rect.left() + 5, y, option.rect.right() - 5, y)
        painter.restore()


class TickCells(QStyledItemDelegate):
    """The tick in our own look; a click on it does not touch the selection."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme().color("accentsoft"))
        painter.setRenderHint(AA)
        on = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
        side = QRectF(0, 0, 15, 15)
        side.moveCenter(QRectF(option.rect).center())
        painter.setPen(QPen(theme().color("accent" if on else "strong"), 1.2))
        painter.setBrush(theme().color("accent" if on else "base"))
        painter.drawRoundedRect(side, 3, 3)
        if on:
            stamp(painter, side.center().x(), side.center().y(), "check", "onaccent", 11)
        painter.restore()

    def editorEvent(self, event: QEvent, model: Any, option: QStyleOptionViewItem, index: Any) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease:
            on = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
            return bool(
                model.setData(index, Qt.CheckState.Unchecked if on else Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
            )
        return event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class RunsTable(QTableView):
    """Rows are chosen for the comparison; Space ticks, F2 writes a note."""

    def __init__(self, choice: Choice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice, self.runs = choice, RunsModel(choice)
        self.setModel(self.runs)
        self._lines, self._ticks, self._cells = LineCells(self), TickCells(self), PaddedCells(self)
        self.setItemDelegate(self._cells)
        self.setItemDelegateForColumn(LINE, self._lines)
        self.setItemDelegateForColumn(TICK, self._ticks)
        self.setHorizontalHeader(FlatHeader(Qt.Orientation.Horizontal, self))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.setAccessibleName(say("Runs"))
        self.setFont(theme().font(11))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setFont(theme().font(11))
        header.sectionClicked.connect(self._sort)
        self.runs.modelReset.connect(self._fit)
        self.selectionModel().selectionChanged.connect(self._choose)
        self._settling = False
        self._fit()

    def _sort(self, column: int) -> None:
        if column >= FIRST:
            same = self.runs.columns[column - FIRST].key == self.runs.by[0]
            falling = not self.runs.by[1] if same else False
            self.runs.sort(column, Qt.SortOrder.DescendingOrder if falling else Qt.SortOrder.AscendingOrder)

    def _fit(self) -> None:
        """Widths by what stands in the columns; the runs that are compared stay selected."""
        self.setColumnWidth(TICK, 30)
        self.setColumnWidth(LINE, 42)
        for k, column in enumerate(self.runs.columns):
            widest = max([len(say(column.title)) + 2, *(len(column.shown(run)) + 1 for run in self.runs.rows[:40])])
            self.setColumnWidth(k + FIRST, int(min(240, max(48, 16 + 7.0 * widest))))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setStretchLastSection(True)
        self._settling = True
        self.clearSelection()
        model = self.selectionModel()
        for row, run in enumerate(self.runs.rows):
            if run.folder in self.choice.compared:
                model.select(self.runs.index(row, 0), model.SelectionFlag.Select | model.SelectionFlag.Rows)
        self._settling = False

    def _choose(self, *_: object) -> None:
        if not self._settling:
            self.choice.compare([run.folder for run in self.chosen()])

    def chosen(self) -> list[Kept]:
        """The selected runs, as they stand in the table."""
        return [self.runs.rows[index.row()] for index in sorted(self.selectionModel().selectedRows(), key=lambda i: i.row())]

    def folder_at(self, row: int) -> Path:
        return self.runs.rows[row].folder

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            for run in self.chosen():
                self.choice.draw(run.folder, run.folder not in self.choice.drawn)
            return
        super().keyPressEvent(event)

    def cell(self, row: int, column: int) -> QRect:
        return self.visualRect(self.runs.index(row, column))

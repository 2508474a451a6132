"""How the cells of the table of runs are drawn: the tick, the piece of line, the fold of a group, the state, a mean and its spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from playground.ui.painting import AA, LEFT, RIGHT, put, stamp, width_of
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.compare.table import RunsModel

Index = QModelIndex | QPersistentModelIndex
#: Words that are not numbers stand at the left.
WORDS = ("run", "state", "network", "optimizer", "began", "note")
#: State -> its icon and the colour of both.
LOOKS = {
    "done": ("check", "ok"), "early": ("check", "ok"), "stopped": ("stop", "text2"), "fault": ("error", "error"), "open": ("clock", "text2"),
    "training": ("play", "ok"), "paused": ("pause", "warn"),
}  # fmt: skip
#: Pixels from the left of a cell with an icon to its text, and the room of a fold.
ICON, FOLD = 22, 18


def _ground(painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
    """Selection, and a hairline under the row."""
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(option.rect, theme().color("accentsoft"))
    painter.fillRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1, theme().color("grid"))
    current = option.state & QStyle.StateFlag.State_HasFocus
    if current:
        painter.setPen(QPen(theme().color("accent"), 1))
        painter.drawRect(option.rect.adjusted(0, 0, -1, -1))


def _model(index: Index) -> RunsModel:
    model: Any = index.model()
    found: RunsModel = model
    return found


class RunCells(QStyledItemDelegate):
    """Every column of numbers and words."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        _ground(painter, option, index)
        model = _model(index)
        row, section = index.row(), index.column()
        line, column = model.lines[row], model.column_at(section)
        r = QRectF(option.rect).adjusted(6, 0, -6, 0)
        text, after = model.told_at(row, section)
        ink = "text2" if line.inside else "text"
        if column.key == "run":
            if line.grouped:
                stamp(painter, r.left() + 5, r.center().y(), "down" if model.unfolded(line) else "right", "text2", 13)
            put(painter, r.adjusted(FOLD + 14 * line.inside, 0, 6, 0), text, 11, ink, not line.inside)
        elif column.key == "state":
            icon, tint = LOOKS.get(model.state_at(row), ("info", "text2"))
            stamp(painter, r.left() + 7, r.center().y(), icon, tint, 13)
            put(painter, r.adjusted(ICON, 0, 0, 0), text, 11, tint if tint in ("error", "warn") else "text2")
        elif column.key not in WORDS:
            room = width_of(after, 10) + 4 if after else 0
            if after:
                put(painter, r, after, 10, "text2", how=RIGHT)
            put(painter, r.adjusted(-4, 0, -room, 0), text, 11, "text3" if text == "—" else ink, how=RIGHT)
        else:
            put(painter, r, text, 11, "text2" if column.key in ("note", "began") else ink, how=LEFT)


class LineCells(QStyledItemDelegate):
    """How a run is drawn in the overlay: a piece of its line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        _ground(painter, option, index)
        model = _model(index)
        line = model.lines[index.row()]
        colors = [model.colors[run.folder] for run in line.runs if run.folder in model.colors]
        if colors:
            ink, dashes = theme().series(colors[0])
            pen = QPen(ink, 2)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if dashes:
                pen.setDashPattern([d / 2 for d in dashes])
            painter.setPen(pen)
            y = option.rect.center().y()
            painter.drawLine(option.rect.left() + 5, y, option.rect.right() - 5, y)
        painter.restore()


class TickCells(QStyledItemDelegate):
    """The tick in our own look; a click on it does not touch the selection."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        _ground(painter, option, index)
        painter.setRenderHint(AA)
        model = _model(index)
        state = model.tick(model.lines[index.row()])
        on = state != Qt.CheckState.Unchecked
        side = QRectF(0, 0, 15, 15)
        side.moveCenter(QRectF(option.rect).center())
        painter.setPen(QPen(theme().color("accent" if on else "strong"), 1.2))
        painter.setBrush(theme().color("accent" if on else "base"))
        painter.drawRoundedRect(side, 3, 3)
        if on:
            some = state == Qt.CheckState.PartiallyChecked
            stamp(painter, side.center().x(), side.center().y(), "minus" if some else "check", "onaccent", 11)
        painter.restore()

    def editorEvent(self, event: QEvent, model: Any, option: QStyleOptionViewItem, index: Any) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease:
            on = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
            return bool(
                model.setData(index, Qt.CheckState.Unchecked if on else Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
            )
        return event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)

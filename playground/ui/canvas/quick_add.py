"""The quick list: what fits where it was asked for; type a few letters, Enter or Tab puts the layer there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from playground.ui.canvas.suggesting import Choice
from playground.ui.focus_order import give_keyboard
from playground.ui.painting import RIGHT, box, chip, put, stamp, width_of
from playground.ui.theme import theme
from playground.words import say, strung

ROLE = Qt.ItemDataRole.UserRole
ROW, WIDTH, MOST_ROWS = 28, 320, 9


class KindRow(QStyledItemDelegate):
    """A chip, the title and a few words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(self, p: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        choice: Choice = index.data(ROLE)
        kind, r = choice.kind, QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            box(p, r.adjusted(4, 1, -4, -1), 4, theme().color("accentsoft"), None)
        chip(p, 11, r.y() + 4, 20, kind.icon, kind.color, "panel")
        put(p, r.adjusted(40, 0, 0, 0), kind.title, 12, "text" if choice.fits else "disabled")
        tail = kind.tail if choice.fits else say("does not fit here")
        put(p, r.adjusted(48 + width_of(kind.title), 0, -12, 0), tail, 10, "text3", how=RIGHT)


class QuickAdd(QFrame):
    """Lies over the canvas; picked(kind) and it is gone. Esc or a click elsewhere puts it away. closed: it went. choices: what some letters mean here."""

    picked = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget, choices: Callable[[str], list[Choice]]) -> None:
        super().__init__(parent)
        self.choices = choices
        self.hide()
        self.setAccessibleName(say("Quick list of layers"))
        self.spot = QPoint()
        self.over = parent
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(say("Search layers"))
        self.field.setAccessibleName(say("Search layers"))
        self.field.setFixedHeight(30)
        self.field.setTextMargins(32, 0, 8, 0)
        self.rows = QListWidget(self)
        self.rows.setItemDelegate(KindRow(self.rows))
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self.rows.setUniformItemSizes(True)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.viewport().setAutoFillBackground(False)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 4, 1, 4)
        column.setSpacing(2)
        column.addWidget(self.field)
        column.addWidget(self.rows)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.rows.itemClicked.connect(lambda item: self._pick(item))

    def ask(self, at: QPoint, text: str = "") -> None:
        """Open at a point of the parent, kept inside it, with what was typed already."""
        self.spot = at
        self.field.setText(text)
        self._filter(text)
        self.show()
        self.raise_()
        give_keyboard(self.field, Qt.FocusReason.PopupFocusReason)
        self.field.end(False)

    def _filter(self, text: str) -> None:
        self.rows.clear()
        for choice in self.choices(text):
            kind = choice.kind
            item = QListWidgetItem(kind.title)
            item.setData(ROLE, choice)
            said = (kind.title, kind.help) if choice.fits else (kind.title, say("does not fit here"), kind.help)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, strung(said))
            item.setToolTip(kind.help)
            self.rows.addItem(item)
        self.rows.setCurrentRow(0)
        room = self.over.size()
        rows = min(MOST_ROWS, max(1, self.rows.count()), max(2, (room.height() - 60) // ROW))
        self.resize(WIDTH, 44 + ROW * rows)
        high = 44 + ROW * min(MOST_ROWS, max(2, (room.height() - 60) // ROW))
        self.move(max(0, min(self.spot.x(), room.width() - WIDTH)), max(0, min(self.spot.y(), room.height() - high)))
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.closed.emit()

    def _pick(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.hide()
            self.picked.emit(item.data(ROLE).kind)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self.rows.setCurrentRow(max(0, min(self.rows.count() - 1, self.rows.currentRow() + step)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
                self._pick(self.rows.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.over.setFocus()
                self.hide()
                return True
        elif event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        box(p, QRectF(self.rect()), 6, theme().color("panel"), theme().color("strong"))
        field = QRectF(self.field.geometry()).adjusted(7, 1, -7, -1)
        box(p, field, 4, theme().color("base"), theme().color("accent"), 2)
        stamp(p, field.x() + 16, field.center().y(), "search", "text2")
        if not self.rows.count():
            put(
                p,
                QRectF(14, 36, self.width() - 28, ROW),
                say("No layer matches {field}", field=f"{self.field.text()!r}")
                if self.field.text()
                else say("Nothing fits here"),
                12,
                "text2",
            )
        p.end()

"""The empty canvas: what to do first, and shapes that work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QWidget

from playground.ui.canvas.starters import STARTERS, Starter
from playground.ui.keymap import keys_by_id
from playground.ui.painting import CENTRE, box, chip, put, width_of
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

WIDE, HIGH = 660.0, 344.0
CARD_WIDE, CARD_HIGH, GAP = 148, 60, 8
HINTS_TOP, HINT_HIGH = 298, 20
STEPS = (("Data", "data", "c_data"), ("Dense", "dense", "c_linear"), ("ReLU", "relu", "c_act"), ("Loss", "loss", "c_loss"))
HINTS = (("quick", "quick list"), ("paste", "paste a network"), ("open", "open"))


class StarterCard(QAbstractButton):
    """A ready network by one click."""

    def __init__(self, starter: Starter, parent: QWidget) -> None:
        super().__init__(parent)
        self.starter = starter
        self.setText(say(starter.title))
        self.setFixedSize(CARD_WIDE, CARD_HIGH)
        self.setAccessibleName(strung((say(starter.title), say(starter.help))))
        self.setToolTip(say(starter.help))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        lit = self.hasFocus() or self.underMouse()
        box(p, r, 6, theme().color("base"), theme().color("accent" if lit else "strong"), 2 if lit else 1)
        chip(p, 12, 15, 30, self.starter.icon, self.starter.color, "base")
        put(p, QRectF(51, 13, 94, 18), say(self.starter.title), 12, "text", True)
        put(p, QRectF(51, 31, 94, 16), say(self.starter.tail), 11, "text2")
        p.end()


class EmptyCanvas(QWidget):
    """Lies over the canvas while there is nothing on it; drops and typing go through to the canvas."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.setAccessibleName(say("Drag a layer here to begin"))
        self.setAcceptDrops(True)  # a scroll area hears only what its viewport gets, so drops are passed on by hand
        self.cards = QWidget(self)
        self.grid = QGridLayout(self.cards)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(GAP)
        self.starters = [StarterCard(starter, self.cards) for starter in STARTERS]
        for card in self.starters:
            card.clicked.connect(lambda _=False, chosen=card.starter: view.commands.start_from(chosen))
        self._lay_out()

    def _columns(self) -> int:
        """As many cards side by side as the frame has room for, so that all rows but the last are full."""
        room = int((self._frame().width() - GAP) // (CARD_WIDE + GAP))
        return next((count for count in (len(STARTERS), 2) if count <= room), 1)

    def _lay_out(self) -> None:
        """The cards in rows; those for which there is no room below are not shown."""
        columns = self._columns()
        rows = max(1, int((self._frame().height() - self._cards_top()) // (CARD_HIGH + GAP)))
        for at, card in enumerate(self.starters):
            self.grid.addWidget(card, at // columns, at % columns)
            card.setVisible(at < rows * columns)
        self.cards.adjustSize()

    def _frame(self) -> QRectF:
        frame = QRectF(0, 0, min(WIDE, self.width() - 24), min(HIGH, self.height() - 16))
        frame.moveCenter(QPointF(self.width() / 2, self.height() / 2))
        return frame

    def resizeEvent(self, event: QEvent) -> None:
        frame = self._frame()
        self._lay_out()
        self.cards.move(round(frame.center().x() - self.cards.width() / 2), round(frame.top() + self._cards_top()))

    def _tall(self) -> bool:
        """Whether there is room for a picture of the steps above all the cards."""
        rows = -(-len(STARTERS) // self._columns())
        return self._frame().height() >= max(300, 204 + rows * (CARD_HIGH + GAP))

    def _hints(self) -> bool:
        """Whether there is room for the keys below the cards, inside the frame."""
        high = self._frame().height() >= HINTS_TOP + HINT_HIGH + GAP
        return high and self._tall() and self._columns() == len(STARTERS)

    def _cards_top(self) -> float:
        return 204 if self._tall() else 96

    def paintEvent(self, event: QPaintEvent) -> None:
        p, frame = QPainter(self), self._frame()
        tall = self._tall()
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(theme().color("strong"), 1.5, Qt.PenStyle.DashLine))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRoundedRect(frame, 8, 8)
        put(
            p,
            QRectF(frame.x(), frame.y() + (38 if tall else 14), frame.width(), 28),
            say("Drag a layer here to begin"),
            20,
            "text",
            True,
            CENTRE,
        )
        words = say("or type its name: the list opens at the pointer.")
        put(p, QRectF(frame.x(), frame.y() + (70 if tall else 42), frame.width(), 22), words, 13, "text2", how=CENTRE)
        if tall:
            self._paint_steps(p, frame)
        if self._hints():
            self._paint_hints(p, frame)
        title = QRectF(frame.x(), frame.y() + self._cards_top() - 30, frame.width(), 20)
        put(p, title, say("Start from a shape that works"), 12, "text", True, CENTRE)
        p.end()

    def _paint_steps(self, p: QPainter, frame: QRectF) -> None:
        wide, gap = 97.0, 17.0
        x = frame.center().x() - (4 * wide + 3 * gap) / 2
        y = frame.y() + 112
        for k, (text, icon, color) in enumerate(STEPS):
            p.setPen(QPen(theme().color("strong"), 1.2, Qt.PenStyle.DashLine))
            p.setBrush(theme().color("node"))
            p.drawRoundedRect(QRectF(x, y, wide, 38), 6, 6)
            if k < 3:
                p.drawLine(QPointF(x + wide, y + 19), QPointF(x + wide + gap, y + 19))
            chip(p, x + 9, y + 9, 20, icon, color)
            put(p, QRectF(x + 37, y, wide - 40, 38), say(text), 12, "text2")
            x += wide + gap

    def _paint_hints(self, p: QPainter, frame: QRectF) -> None:
        hints = [(keys, text) for id, text in HINTS if (keys := keys_by_id(id))]
        widths = [width_of(key, 11) + 14 + 8 + width_of(say(text), 11) for key, text in hints]
        x = frame.center().x() - (sum(widths) + 26 * (len(hints) - 1)) / 2
        y = frame.y() + HINTS_TOP
        for (key, text), wide in zip(hints, widths, strict=True):
            cap = QRectF(x, y, width_of(key, 11) + 14, HINT_HIGH)
            box(p, cap, 3, theme().color("base"), theme().color("strong"))
            put(p, cap, key, 11, "text", how=CENTRE)
            put(p, QRectF(cap.right() + 8, y, 200, HINT_HIGH), say(text), 11, "text2")
            x += wide + 26

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.view.dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.view.dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.view.dropEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.view.setFocus()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.view.open_quick_add(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.view.keyPressEvent(event)

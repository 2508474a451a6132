"""Why a wire may not be made, at the pointer: the reason, its numbers, and mends that one key applies."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from playground.document.problems import Mend, Problem
from playground.ui.painting import LEFT, box, metrics, put, rule, stamp, width_of
from playground.ui.theme import theme
from playground.words import say

ROW = 34


class Refusal(QWidget):
    """A card; it takes no focus and, while a wire is dragged, no mouse. chosen: the mend that was picked."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.over = parent
        self.problem: Problem | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def mend(self) -> Mend | None:
        return self.problem.mend if self.problem else None

    def tell(self, problem: Problem, at: QPoint) -> None:
        """Show the reason beside a point of the parent, kept inside it."""
        if problem != self.problem:
            self.problem = problem
            text = say(problem.text)
            stop = "。" if "。" in text else ". "
            self.title, _, self.rest = text.partition(stop)
            self.title = self.title.rstrip(".")
            wide = max(width_of(self.title, 12, True) + 48, 240.0)
            wide = max(
                wide, min(width_of(self.rest, 11) + 28, 380), width_of(say(self.mend.text), 12, True) + 60 if self.mend else 0
            )
            lines = metrics(11).boundingRect(QRectF(0, 0, wide - 24, 400), int(Qt.TextFlag.TextWordWrap), self.rest)
            self.head = 32 + (lines.height() + 8 if self.rest else 0)
            self.resize(round(wide), round(self.head + (ROW + 24 if self.mend else 0)))
            self.setAccessibleName(text)
        room = self.over.rect().bottomRight() - self.rect().bottomRight()
        self.move(max(0, min(at.x() + 14, room.x())), max(0, min(at.y() + 18, room.y())))
        self.show()
        self.raise_()
        self.update()

    def settle(self) -> None:
        """The wire was let go here: keep the card until a mend is picked or it is dismissed."""
        if self.mend is None:
            self.dismiss()
        else:
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)

    def dismiss(self) -> None:
        """Put the card away."""
        self.problem = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def pick(self) -> None:
        """Choose the mend."""
        mend = self.mend
        self.dismiss()
        if mend is not None:
            self.chosen.emit(mend)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().y() >= self.head and self.mend is not None:
            self.pick()
        else:
            self.dismiss()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, wide = QPainter(self), float(self.width())
        box(p, QRectF(self.rect()), 6, theme().color("panel"), theme().color("strong"))
        stamp(p, 20, 17, "error", "error", 15)
        put(p, QRectF(34, 8, wide - 40, 18), self.title, 12, "text", True)
        p.setFont(theme().font(11))
        p.setPen(theme().color("text"))
        p.drawText(QRectF(12, 30, wide - 24, self.head - 32), int(Qt.TextFlag.TextWordWrap), self.rest)
        if self.mend is not None:
            row = QRectF(1, self.head, wide - 2, ROW)
            p.fillRect(row, theme().color("accentsoft"))
            box(p, QRectF(12, row.y() + 8, 18, 18), 4, theme().color("base"), theme().color("strong"))
            put(p, QRectF(18, row.y() + 8, 12, 18), "1", 11, "text", True)
            put(p, QRectF(40, row.y(), wide - 48, ROW), say(self.mend.text), 12, "text", True, LEFT)
            rule(p, 0, row.bottom(), wide)
            put(p, QRectF(12, row.bottom() + 2, wide - 20, 20), say("Press 1, or Esc to let go"), 11, "text2")
        p.end()

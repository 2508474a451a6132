"""Why a wire may not be made, at the pointer: the reason, its numbers, and mends that one key applies."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from playground.document.problems import Mend, Problem
from playground.ui.painting import LEFT, box, metrics, put, rule, stamp, width_of
from playground.ui.theme import theme
from playground.words import say

ROW, NOTED = 34, 42  # heights of a remedy without and with a second line
FOOT = 24
MOST = 3


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

    @property
    def mends(self) -> Sequence[Mend]:
        """Those that are shown, the best first."""
        return self.problem.mends[:MOST] if self.problem else ()

    def _rows(self) -> list[QRectF]:
        """Where each remedy stands."""
        rows, top = [], self.head
        for mend in self.mends:
            rows.append(QRectF(1, top, self.width() - 2, NOTED if mend.note else ROW))
            top += rows[-1].height()
        return rows

    def tell(self, problem: Problem, at: QPoint) -> None:
        """Show the reason beside a point of the parent, kept inside it."""
        if problem != self.problem:
            self.problem = problem
            text = say(problem.text)
            stop = "。" if "。" in text else ". "
            self.title, _, self.rest = text.partition(stop)
            self.title = self.title.rstrip(".")
            wide = max(width_of(self.title, 12, True) + 48, 240.0)
            texts = [width_of(say(mend.text), 12, True) + 60 for mend in self.mends]
            notes = [width_of(say(mend.note), 11) + 60 for mend in self.mends]
            wide = max(wide, min(width_of(self.rest, 11) + 28, 380), *texts, *notes)
            lines = metrics(11).boundingRect(QRectF(0, 0, wide - 24, 400), int(Qt.TextFlag.TextWordWrap), self.rest)
            self.head = 32 + (lines.height() + 8 if self.rest else 0)
            rows = sum(NOTED if mend.note else ROW for mend in self.mends)
            self.resize(round(wide), round(self.head + (rows + FOOT if rows else 0)))
            said = (f"{k}: {say(mend.text)}" for k, mend in enumerate(self.mends, 1))
            self.setAccessibleName(" ".join((text, *said)))
        room = self.over.rect().bottomRight() - self.rect().bottomRight()
        self.move(max(0, min(at.x() + 14, room.x())), max(0, min(at.y() + 18, room.y())))
        if not self.isVisible():
            self._forbid(True)
        self.show()
        self.raise_()
        self.update()

    def _forbid(self, on: bool) -> None:
        """The sign at the pointer."""
        if isinstance(self.over, QAbstractScrollArea):
            port = self.over.viewport()
            port.setCursor(Qt.CursorShape.ForbiddenCursor) if on else port.unsetCursor()

    def settle(self, unread: bool = False) -> None:
        """The wire was let go here: keep the card until a mend is picked or it is dismissed. unread: keep one without a mend too."""
        if self.mend is None and not unread:
            self.dismiss()
        else:
            self._forbid(False)
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)

    def dismiss(self) -> None:
        """Put the card away."""
        if self.problem is not None:
            self._forbid(False)
        self.problem = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def pick(self, at: int = 0) -> None:
        """Choose one of the remedies; a number that none has leaves the card."""
        mends = self.mends
        if at < len(mends) or not mends:
            self.dismiss()
            if mends:
                self.chosen.emit(mends[at])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hit = next((k for k, row in enumerate(self._rows()) if row.contains(event.position())), None)
        if hit is not None:
            self.pick(hit)
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
        rows = self._rows()
        for k, (row, mend) in enumerate(zip(rows, self.mends, strict=True)):
            self._paint_mend(p, row, mend, k)
        if rows:
            last = rows[-1].bottom()
            keys = "1" if len(rows) == 1 else f"1-{len(rows)}"
            put(p, QRectF(12, last + 2, wide - 20, 20), say("Press {keys}, or Esc to let go", keys=keys), 11, "text2")
        p.end()

    def _paint_mend(self, p: QPainter, row: QRectF, mend: Mend, k: int) -> None:
        if not k:
            p.fillRect(row, theme().color("accentsoft"))
        key = QRectF(12, row.center().y() - 9, 18, 18)
        box(p, key, 4, theme().color("base"), theme().color("strong"))
        put(p, key.adjusted(6, 0, 0, 0), str(k + 1), 11, "text", True)
        upper = row.adjusted(39, 3, -8, -row.height() / 2) if mend.note else row.adjusted(39, 0, -8, 0)
        put(p, upper, say(mend.text), 12, "text", not k, LEFT)
        if mend.note:
            put(p, row.adjusted(39, row.height() / 2 - 2, -8, -3), say(mend.note), 11, "text2", how=LEFT)
        rule(p, 0, row.bottom(), self.width())

"""The status line: the run or what keeps it from starting on the left, what the machine does on the right."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QStatusBar, QWidget

from playground.training.messages import Started
from playground.ui.discover import entries
from playground.ui.painting import box, put, rule, stamp, width_of
from playground.ui.session import Session
from playground.ui.status_part import Part, StatusPart
from playground.ui.theme import theme

E = TypeVar("E")
#: Seconds between two looks at a run that goes on.
EVERY_S = 0.2


class StatusLine(QStatusBar):
    """Paints itself, because Qt's own layout adds pixels above any widget. problems_asked: a click on the problem count."""

    problems_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setSizeGripEnabled(False)
        self.setFixedHeight(24)
        found = entries("playground.ui.status_parts", "PARTS", StatusPart)
        self.parts = sorted(found, key=lambda part: (part.order, part.id))
        self._kept = {kind for part in self.parts for kind in part.hears}
        self._newest: dict[type, object] = {}
        if (started := session.client.started) is not None:  # a line made anew while a run goes on
            self._newest[Started] = started
        self.autosaved = ""
        session.heard.connect(self._on_event)
        session.turns.follow(self, self.refresh, EVERY_S)
        for signal in (session.inspection_changed, session.run_changed, session.samples_changed):
            signal.connect(self.refresh)
        self.refresh()

    def _on_event(self, event: object) -> None:
        if isinstance(event, Started):
            self._newest.clear()  # what was told of an earlier run
        if type(event) in self._kept:
            self._newest[type(event)] = event

    def newest(self, kind: type[E]) -> E | None:
        """The last event of a kind that a part hears and the present run told; None before there is one."""
        event = self._newest.get(kind)
        return event if isinstance(event, kind) else None

    def show_autosave(self, text: str) -> None:
        """What is known of the recovery file, such as "Autosaved 2 s ago"."""
        if text != self.autosaved:
            self.autosaved = text
            self.refresh()

    def refresh(self) -> None:
        """Say it anew."""
        self.setAccessibleName(". ".join(part.text for part in (*self.left(), *self.right())))
        self.update()

    def left(self) -> list[Part]:
        """What is said at the left end: the run, or the network."""
        return self._said("left")

    def right(self) -> list[Part]:
        """What is said at the right end: recovery, threads, memory."""
        return self._said("right")

    def _said(self, side: str) -> list[Part]:
        return [part for owner in self.parts if owner.side == side for part in owner.say(self)]

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.fillRect(r, theme().color("window"))
        rule(p, 0, 0, r.width())
        edge = r.width() - 10
        for part in reversed(self.right()):
            edge -= width_of(part.text, 11)
            put(p, QRectF(edge, 0, r.width(), 24), part.text, 11, part.ink)
            edge -= 16
        x = 10.0
        for part in self.left():
            x = self._paint_part(p, part, x, edge)
        p.end()

    def _paint_part(self, p: QPainter, part: Part, x: float, edge: float) -> float:
        if part.icon == "dot":
            box(p, QRectF(x, 8, 9, 9), 4.5, theme().color(part.ink), None)
            x += 16
        elif part.icon:
            stamp(p, x + 7, 12, part.icon, part.ink, 14)
            x += 19
        if part.progress >= 0:
            box(p, QRectF(x - 8, 10, 120, 5), 2.5, theme().color("border"), None)
            if part.progress > 0.02:
                box(p, QRectF(x - 8, 10, 120 * min(part.progress, 1.0), 5), 2.5, theme().color("accent"), None)
            x += 120
        ink = "error" if part.ink == "error" else "text" if part.bold else "text2"
        room = max(0.0, min(width_of(part.text, 11, part.bold) + 1, edge - x))
        put(p, QRectF(x, 0, room, 24), part.text, 11, ink, part.bold)
        return x + room + 16

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.session.inspection.errors:
            self.problems_asked.emit()

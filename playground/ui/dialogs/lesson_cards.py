"""Cards of the lessons on the start page: what it is about, how far the person has come."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from playground.core.lesson import Lesson
from playground.ui.lessons.progress import reached
from playground.ui.painting import AA, RIGHT, box, chip, put, stamp
from playground.ui.theme import theme
from playground.words import counted, say

CARD = (236, 84)
#: Colours of the chips, one lesson after the other.
INKS = ("c_linear", "c_act", "c_shape", "c_merge", "c_seq", "c_attn")


class LessonCard(QAbstractButton):
    """A click, Enter or Space begins the lesson."""

    def __init__(self, lesson: type[Lesson], at: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lesson, self.ink = lesson, INKS[at % len(INKS)]
        self.setText(say(lesson.title))
        self.setAccessibleName(say("Lesson {lesson}", lesson=say(lesson.title)))
        self.setAccessibleDescription(say(lesson.summary()))
        self.setToolTip(say(lesson.summary()))
        self.setFixedSize(*CARD)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def words(self) -> tuple[str, str]:
        """How far, and what a click does."""
        count, done = len(self.lesson.steps), reached(self.lesson)
        if done >= count:
            return say("Done"), say("Again")
        if done:
            return say("Step {done} of {count}", done=done, count=count), say("Again")
        return counted(count, "1 step", "{n} steps"), say("Start")

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        lit = self.hasFocus() or self.underMouse()
        p.setRenderHint(AA)
        box(p, r.adjusted(1, 1, -1, -1), 6, theme().color("base"), theme().color("accent" if lit else "border"), 2 if lit else 1)
        chip(p, 12, 10, 28, self.lesson.icon, self.ink, "base")
        put(p, QRectF(48, 10, r.width() - 60, 28), self.text(), 13, "text", True)
        far, does = self.words()
        done, count = reached(self.lesson), len(self.lesson.steps)
        x = 12.0
        if done >= count:
            stamp(p, 19, 53, "check", "ok", 14)
            x = 30.0
        put(p, QRectF(x, 44, 140, 18), far, 11, "text2")
        put(p, QRectF(0, 44, r.width() - 12, 18), does, 11, "accent", True, RIGHT)
        track = QRectF(12, r.height() - 14, r.width() - 24, 5)
        box(p, track, 2.5, theme().color("border"), None)
        if done:
            box(
                p,
                QRectF(track.x(), track.y(), track.width() * min(done / count, 1.0), track.height()),
                2.5,
                theme().color("accent"),
                None,
            )
        p.end()

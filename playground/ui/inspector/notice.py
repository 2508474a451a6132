"""Problems as coloured strips: an icon, the sentence, and the remedy as a button."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.document.problems import Mend, Problem
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import box, stamp
from playground.ui.theme import theme
from playground.words import say

LEAST = 60  # pixels of a button whose words are cut
INDENT, RIM = 24, 10  # of words behind the icon; between a strip's edge and what is on it


class Notice(QWidget):
    """One strip. level: "error", "warn", "ok" or "info"."""

    def __init__(self, level: str, text: str, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.level = level
        self.column, words = QVBoxLayout(self), QVBoxLayout()
        self.column.setContentsMargins(RIM, 8, RIM, 8)
        self.column.setSpacing(4)
        words.setContentsMargins(INDENT, 0, 0, 0)
        words.setSpacing(4)
        self.title, self.text = Label(title, 12, "text", True), Label(text, 11, "text", wraps=True)
        words.addWidget(self.title)
        words.addWidget(self.text)
        self.column.addLayout(words)
        self.title.setVisible(bool(title))
        self.setAccessibleName(f"{title} {text}".strip())

    def show_notice(self, level: str, text: str, title: str = "") -> None:
        self.level = level
        self.title.show_text(title)
        self.title.setVisible(bool(title))
        self.text.show_text(text)
        self.setAccessibleName(f"{title} {text}".strip())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        box(p, r, 5, theme().color(f"{self.level}soft"), theme().tint(self.level, 0.5, f"{self.level}soft"))
        icon = {"ok": "check", "warn": "warn", "error": "error", "info": "info"}[self.level]
        stamp(p, 18, 17, icon, self.level, 16)
        p.end()


class MendButton(Button):
    """As wide as its words where there is room for them; else they are cut, and the tool tip says them. It never widens the panel."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "secondary", small=True)
        self.row = QHBoxLayout()
        self.row.addWidget(self, 0, Qt.AlignmentFlag.AlignLeft)
        self._wanted = self.width()
        self.setMinimumWidth(LEAST)
        self.setToolTip(text)

    def stand_in(self, room: int) -> None:
        """Stand below the words where it has room there, else as far to the left as it must."""
        self.row.setContentsMargins(max(0, min(INDENT, room - self._wanted)), 0, 0, 0)

    def sizeHint(self) -> QSize:
        return QSize(self._wanted, self.height())

    def minimumSizeHint(self) -> QSize:
        return self.minimumSize()


class Notices(QWidget):
    """The problems of one node."""

    def __init__(self, mend: Callable[[Mend], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mend = mend
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(11, 0, 11, 10)
        self.column.setSpacing(6)
        self._shown: list[Problem] = []
        self.setVisible(False)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Show these; nothing is rebuilt while they stay the same."""
        problems = list(problems)
        self.setVisible(bool(problems))
        if problems == self._shown:
            return
        self._shown = problems
        while (item := self.column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for problem in problems:
            notice = Notice("error" if problem.severity == "error" else "warn", say(problem.text))
            if problem.mend is not None:
                button = MendButton(say(problem.mend.text))
                button.clicked.connect(lambda _=False, mend=problem.mend: self._mend(mend))
                notice.column.addLayout(button.row)
            self.column.addWidget(notice)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        sides = self.column.contentsMargins()
        for button in self.findChildren(MendButton):
            button.stand_in(self.width() - sides.left() - sides.right() - 2 * RIM)

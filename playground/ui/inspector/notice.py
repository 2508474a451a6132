"""Problems as coloured strips: an icon, the sentence, and the remedy as a button."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.document.problems import Mend, Problem
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import box, stamp
from playground.ui.theme import theme
from playground.words import say

LEAST = 60  # pixels of a button whose words are cut


class Notice(QWidget):
    """One strip. level: "error", "warn", "ok" or "info"."""

    def __init__(self, level: str, text: str, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.level = level
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(34, 8, 10, 8)
        self.column.setSpacing(4)
        self.title, self.text = Label(title, 12, "text", True), Label(text, 11, "text", wraps=True)
        self.column.addWidget(self.title)
        self.column.addWidget(self.text)
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
        self._wanted = self.width()
        self.setMinimumWidth(LEAST)
        self.setToolTip(text)

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
                notice.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self.column.addWidget(notice)

"""Help at the foot of a form, and what a panel says while it is empty."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.spec import Spec
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import stamp
from playground.ui.theme import theme
from playground.words import say


class Foot(QWidget):
    """Help for the focused field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.text = Label("", 11, "text", True), Label("", 11, "text2", wraps=True)
        self.spec: Spec | None = None
        self.more = Button(say("Reference"), "link", "book")
        self.more.setFixedHeight(20)
        self.more.setToolTip(say("Formula, shapes, settings, source and a picture"))
        self.more.clicked.connect(self._open)
        self.more.hide()
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 7, 7, 5)
        column.setSpacing(2)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.title, 1)
        line.addWidget(self.more)
        column.addLayout(line)
        column.addWidget(self.text, 1)
        self.setFixedHeight(82)

    def show_help(self, title: str, text: str) -> None:
        self.title.show_text(title)
        self.text.show_text(text)

    def show_record(self, spec: object) -> None:
        """Offer the reference page of a record; of anything else there is none."""
        from playground.ui.dialogs.reference import has_page

        self.spec = spec if isinstance(spec, Spec) and has_page(type(spec)) else None
        self.more.setVisible(self.spec is not None)
        self.more.setAccessibleName(
            say("Reference: {spec}", spec=say(self.spec.title)) if self.spec is not None else say("Reference")
        )

    def _open(self) -> None:
        from playground.ui.dialogs.reference import open_reference

        if self.spec is not None:
            open_reference(self, type(self.spec), self.spec)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(QRectF(0, 0, self.width(), 1), theme().color("border"))
        p.end()


class Empty(QWidget):
    """What to do while nothing is selected."""

    def __init__(self, icon: str, title: str, text: str, top: int = 104, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon, self.top = icon, top
        self.title, self.text = Label(say(title), 12, "text", True), Label(say(text), 12, "text2", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, top, 24, 24)
        column.setSpacing(6)
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            column.addWidget(label)
        column.addStretch()

    def show_text(self, title: str, text: str) -> None:
        self.title.show_text(title)
        self.text.show_text(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        stamp(p, self.width() / 2, self.top - 24, self.icon, "text3", 32)
        p.end()

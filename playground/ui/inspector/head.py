"""The inspector's head: what the node is, its name, what goes in and out, what it costs."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.text import Label
from playground.ui.painting import Painted, chip
from playground.ui.theme import theme
from playground.words import say


class Chip(Painted):
    """A record's icon on its group's colour, 32 px."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(32, 32, "", parent)
        self.icon, self.group = "block", "c_block"

    def show_icon(self, icon: str, group: str) -> None:
        if (icon, group) != (self.icon, self.group):
            self.icon, self.group = icon, group
            self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        chip(p, 0, 0, 32, self.icon, self.group, "panel")


class NameField(LineField):
    """The node's name: looks like a title, becomes a field under the pointer or with the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setFont(theme().font(14, True))
        self.setTextMargins(2, 0, 2, 0)
        self.setFixedHeight(24)
        self.setAccessibleName(say("Name"))
        self.setToolTip(say("Rename"))

    def paintEvent(self, event: object) -> None:
        if self.hasFocus() or self.underMouse() or self.refused:
            super().paintEvent(event)  # type: ignore[arg-type]
        else:
            super(LineField, self).paintEvent(event)  # type: ignore[arg-type]


class Head(QWidget):
    """Chip, name, type, a menu; then facts, two columns of text. menu_asked(global point): the button with dots was pressed."""

    renamed = Signal(str)
    menu_asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chip, self.name, self.kind = Chip(), NameField(), Label("", 11, "text2")
        self.kind.setContentsMargins(4, 0, 0, 0)
        self._shown = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 9, 11, 8)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.chip)
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self.name)
        titles.addWidget(self.kind)
        top.addLayout(titles, 1)
        self.more = Button("", "quiet", "dots", small=True)
        self.more.setToolTip(say("What can be done with it"))
        self.more.setAccessibleName(say("More actions"))
        self.more.clicked.connect(lambda: self.menu_asked.emit(self.more.mapToGlobal(QPoint(0, self.more.height() + 2))))
        top.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(12)
        self.facts.setVerticalSpacing(4)
        self.facts.setColumnMinimumWidth(0, 92)
        self.facts.setColumnStretch(1, 1)
        column.addLayout(self.facts)
        self._rows: list[tuple[Label, Label]] = []
        self.name.editingFinished.connect(self._named)

    def show_node(self, icon: str, group: str, name: str, kind: str, facts: list[tuple[str, str]], renames: bool = True) -> None:
        """Show a node or a plan."""
        self.chip.show_icon(icon, group)
        self._shown = name
        if not self.name.hasFocus():
            self.name.setText(name)
            self.name.home(False)  # of a long name the beginning is read
        self.name.setReadOnly(not renames)
        self.name.setToolTip(say("Rename") if renames else "")
        self.kind.show_text(kind)
        self.more.setVisible(renames)
        while len(self._rows) < len(facts):
            pair = Label("", 12, "text2"), Label("", 12, "text", wraps=True)
            for at, label in enumerate(pair):
                self.facts.addWidget(label, len(self._rows), at)
            self._rows.append(pair)
        for at, (left, right) in enumerate(self._rows):
            visible = at < len(facts)
            left.setVisible(visible)
            right.setVisible(visible)
            if visible:
                left.show_text(facts[at][0])
                right.show_text(facts[at][1])

    def refuse(self, refused: bool) -> None:
        """Mark the name as refused."""
        self.name.refuse(refused)

    def _named(self) -> None:
        self.name.home(False)
        if self.name.text() != self._shown:
            self.renamed.emit(self.name.text())

"""Several selected layers at once: their training settings together, and the group that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.document.edits import SetNodeOption, Several
from playground.document.options import NODE_OPTIONS
from playground.document.project import Node
from playground.ui.inspector.form import Form
from playground.ui.inspector.grouping import GroupRow
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import Painted, chip
from playground.words import say, strung

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QPainter

    from playground.ui.session import Session


class _Chip(Painted):
    def __init__(self) -> None:
        super().__init__(32, 32)

    def draw(self, p: QPainter, r: QRectF) -> None:
        chip(p, 0, 0, 32, "block", "c_block", "panel")


class SeveralNodes(QWidget):
    """What layers with weights have in common; a change goes to all of them as one step. Hidden for fewer than two."""

    helped = Signal(str, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.nodes = session, tuple[Node, ...]()
        self.title, self.names = Label("", 14, "text", True), Label("", 11, "text2", wraps=True)
        self.differ = Label("", 11, "text3", wraps=True)
        self.differ.setContentsMargins(11, 0, 11, 4)
        self.form, self.group = Form(), GroupRow(session)
        self.form.column.setContentsMargins(11, 3, 11, 5)
        self.form.changed.connect(self._ask)
        self.form.moved.connect(self._ask)
        self.form.begun.connect(session.seal)
        self.form.helped.connect(self.helped)
        head = QVBoxLayout()
        head.setContentsMargins(11, 9, 11, 8)
        head.setSpacing(2)
        head.addWidget(self.title)
        head.addWidget(self.names)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        for part in (Section(say("Training"), say("changes live"), True), self.form, self.differ, self.group):
            column.addWidget(part)
        self.hide()

    def show_nodes(self, selected: tuple[Node, ...], locked: str) -> None:
        """Show those that have weights. locked: why settings that are not live cannot change, or ""."""
        counts = self.session.seen.parameters
        self.nodes = tuple(node for node in selected if counts.get(node.id))
        self.setVisible(len(self.nodes) > 1)
        if len(self.nodes) < 2:
            self.group.show_nodes(())
            return
        rest = len(selected) - len(self.nodes)
        self.title.show_text(say("{nodes_count} layers with weights", nodes_count=len(self.nodes)))
        self.names.show_text(strung(node.name for node in self.nodes) + (say("; {rest} more without", rest=rest) if rest else ""))
        self.form.show_record(self.nodes[0], NODE_OPTIONS, Node(id="", name="", spec=self.nodes[0].spec))
        self.form.lock(locked)
        mixed = [
            field.title(name).lower() for name, field in NODE_OPTIONS.items() if len({getattr(n, name) for n in self.nodes}) > 1
        ]
        self.differ.show_text(
            say("They differ in {mixed}; {nodes}'s is shown.", mixed=" and ".join(mixed), nodes=self.nodes[0].name)
            if mixed
            else ""
        )
        self.differ.setVisible(bool(mixed))
        self.group.show_nodes(self.nodes)
        self.group.align(self.form.label_width())

    def _ask(self, option: str, value: Any) -> None:
        if self.nodes:
            title = say(
                "Change {title} of {nodes_count} layers",
                title=NODE_OPTIONS[option].title(option).lower(),
                nodes_count=len(self.nodes),
            )
            self.session.do(Several(title, tuple(SetNodeOption(node.id, option, value) for node in self.nodes), joins=True))

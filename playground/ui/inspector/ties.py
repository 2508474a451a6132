"""The inspector's row about shared weights: whose they are or who uses them, and a button that ends it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from playground.document.edits import ShareWeights
from playground.document.project import Network, Node
from playground.lowering import tie_of
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import Painted, stamp
from playground.words import say, strung

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QPainter

    from playground.ui.session import Session


def tie_words(network: Network, node: Node, idle: Collection[str] = ()) -> str:
    """Whose weights a node uses, or who uses its own; "" where nothing is shared. idle: nodes whose tie shares nothing."""
    turned = say(" (transposed)")
    givers = [other.name for other in network.nodes if other.id == node.shares]
    if givers and node.id in idle:
        return say("tied to {giver}, shares nothing", giver=givers[0])
    if givers:
        return say("shared with {givers}{value}", givers=givers[0], value=turned if node.transposed else "")
    users = [
        other.name + (turned if other.transposed else "")
        for other in network.nodes
        if other.shares == node.id and other.id not in idle
    ]
    return say("used by {users} too", users=strung(users)) if users else ""


class _Link(Painted):
    """The link between the label and the words."""

    def __init__(self) -> None:
        super().__init__(26, 18)

    def draw(self, p: QPainter, r: QRectF) -> None:
        stamp(p, 8, r.center().y(), "tied", "c_block", 14)


class TieRow(QWidget):
    """Shown while the node shares weights, in either direction, and while there is another layer whose weights it might use."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.node = session, ""
        self.label, self.words = Label(say("Weights"), 12, "text2"), Label("", 12, "text", wraps=True)
        self.label.setFixedWidth(92)
        self.stop = Button("", "quiet", "close", small=True)
        self.stop.setToolTip(say("Stop sharing: the layer gets weights of its own again"))
        self.stop.setAccessibleName(say("Stop sharing weights"))
        line = QHBoxLayout(self)
        line.setContentsMargins(11, 4, 11, 4)
        line.setSpacing(8)
        self.choose = Button("", "quiet", "down", small=True)
        self.choose.setToolTip(say("Use the weights of another layer"))
        self.choose.setAccessibleName(say("Tied to"))
        for part, stretch in ((self.label, 0), (_Link(), 0), (self.words, 1), (self.choose, 0), (self.stop, 0)):
            line.addWidget(part, stretch)
        self.choose.clicked.connect(lambda: self.ask().popup(self.choose.mapToGlobal(QPoint(0, self.choose.height() + 2))))
        self.stop.clicked.connect(lambda: self.session.do(ShareWeights(self.node, "")))
        self.hide()

    def align(self, width: int) -> None:
        """Give the label the width of those of the forms around."""
        self.label.setFixedWidth(width)

    def givers(self, node: Node) -> list[Node]:
        """Layers with weights of their own that the node might use instead of its own."""
        counts = self.session.seen.parameters
        return [
            other
            for other in self.session.view.network.nodes
            if other.id != node.id and other.spec.kind == "layer" and counts.get(other.id) and not other.shares
        ]

    def ask(self) -> QMenu:
        """A menu of the layers whose weights the node could use; those that do not fit say why."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        network = self.session.view.network
        node = next((each for each in network.nodes if each.id == self.node), None)
        if node is None:
            return menu
        own = menu.addAction(say("Its own weights"))
        own.setCheckable(True)
        own.setChecked(not node.shares)
        own.triggered.connect(lambda: self.session.do(ShareWeights(self.node, "")) if node.shares else None)
        menu.addSeparator()
        entries: list[tuple[bool, QAction]] = []
        for other in self.givers(node):
            found = tie_of(self.session.view, self.session.samples, other.id, node.id)
            text = other.name if found.problem is None else strung((other.name, say(found.problem.text)), ": ")
            entry = QAction(text.replace("&", "&&"), menu)
            entry.setCheckable(True)
            entry.setChecked(node.shares == other.id)
            entry.setEnabled(found.problem is None)
            edit = ShareWeights(node.id, other.id, not found.plain)
            entry.triggered.connect(lambda _=False, chosen=edit: self.session.do(chosen))
            entries.append((found.problem is not None, entry))
        for _, entry in sorted(entries, key=lambda pair: pair[0]):
            menu.addAction(entry)
        return menu

    def show_node(self, node: Node, locked: str) -> None:
        """Show what a node shares. locked: why it cannot be ended now, or ""."""
        words = tie_words(self.session.view.network, node, self.session.seen.idle_ties)
        self.node = node.id
        counts = self.session.seen.parameters
        free = node.spec.kind == "layer" and bool(node.shares or counts.get(node.id)) and bool(self.givers(node))
        self.words.show_text(words or say("its own"), "text" if words else "text3")
        self.choose.setVisible(free)
        self.choose.setEnabled(not locked)
        self.setAccessibleName(say("Weights {words}", words=words))
        self.stop.setVisible(bool(node.shares))
        self.stop.setEnabled(not locked)
        self.setVisible(bool(words) or free)

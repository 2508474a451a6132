"""The inspector's row about shared weights: whose they are or who uses them, and a button that ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.document.edits import ShareWeights
from playground.document.project import Network, Node
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import Painted, stamp
from playground.words import say

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QPainter

    from playground.ui.session import Session


def tie_words(network: Network, node: Node) -> str:
    """Whose weights a node uses, or who uses its own; "" where nothing is shared."""
    turned = say(" (transposed)")
    givers = [other.name for other in network.nodes if other.id == node.shares]
    if givers:
        return say("shared with {givers}{value}", givers=givers[0], value=turned if node.transposed else "")
    users = [other.name + (turned if other.transposed else "") for other in network.nodes if other.shares == node.id]
    return say("used by {users} too", users=", ".join(users)) if users else ""


class _Link(Painted):
    """The link between the label and the words."""

    def __init__(self) -> None:
        super().__init__(26, 18)

    def draw(self, p: QPainter, r: QRectF) -> None:
        stamp(p, 8, r.center().y(), "tied", "c_block", 14)


class TieRow(QWidget):
    """Shown while the node shares weights, in either direction."""

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
        for part, stretch in ((self.label, 0), (_Link(), 0), (self.words, 1), (self.stop, 0)):
            line.addWidget(part, stretch)
        self.stop.clicked.connect(lambda: self.session.do(ShareWeights(self.node, "")))
        self.hide()

    def align(self, width: int) -> None:
        """Give the label the width of those of the forms around."""
        self.label.setFixedWidth(width)

    def show_node(self, node: Node, locked: str) -> None:
        """Show what a node shares. locked: why it cannot be ended now, or ""."""
        words = tie_words(self.session.view.network, node)
        self.node = node.id
        self.words.show_text(words)
        self.setAccessibleName(say("Weights {words}", words=words))
        self.stop.setVisible(bool(node.shares))
        self.stop.setEnabled(not locked)
        self.setVisible(bool(words))

"""Which parameter group nodes belong to: a row with a list, and the same as a menu. Putting nodes into a group is one edit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from playground.document.edits import AddGroup, PutInGroup
from playground.document.edits.base import names_of
from playground.document.groups import Group, memberships
from playground.document.project import Node
from playground.lowering.groups import weighty
from playground.ui.inspector.controls import ComboField
from playground.ui.inspector.text import Label
from playground.ui.plain_text import for_menu
from playground.ui.theme import theme
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

NONE, NEW, MIXED = sentence("No group"), sentence("New group"), sentence("Several groups")
INSIDE = sentence("A parameter group holds whole blocks. Leave the block, then put it into the group.")


def groups_of(session: Session, nodes: Iterable[Node]) -> list[Group | None]:
    """The group of each node, by hand or by rule."""
    project = session.project
    member = memberships(project.groups, weighty(project, session.inspection.parameters))
    return [member.get(node.id) for node in nodes]


def put_into(session: Session, nodes: Iterable[Node], group: str | None) -> None:
    """Put nodes into a group by its id, into none ("") or into a new one (None)."""
    ids = tuple(node.id for node in nodes)
    session.do(AddGroup(nodes=ids) if group is None else PutInGroup(ids, group), whole=True)


def can_group(session: Session) -> tuple[Node, ...]:
    """The selected nodes that have weights; none inside a block, whose nodes stand for several."""
    counts = session.inspection.parameters
    known = {node.id for node in session.project.network.nodes}
    return tuple(node for node in session.selected_nodes() if node.id in known and counts.get(node.id))


def takes(session: Session, ids: Iterable[str], group: Group | None) -> tuple[tuple[Node, ...], str]:
    """Which of some nodes a group, or a new one (None), would take that it has not; and why it takes none, where it does."""
    known, counts = {node.id: node for node in session.project.network.nodes}, session.inspection.parameters
    ids = tuple(ids)
    if not all(id in known for id in ids):
        return (), say(INSIDE)
    found = tuple(known[id] for id in ids if counts.get(id))
    if not found:
        return (), say("{names}: no weights, so no rate to share", names=say(names_of(session.project, ids)))
    new = tuple(node for node in found if group is None or node.id not in group.nodes)
    names = say(names_of(session.project, [node.id for node in found]))
    return new, "" if new else say("{names}: in this group by hand already", names=names)


def fill_group_menu(menu: QMenu, session: Session) -> None:
    """A submenu that puts the selection into a group; nothing where no selected node has weights."""
    nodes = can_group(session)
    if not nodes:
        return
    own = menu.addMenu(theme().icon("group"), say("Put into group"))
    by_hand = {group.id for group in session.project.groups if all(node.id in group.nodes for node in nodes)}
    choices = [(group.name, group.id) for group in session.project.groups]
    for title, id in (*choices, (say(NONE), "")):
        entry = QAction(for_menu(title), own)
        entry.setCheckable(True)
        entry.setChecked(
            id in by_hand if id else not any(node.id in group.nodes for group in session.project.groups for node in nodes)
        )
        entry.triggered.connect(lambda _=False, chosen=id: put_into(session, nodes, chosen))
        own.addAction(entry)
    own.addSeparator()
    made = own.addAction(say(NEW))
    made.triggered.connect(lambda: put_into(session, nodes, None))


class GroupRow(QWidget):
    """The group of the nodes shown, and what their weights end up with in it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.nodes = session, tuple[Node, ...]()
        self.label, self.combo, self.words = Label(say("Group"), 12, "text2"), ComboField(), Label("", 11, "text3", wraps=True)
        self.label.setFixedWidth(92)
        self.combo.setAccessibleName(say("Parameter group"))
        self.setToolTip(say("Layers of one group share a rate factor, a decay factor and whether they are frozen."))
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 0, 11, 6)
        column.setSpacing(2)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.label)
        line.addWidget(self.combo, 1)
        column.addLayout(line)
        column.addWidget(self.words)
        self.combo.activated.connect(self._chosen)
        self.hide()

    def show_nodes(self, nodes: tuple[Node, ...]) -> None:
        """Show the group of these nodes; nothing for none, or inside a block."""
        known = {node.id for node in self.session.project.network.nodes}
        self.nodes = tuple(node for node in nodes if node.id in known)
        self.setVisible(bool(self.nodes))
        if not self.nodes:
            return
        found = groups_of(self.session, self.nodes)
        self.combo.clear()
        for title, data in (
            (say(NONE), ""),
            *((group.name, group.id) for group in self.session.project.groups),
            (say(NEW), None),
        ):
            self.combo.addItem(title, data)
        one = found[0] if all(group is found[0] for group in found) else None
        mixed = len({group.id if group else "" for group in found}) > 1
        self.combo.setPlaceholderText(say(MIXED))
        self.combo.setCurrentIndex(-1 if mixed else self.combo.findData(one.id if one else ""))
        self.words.show_text(self._words(one))
        self.words.setVisible(bool(self.words.text()))

    def align(self, width: int) -> None:
        """Give the label the width of those of the form above."""
        self.label.setFixedWidth(width)

    def _words(self, group: Group | None) -> str:
        """Why it is in the group, and what the group does."""
        if group is None:
            return ""
        by_hand = all(node.id in group.nodes for node in self.nodes)
        does = [say("rate × {rate_factor}", rate_factor=f"{group.rate_factor:g}")] * (group.rate_factor != 1) + [
            say("decay × {decay_factor}", decay_factor=f"{group.decay_factor:g}")
        ] * (group.decay_factor != 1)
        does += [say("frozen")] * group.frozen
        why = say("By hand") if by_hand else say("By the rule {rule}", rule=group.rule)
        return say("{why}: {does}.", why=why, does=strung(does) or say("nothing changed yet"))

    def _chosen(self, at: int) -> None:
        put_into(self.session, self.nodes, self.combo.itemData(at))

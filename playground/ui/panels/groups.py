"""Parameter groups in the training form: each with its name, its rule, its factors, and how many layers it has now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.document.edits import AddGroup, MoveGroup, RemoveGroup, SetGroup
from playground.document.groups import Group, check_rule, memberships
from playground.document.options import NODE_OPTIONS
from playground.errors import BadValue
from playground.lowering.groups import weighty
from playground.ui.carrying import NodeTaker
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.form import Form
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import box, width_of
from playground.ui.painting import rule as line_under
from playground.ui.panels.group_drops import Grip, GroupDrops
from playground.ui.theme import theme
from playground.words import counted, say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

ABOUT = sentence(
    "Layers of a group share a rate factor, a decay factor and whether they are frozen. A layer belongs to the group that it was put"
    " into by hand, else to the first whose rule fits it. Drag layers here from the canvas or the outline, or choose their group in"
    " the inspector."
)
RULE_HELP = sentence("A pattern of node names (conv*), a kind (layer:dense) or a depth (first 3, last 2). Empty: by hand alone.")
HINT = sentence("conv* or first 3")


class GroupCard(QWidget):
    """One group. helped(title, text): what the focused field means, or why it is refused."""

    helped = Signal(str, str)

    def __init__(self, session: Session, group: Group, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.group, self.members = session, group, tuple[str, ...]()
        self._drop = ""
        self.grip = Grip()
        self.name, self.rule = LineField(), LineField(hint=say(HINT))
        self.name.setAccessibleName(say("Name of the group"))
        self.rule.setAccessibleName(say("Rule of the group"))
        self.rule.setToolTip(say(RULE_HELP))
        self.count = Button("", "link")
        self.up, self.delete = Button("", "icon", "up", small=True), Button("", "icon", "close", small=True)
        self.up.setToolTip(say("Ask this group's rule earlier"))
        self.delete.setToolTip(say("Delete the group; its layers stay"))
        self.form = Form()
        self._assemble()
        self.name.editingFinished.connect(self._renamed)
        self.rule.editingFinished.connect(self._ruled)
        self.rule.textEdited.connect(lambda _: self.rule.refuse(False))
        self.count.clicked.connect(self._select)
        self.up.clicked.connect(self._raise)
        self.delete.clicked.connect(lambda: session.do(RemoveGroup(self.group.id), whole=True))
        self.form.changed.connect(self._ask)
        self.form.moved.connect(self._ask)
        self.form.begun.connect(session.seal)
        self.form.helped.connect(self.helped)

    def _assemble(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 6, 11, 8)
        column.setSpacing(4)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(4)
        for part, stretch in ((self.grip, 0), (self.name, 1), (self.count, 0), (self.up, 0), (self.delete, 0)):
            first.addWidget(part, stretch)
        self.label = Label(say("Rule"), 12, "text2")
        second.setSpacing(8)
        second.setContentsMargins(6, 0, 0, 0)
        second.addWidget(self.label)
        second.addWidget(self.rule, 1)
        column.addLayout(first)
        column.addLayout(second)
        self.form.column.setContentsMargins(6, 0, 0, 0)
        column.addWidget(self.form)

    def show_group(self, group: Group, members: tuple[str, ...], first: bool) -> None:
        """Show the group with the ids of its layers. first: whether no rule is asked before its own."""
        self.group, self.members = group, members
        for field, text in ((self.name, group.name), (self.rule, group.rule)):
            if not field.hasFocus() or not field.refused:
                field.setText(text)
                field.refuse(False)
        words = say("no layers") if not members else counted(len(members), "layer", "layers")
        if words != self.count.text():
            self.count.setText(words)
            self.count.setFixedWidth(round(width_of(words, 11, True)) + 10)
            self.count.setAccessibleName(say("Select the {words} of {group}", words=words, group=group.name))
        self.count.setEnabled(bool(members))
        self.count.setToolTip(
            say("Select them on the canvas")
            if members
            else say("The rule fits no layer with weights, and none was put in by hand")
        )
        self.up.setEnabled(not first)
        self.form.show_record(group, NODE_OPTIONS, Group(id="", name=""))
        self.label.setFixedWidth(self.form.label_width())

    def _renamed(self) -> None:
        if self.name.text() != self.group.name:
            self.name.refuse(not self.session.do(SetGroup(self.group.id, "name", self.name.text()), whole=True))

    def _ruled(self) -> None:
        if self.rule.text() == self.group.rule:
            return
        try:
            check_rule(self.rule.text())
        except BadValue as error:
            self.rule.refuse(True)
            self.rule.setToolTip(say(str(error)))
            self.helped.emit(say("Rule"), say(str(error)))
            return
        self.rule.setToolTip(say(RULE_HELP))
        self.session.do(SetGroup(self.group.id, "rule", self.rule.text()), whole=True)

    def _ask(self, field: str, value: Any) -> None:
        self.session.do(SetGroup(self.group.id, field, value), whole=True)

    def _select(self) -> None:
        self.session.leave(0)
        self.session.select(self.members)

    def _raise(self) -> None:
        at = next((k for k, group in enumerate(self.session.project.groups) if group.id == self.group.id), 0)
        if at:
            self.session.do(MoveGroup(self.group.id, at - 1), whole=True)

    def show_drop(self, state: str) -> None:
        """Mark that what is dragged here would be taken ("target"), would not be ("refused"), or that nothing is ("")."""
        if state != self._drop:
            self._drop = state
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        line_under(p, 0, self.height() - 1, self.width())
        if self._drop:
            taken, r = self._drop == "target", QRectF(self.rect()).adjusted(3, 2, -3, -3)
            box(p, r, 6, theme().color("accentsoft") if taken else None, theme().color("accent" if taken else "error"), 2)
        p.end()


class GroupsEditor(NodeTaker):
    """All groups, in the order in which their rules are asked, and a button for one more. Layers are dragged onto them."""

    helped = Signal(str, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.cards: dict[str, GroupCard] = {}
        self.drops = GroupDrops(self)
        self.about = Label(say(ABOUT), 11, "text3", wraps=True)
        self.about.setContentsMargins(11, 6, 11, 2)
        self.add = Button(say("Add a group"), "link", "plus")
        self.add.clicked.connect(lambda: session.do(AddGroup(), whole=True))
        self.rows = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Section(say("Parameter groups"), say("change live"), True))
        column.addWidget(self.about)
        column.addLayout(self.rows)
        foot = QHBoxLayout()
        foot.setContentsMargins(7, 4, 11, 8)
        foot.addWidget(self.add)
        foot.addStretch(1)
        column.addLayout(foot)
        session.inspection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the groups as they are now."""
        project = self.session.project
        self.about.setVisible(not project.groups)
        ids = [group.id for group in project.groups]
        if ids != list(self.cards):
            for id, card in list(self.cards.items()):
                self.rows.removeWidget(card)
                if id not in ids:
                    self.cards.pop(id)
                    card.hide()
                    card.deleteLater()
            made = {group.id: self.cards.get(group.id) or self._card(group) for group in project.groups}
            self.cards = made
            for card in made.values():
                self.rows.addWidget(card)
        member = memberships(project.groups, weighty(project, self.session.inspection.parameters))
        for at, group in enumerate(project.groups):
            ids_in = tuple(id for id, own in member.items() if own.id == group.id)
            self.cards[group.id].show_group(group, ids_in, at == 0)

    def _card(self, group: Group) -> GroupCard:
        card = GroupCard(self.session, group)
        card.helped.connect(self.helped)
        card.grip.carried.connect(lambda: self.drops.carry(card.group.id))
        card.grip.stepped.connect(lambda by: self._step(card.group.id, by))
        return card

    def _step(self, group: str, by: int) -> None:
        at = list(self.cards).index(group)
        self.drops.place(group, at - 1 if by < 0 else at + 2)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.drops.enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.drops.move(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drops.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drops.drop(event)

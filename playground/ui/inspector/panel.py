"""The inspector: the selected node's head, its settings in sections, its problems, and help for the focused field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from playground.core.fields import Field, Part, fields_of
from playground.core.spec import Spec
from playground.document.blocks import BlockUse, find
from playground.document.edits import RenameNode
from playground.document.options import NODE_OPTIONS
from playground.document.project import Node
from playground.ui.actions import action_set_of
from playground.ui.focus_order import stops
from playground.ui.inspector.asking import LOCKED, busy, set_node, set_plan
from playground.ui.inspector.block import BlockCard
from playground.ui.inspector.facts import node_facts
from playground.ui.inspector.foot import Empty, Foot
from playground.ui.inspector.form import LABEL_WIDTH, Form
from playground.ui.inspector.grouping import GroupRow
from playground.ui.inspector.head import Head
from playground.ui.inspector.notice import Notices
from playground.ui.inspector.several import SeveralNodes
from playground.ui.inspector.tensors import NumbersSection
from playground.ui.inspector.text import Section
from playground.ui.inspector.ties import TieRow
from playground.ui.painting import group_color
from playground.ui.selected import selected_words
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

FOOT_FROM = 520  # pixels: below this height help is only a tooltip
_KINDS = {"dataset": ("Source", "Where the samples come from."), "loss": ("Loss", "What training makes small.")}


class Sections(QWidget):
    """Titled forms, one under another; a section without rows is not shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.forms: dict[str, Form] = {}
        self.strips: dict[str, Section] = {}

    def add(self, title: str, live: bool = False) -> Form:
        """A new section's form."""
        strip, form = Section(title, say("changes live") if live else "", live), Form()
        self.column.addWidget(strip)
        self.column.addWidget(form)
        form.column.setContentsMargins(11, 3, 11, 5)
        self.strips[title], self.forms[title] = strip, form
        return form

    def show_section(self, title: str, record: Any, fields: Mapping[str, Field], default: Any) -> None:
        """Fill a section, or hide it if there is nothing in it that means anything now."""
        means = any(field.counts(record) for field in fields.values())
        self.strips[title].setVisible(means)
        self.forms[title].setVisible(means)
        if means:
            self.forms[title].show_record(record, fields, default)


class Inspector(QWidget):
    """Follows the session's selection; every change becomes an edit, and a live one also reaches the run."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._helped, self._locked = "", False
        self.head, self.notices, self.foot = Head(), Notices(session.mend), Foot()
        self.several = SeveralNodes(session)
        self.several.helped.connect(self.foot.show_help)
        self.empty = Empty("slider", say("Nothing selected"), say("Click a node to see its settings here."))
        self.sections = Sections()
        for title, live in (("Source", False), ("Loss", False), ("Layer", False), ("Weights", False), ("Training", True)):
            form = self.sections.add(title, live)
            form.changed.connect(self._ask)
            form.moved.connect(self._ask)
            form.begun.connect(session.seal)
            form.helped.connect(self.foot.show_help)
            form.recorded.connect(self._show_record)
        self.tie, self.numbers = TieRow(session), NumbersSection(session)
        self.sections.column.insertWidget(self.sections.column.indexOf(self.sections.forms["Weights"]), self.tie)
        self.group = GroupRow(session)
        self.sections.column.addWidget(self.group)
        split = self.sections.add(say("Split and scaling"))
        split.changed.connect(lambda path, value: set_plan(session, "data", path, value))
        split.moved.connect(lambda path, value: set_plan(session, "data", path, value))
        split.begun.connect(session.seal)
        split.helped.connect(self.foot.show_help)
        self.block = BlockCard(session)
        self._assemble()
        self.head.renamed.connect(self._rename)
        self.head.menu_asked.connect(self._show_menu)
        for signal in (session.selection_changed, session.inspection_changed, session.samples_changed, session.scope_changed):
            signal.connect(self.refresh)
        session.run_changed.connect(self._run_changed)
        self.refresh()

    def _assemble(self) -> None:
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        for part in (self.head, self.notices, self.block, self.sections, self.numbers, self.several, self.empty):
            inner.addWidget(part)
        inner.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(page)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.area, 1)
        outer.addWidget(self.foot)
        self.setMinimumWidth(260)

    def focus_target(self) -> QWidget | None:
        """The first setting that is shown, else the name: where the keyboard belongs that comes to edit the node."""
        forms = (*self.sections.forms.values(), self.several.form)
        settings = next((found for form in forms if (found := stops(form))), [])
        return next(iter(settings or stops(self.area)), None)

    @property
    def node(self) -> Node | None:
        """The one selected node."""
        nodes = self.session.selected_nodes()
        return nodes[0] if len(nodes) == 1 else None

    def _run_changed(self) -> None:
        if busy(self.session) != self._locked:
            self.refresh()

    def refresh(self) -> None:
        """Show the selection as it is now."""
        self._locked = busy(self.session)
        node, many = self.node, len(self.session.selected_nodes())
        self.numbers.show_node(node)
        for part in (self.head, self.notices, self.sections):
            part.setVisible(node is not None)
        self.several.show_nodes(self.session.selected_nodes() if many > 1 else (), say(LOCKED) if self._locked else "")
        self.block.show_node(node, many)
        self.empty.setVisible(node is None and self.block.isHidden() and self.several.isHidden())
        self._show_foot()
        if node is None:
            title = say("{many} nodes selected", many=many) if many else selected_words(self.session)
            self.empty.show_text(title, say("Click one node to see its settings here."))
            self._helped = ""
            opened = None if self.block.isHidden() else find(self.session.view, self.block.block)
            self.foot.show_help(opened.name if opened else "", opened.help if opened else "")
            self.foot.show_record(None)
            return
        spec = node.spec
        kind = say(getattr(spec, "title", spec.id))
        self.head.show_node(
            getattr(spec, "icon", "block"),
            group_color(spec.kind, getattr(spec, "group", "")),
            node.name,
            kind if isinstance(spec, Spec) else say("{kind}: unknown to this version", kind=kind),
            node_facts(self.session, node),
        )
        if node.id != self._helped and isinstance(spec, Spec):
            self._helped = node.id
            block = find(self.session.view, spec.block) if isinstance(spec, BlockUse) else None
            self.foot.show_help(say(spec.title), block.help if block is not None else say(spec.summary()))
            self.foot.show_record(spec)
        problems = [problem for problem in self.session.seen.problems if problem.node == node.id]
        self.notices.show_problems(problems)
        self._show_sections(node)

    def _show_sections(self, node: Node) -> None:
        spec, show = node.spec, self.sections.show_section
        fields = fields_of(spec) if isinstance(spec, Spec) and spec.kind == "layer" else {}
        if isinstance(spec, BlockUse):  # which block it is does not change; the card above shows it
            fields = {name: field for name, field in fields.items() if name != "block"}
        default = type(spec)() if isinstance(spec, Spec) and fields else None
        weights = {n: f for n, f in fields.items() if isinstance(f, Part) and f.kind == "initializer"}
        live = {n: f for n, f in fields.items() if f.live}
        show("Layer", spec, {n: f for n, f in fields.items() if n not in weights and n not in live}, default)
        trains = self.session.seen.parameters.get(node.id, 0) > 0
        self.tie.show_node(node, say(LOCKED) if busy(self.session) else "")
        show("Weights", spec, weights if trains or not node.shares else {}, default)
        if not self.tie.isHidden():
            self.sections.strips["Weights"].show()
        options = NODE_OPTIONS if trains else {}
        together = _Together(spec, node)
        show("Training", together, {**live, **options}, _Together(default, Node(id="", name="", spec=spec)))
        self.group.show_nodes((node,) if trains else ())
        for kind, (title, help) in _KINDS.items():
            if spec.kind == kind and isinstance(spec, Spec):
                show(title, node, {"spec": Part(kind=kind, label=title, help=help)}, Node(id="", name="", spec=type(spec)()))
            else:
                show(title, None, {}, None)
        plan = self.session.project.data
        show(say("Split and scaling"), plan, fields_of(plan) if spec.kind == "dataset" else {}, type(plan)())
        reason = say(LOCKED) if busy(self.session) else ""
        forms = [form for form in self.sections.forms.values() if not form.isHidden()]
        width = max((each.label_width() for each in forms), default=LABEL_WIDTH)
        for form in forms:
            form.align(width)
            form.lock(reason)
        self.tie.align(width)
        self.group.align(width)

    def _show_record(self, part: object) -> None:
        """The reference of a part of the node, or of the node's own record."""
        self.foot.show_record(part if isinstance(part, Spec) else self.node.spec if self.node is not None else None)

    def _ask(self, path: str, value: Any) -> None:
        if self.node is not None:
            set_node(self.session, self.node, path, value)

    def _show_menu(self, at: QPoint) -> None:
        """What the canvas offers for the selected node."""
        made = action_set_of(self)
        if made is not None:
            made.window.canvas.menu_asked.emit(at)

    def _rename(self, name: str) -> None:
        if self.node is not None:
            self.head.refuse(not self.session.do(RenameNode(self.node.id, name)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_foot()

    def _show_foot(self) -> None:
        """Help where there is room for it and something to help with."""
        self.foot.setVisible(self.height() >= FOOT_FROM and self.empty.isHidden())


class _Together:
    """A record whose missing settings are those of the node around it."""

    def __init__(self, spec: Any, node: Node) -> None:
        self._spec, self._node = spec, node

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name) if name in NODE_OPTIONS else getattr(self._spec, name)

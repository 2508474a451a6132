"""The reference: a page for every entry of the catalogue, with its formula, shapes, settings, source and picture."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from playground.core import reference, registry
from playground.core.fields import Real, Whole, fields_of
from playground.core.spec import Layer, Loss, Spec
from playground.lowering.illustration import illustrate
from playground.ui.dialogs.sheet import Sheet
from playground.ui.inspector.controls import LineField
from playground.ui.inspector.editors import spelt
from playground.ui.inspector.head import Chip
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import box, group_color
from playground.ui.panel import Dialog, register_dialog
from playground.ui.plots.illustration import IllustrationView
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

ROW = 22  # pixels of an entry in the list
ROLE = Qt.ItemDataRole.UserRole
KINDS = {
    "layer": "Layers", "loss": "Losses", "dataset": "Data", "optimizer": "Optimizers", "schedule": "Schedules",
    "penalty": "Penalties", "initializer": "Initializers", "metric": "Metrics",
}  # fmt: skip
_PROSE = re.compile(
    r"\b(?:and|answers|as|both|by|else|factor|given|in|into|mean|of|on|or|over|read|then|through|up|what|where|with)\b|: "
)


def color_of(record: type[Spec]) -> str:
    """The colour of a record's chip; those that never stand on the canvas are neutral."""
    return group_color(record.kind, record.group) if record.kind in ("layer", "loss", "dataset") else "c_data"


def paragraphs(record: type[Spec]) -> list[str]:
    """The text of a record without its first line and its table. Lines of one sentence are joined; those with a colon start anew."""
    found: list[str] = []
    for line in (inspect.getdoc(record) or "").splitlines()[1:]:
        words = line.strip()
        if words.startswith("|"):
            continue
        ended = bool(found) and found[-1].startswith(("Shapes:", "Parameters:")) and found[-1].endswith(".")
        start = not found or ended or ":" in words.split(" ")[0] or " = " in words[:24]
        if not words:
            found.append("")
        elif start or not found[-1]:
            found.append(words)
        else:
            found[-1] += f" {words}"
    return [text for text in found if text]


def table(record: type[Spec]) -> list[list[str]]:
    """The rows of the table at the end of a record's text, its heads first; nothing where there is none."""
    lines = [line.strip() for line in (inspect.getdoc(record) or "").splitlines() if line.strip().startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if set(line) - set("|- ")]


def _grid(rows: list[list[str]]) -> QWidget:
    """A table, its heads in grey."""
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 2, 0, 2)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(3)
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            label = Label(say(cell), 11 if at == 0 else 12, "text" if at else "text2")
            label.setMinimumWidth(label.sizeHint().width())
            grid.addWidget(label, at, column)
    grid.setColumnStretch(max(map(len, rows)), 1)
    return made


def has_prose(formula: str) -> bool:
    """Whether a formula has words of a language besides its names, so that it is said."""
    return _PROSE.search(formula) is not None


class _Formula(QWidget):
    """A formula in a box of its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        self.text = Label(text, 12, "text", wraps=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.text)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        box(p, QRectF(self.rect()), 5, theme().color("base"), theme().color("border"))
        p.end()


class ReferencePage(QWidget):
    """The page of one record."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.record: type[Spec] | None = None
        self.chip, self.title, self.kind = Chip(), Label("", 16, "text", True), Label("", 11, "text2")
        self.picture = IllustrationView()
        self.rest: QWidget | None = None
        head = QHBoxLayout()
        head.setContentsMargins(20, 16, 20, 8)
        head.setSpacing(10)
        titles = QVBoxLayout()
        titles.setSpacing(2)
        titles.addWidget(self.title)
        titles.addWidget(self.kind)
        head.addWidget(self.chip)
        head.addLayout(titles, 1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 16)
        self.column.setSpacing(0)
        self.column.addLayout(head)
        self.summary = Label("", 12, "text", wraps=True)
        self.summary.setContentsMargins(20, 0, 20, 10)
        self.column.addWidget(self.summary)
        frame = QVBoxLayout()
        frame.setContentsMargins(20, 0, 20, 10)
        frame.addWidget(self.picture)
        self.column.addLayout(frame)
        self.column.addStretch(1)

    def show_record(self, record: type[Spec], spec: Spec | None = None) -> None:
        """Show a record's page. spec: the settings that the picture is drawn with, else the defaults."""
        self.record = record
        self.chip.show_icon(record.icon, color_of(record))
        self.title.show_text(say(record.title))
        group = record.group if record.kind == "layer" else ""
        self.kind.show_text(" · ".join(filter(None, (say(KINDS[record.kind]), say(group), say(record.tail)))))
        self.summary.show_text(say(record.summary()))
        self.picture.show_illustration(illustrate(spec if isinstance(spec, record) else record()))
        if self.rest is not None:
            self.column.removeWidget(self.rest)
            self.rest.hide()
            self.rest.deleteLater()
        self.rest = self._rest(record)
        self.column.insertWidget(self.column.count() - 1, self.rest)

    def _rest(self, record: type[Spec]) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if record.formula:
            column.addWidget(Section(say("Formula")))
            column.addLayout(_inset(_Formula(say(record.formula) if has_prose(record.formula) else record.formula)))
        if text := paragraphs(record):
            column.addWidget(Section(say("Shapes and behaviour") if issubclass(record, Layer | Loss) else say("More")))
            rows = table(record)
            column.addLayout(
                _inset(
                    *(Label(say(each).replace("->", "→"), 12, "text", wraps=True) for each in text),
                    *([_grid(rows)] if rows else []),
                )
            )
        if fields := fields_of(record):
            column.addWidget(Section(say("Settings")))
            start = record()
            parts: list[QWidget] = []
            for name, field in fields.items():
                shown = reference.shown(getattr(start, name), getattr(field, "between", "×"))
                line = Label(
                    say("{title}: {span}; starts as {shown}", title=field.title(name), span=reference.span(field), shown=shown),
                    12,
                    "text",
                    True,
                    wraps=True,
                )
                only = ""
                if field.when:
                    wanted = say(" or ").join(say(word) for word in reference.wanted_of(field))
                    only = say(
                        " Counts only when {when} is {wanted}.",
                        when=fields[field.when[0]].title(field.when[0]).lower(),
                        wanted=wanted,
                    )
                live = say(" Changes while training.") if field.live else ""
                unused = ""
                if isinstance(field, Real | Whole) and field.off:
                    unused = say(" At {low}: {off}.", low=reference.shown(field.low), off=say(field.off))
                parts += [line, Label(say(field.help) + unused + only + live, 11, "text2", wraps=True)]
                for word, meaning in reference.options_of(field):
                    told = say("{word}: {meaning}", word=say(spelt(word)), meaning=say(meaning))
                    option = Label(told, 11, "text2", wraps=True)
                    option.setContentsMargins(12, 0, 0, 0)
                    parts.append(option)
            column.addLayout(_inset(*parts))
        if record.source:
            column.addWidget(Section(say("Source")))
            column.addLayout(_inset(Label(record.source, 12, "text", wraps=True)))
        return made


def _inset(*parts: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(20, 10, 20, 12)
    column.setSpacing(5)
    for part in parts:
        column.addWidget(part)
    return column


class ReferenceSheet(Sheet):
    """Every entry by kind on the left, searchable; its page on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("book", say("Reference"), (820, 700), parent)
        self.search, self.tree, self.page = (
            LineField(icon="search", hint=say("Search the reference")),
            QTreeWidget(),
            ReferencePage(),
        )
        self.search.setAccessibleName(say("Search the reference"))
        self.tree.setAccessibleName(say("Entries of the catalogue"))
        self.tree.setHeaderHidden(True)
        self.tree.setFrameShape(QFrame.Shape.NoFrame)
        self.tree.setIndentation(12)
        self.rows: dict[tuple[str, str], QTreeWidgetItem] = {}
        left = QWidget()
        left.setFixedWidth(230)
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 8, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        self.area = QScrollArea()
        self.area.setWidget(self.page)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(left)
        self.body.addWidget(self.area, 1)
        self._fill()
        self.search.textChanged.connect(self.filter)
        self.tree.currentItemChanged.connect(lambda item: self._chosen(item))
        theme().changed.connect(self._recolor)
        close = self.button(say("Close"))
        close.clicked.connect(self.close)

    def successor(self) -> Callable[[], QDialog]:
        over, record = self.parentWidget(), self.page.record

        def made() -> ReferenceSheet:
            sheet = ReferenceSheet(over)
            if record is not None:
                sheet.show_record(record)
            return sheet

        return made

    def _fill(self) -> None:
        for kind, title in KINDS.items():
            group = QTreeWidgetItem(self.tree, [say(title)])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for record in sorted(registry.entries(kind), key=lambda record: record.title.lower()):
                row = QTreeWidgetItem(group, [say(record.title)])
                row.setData(0, ROLE, record)
                row.setSizeHint(0, QSize(0, ROW))
                row.setToolTip(0, say(record.summary()))
                self.rows[kind, record.id] = row
            group.setExpanded(kind == "layer")
        self._recolor()

    def _recolor(self) -> None:
        for row in self.rows.values():
            record = row.data(0, ROLE)
            row.setIcon(0, QIcon(theme().icon(record.icon, 16, color_of(record))))

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        record = item.data(0, ROLE) if item is not None else None
        if record is not None and record is not self.page.record:
            self.page.show_record(record)
            self.area.verticalScrollBar().setValue(0)

    def show_record(self, record: type[Spec], spec: Spec | None = None) -> None:
        """Turn to a record's page. spec: the settings that its picture is drawn with."""
        self.page.show_record(record, spec)
        row = self.rows[record.kind, record.id]
        parent = row.parent()
        if parent is not None:
            parent.setExpanded(True)
        self.tree.setCurrentItem(row)
        self.tree.scrollToItem(row, QAbstractItemView.ScrollHint.PositionAtCenter)
        self.area.verticalScrollBar().setValue(0)

    def filter(self, text: str) -> None:
        """Show the entries whose title, id or help has these letters; nothing typed shows all."""
        wanted = text.casefold().strip()
        for row in self.rows.values():
            record = row.data(0, ROLE)
            words = f"{record.title} {say(record.title)} {record.id} {say(record.summary())}".casefold()
            row.setHidden(bool(wanted) and wanted not in words)
        for at in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(at)
            if group is not None:
                hidden = [child.isHidden() for k in range(group.childCount()) if (child := group.child(k)) is not None]
                group.setHidden(all(hidden))
                group.setExpanded(bool(wanted) or group.text(0) == KINDS["layer"])
        first = next((row for row in self.rows.values() if not row.isHidden()), None)
        if wanted and first is not None:
            self.tree.setCurrentItem(first)


def has_page(record: type[Spec] | None) -> bool:
    """Whether a record stands in the reference; a block of one's own does not."""
    return record is not None and record.kind in KINDS and record in registry.entries(record.kind)


def open_reference(over: QWidget, record: type[Spec] | None = None, spec: Spec | None = None) -> ReferenceSheet:
    """Show the reference over a window, at a record's page; one that is open already turns to it."""
    window = over.window()
    sheet = next((child for child in window.findChildren(ReferenceSheet) if child.isVisible()), None) or ReferenceSheet(window)
    first = record or sheet.page.record or registry.entries("layer")[0]
    sheet.show_record(first, spec)
    sheet.show()
    sheet.activateWindow()
    return sheet


def _open(session: Session, over: QWidget) -> None:
    """At the selected node's record, with its settings."""
    nodes = session.selected_nodes()
    spec = nodes[-1].spec if nodes and isinstance(nodes[-1].spec, Spec) and nodes[-1].spec.kind in KINDS else None
    open_reference(over, type(spec) if spec is not None and has_page(type(spec)) else None, spec)


register_dialog(Dialog(id="reference", open=_open))

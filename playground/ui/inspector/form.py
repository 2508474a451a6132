"""The one generic form: rows for the fields of a catalogue record, nested forms for its parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from playground.core import reference, registry
from playground.core.cloud import Cloud
from playground.core.fields import Choice, Field, Formula, Part, fields_of
from playground.core.spec import Spec
from playground.document.project import Placeholder
from playground.ui.inspector.cloud import CloudEditor
from playground.ui.inspector.controls import Button, ComboField
from playground.ui.inspector.editors import EDITORS, ChoiceEditor, Editor, spelt
from playground.ui.inspector.formula import FormulaEditor
from playground.ui.inspector.text import Label
from playground.ui.painting import Painted, put, stamp, width_of
from playground.words import say, sentence

LABEL_WIDTH = 92
WIDEST_LABEL = 150
INDENT = 10

EDITORS[Formula] = FormulaEditor  # it stands on the editor of a line, so that module cannot name it
EDITORS[Cloud] = CloudEditor


class RowLabel(Painted):
    """A row's label: bold once it differs from the default, the bolt after it if it may change while training."""

    def __init__(self, text: str, live: bool, parent: QWidget | None = None) -> None:
        super().__init__(26, LABEL_WIDTH, text, parent)
        self.text, self.live, self.changed = text, live, False

    def draw(self, p: QPainter, r: QRectF) -> None:
        room = r.width() - (16 if self.live else 0)
        ink = "disabled" if not self.isEnabled() else "text" if self.changed else "text2"
        put(p, QRectF(0, 0, room, r.height()), self.text, 12, ink, self.changed)
        if self.live:
            x = min(width_of(self.text, 12, self.changed), room) + 9
            stamp(p, x, r.center().y(), "bolt", "accent" if self.isEnabled() else "disabled", 11)


class PartEditor(Editor):
    """A combo of the kind's records, and under it the chosen one's own form."""

    def __init__(self, field: Part, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.combo = ComboField()
        for record in registry.entries(field.kind):
            self.combo.addItem(say(record.title), record.id)
            self.combo.setItemData(self.combo.count() - 1, say(record.summary()), Qt.ItemDataRole.ToolTipRole)
        self.part(self.combo, 1)
        self.combo.activated.connect(self._chosen)

    def draw_value(self) -> None:
        known = isinstance(self.value, Spec)
        self.combo.setPlaceholderText("" if known else say("{id}: unknown to this version", id=self.value.id))
        self.combo.setCurrentIndex(self.combo.findData(self.value.id) if known else -1)

    def _chosen(self, at: int) -> None:
        id = self.combo.itemData(at)
        if id != self.value.id:
            made = registry.find(self.field.kind, id)
            known = fields_of(made)
            old = fields_of(self.value) if isinstance(self.value, Spec) else {}
            kept = {name: getattr(self.value, name) for name, field in old.items() if known.get(name) == field}
            self.ask(made(**kept))


class Row(QWidget):
    """Label, editor, reset; for a part also its nested form."""

    changed = Signal(str, object)
    moved = Signal(str, object)
    begun = Signal()
    helped = Signal(str, str)

    def __init__(
        self,
        name: str,
        field: Field,
        level: int = 0,
        parent: QWidget | None = None,
        *,
        live: bool | None = None,
        fixed: Collection[str] | None = None,
    ) -> None:
        """live: whether it may change while training; None: as the field says.  fixed: of the nested form, as in `Form`."""
        super().__init__(parent)
        self.name, self.field, self.level = name, field, level
        self.live, self.fixed = field.live if live is None else live, fixed
        self.default: Any = dataclasses.MISSING
        self.label = RowLabel(say(field.title(name)), self.live)
        self.label.setToolTip(say(field.help))
        self.editor: Editor = PartEditor(field, name) if isinstance(field, Part) else EDITORS[type(field)](field, name)
        self.reset = Button("", "quiet", "reset", small=True)
        self.reset.setAccessibleName(say("Reset {title}", title=field.title(name)))
        self.reset.hide()
        self.nested: Form | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(2)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.label)
        if self.editor.wide:
            line.addStretch(1)
        else:
            line.addWidget(self.editor, 1)
        line.addWidget(self.reset)
        column.addLayout(line)
        self.line, self.rows, self.below = line, column, self.editor.wide
        if self.editor.wide:
            column.addWidget(self.editor)
        self.editor.changed.connect(lambda value: self.changed.emit(name, value))
        self.editor.moved.connect(lambda value: self.moved.emit(name, value))
        self.editor.begun.connect(self.begun)
        self.editor.refused.connect(lambda error: self.helped.emit(say(field.title(name)), error or say(field.help)))
        self.reset.clicked.connect(lambda: self.changed.emit(name, self.default))

    def show_value(self, value: Any, default: Any) -> None:
        """Show the value, and whether it is still the default."""
        self.default = default
        self.editor.show_value(value)
        differs = value.id != default.id if isinstance(self.field, Part) else value != default
        if differs != self.label.changed:
            self.label.changed = differs
            self.label.update()
        self.reset.setVisible(differs)
        choice = isinstance(self.field, Choice)
        shown = sentence(spelt(default)) if choice else reference.shown(default, getattr(self.field, "between", "×"))
        self.reset.setToolTip(say("Back to {shown}", shown=shown))
        if isinstance(self.field, Part):
            self._show_nested(value)
        self.fit()

    def fit(self) -> None:
        """Put a list under its label while its title would be cut beside it."""
        if not isinstance(self.editor, PartEditor | ChoiceEditor):
            return
        combo = self.editor.combo
        beside = self.label.width() + 8 + (0 if self.reset.isHidden() else self.reset.width() + 8)
        below = width_of(combo.currentText()) > self.width() - beside - combo.frame
        if below == self.below or self.width() <= beside:
            return
        self.below = below
        if below:
            self.line.removeWidget(self.editor)
            self.line.insertStretch(1, 1)
            self.rows.insertWidget(1, self.editor)
        else:
            self.rows.removeWidget(self.editor)
            self.line.takeAt(1)
            self.line.insertWidget(1, self.editor, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def _show_nested(self, value: Spec | Placeholder) -> None:
        """The part's own form; one that this version does not know has none."""
        if not isinstance(value, Spec):
            if self.nested is not None:
                self.nested.hide()
            return
        if self.nested is None:
            self.nested = Form(self.level + 1, fixed=self.fixed)
            self.nested.changed.connect(lambda name, part: self.changed.emit(f"{self.name}.{name}", part))
            self.nested.moved.connect(lambda name, part: self.moved.emit(f"{self.name}.{name}", part))
            self.nested.begun.connect(self.begun)
            self.nested.helped.connect(self.helped)
            self.layout().addWidget(self.nested)  # type: ignore[union-attr]
        self.nested.show_spec(value)
        self.nested.setVisible(bool(self.nested.rows))

    def lock(self, reason: str, live: bool) -> None:
        """Lock the row with a reason unless it may change while training."""
        mine = "" if self.live and live else reason
        self.label.setEnabled(not mine)
        self.label.update()
        self.editor.lock(mine)
        self.reset.setEnabled(not mine)
        if self.nested:
            self.nested.lock(reason)


class Form(QWidget):
    """Rows for the fields of one record.

    changed(path, value): a committed wish; moved(path, value): while a slider is dragged. A path is a name, or "part.field".  begun: the
    next wish is another one.
    helped(title, text): what the focused row means, or why it is refused.  recorded(record): the part that the focused row is about.
    """

    changed = Signal(str, object)
    moved = Signal(str, object)
    begun = Signal()
    helped = Signal(str, str)
    recorded = Signal(object)

    def __init__(
        self,
        level: int = 0,
        only: Collection[str] | None = None,
        hide: Collection[str] = (),
        headings: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
        *,
        fixed: Collection[str] | None = None,
    ) -> None:
        """headings: a few words above the row of a field, for a long form.  fixed: all but these may change while training; None: as
        the fields say."""
        super().__init__(parent)
        self.fixed = fixed
        self.headings, self.heads = dict(headings or {}), dict[str, Label]()
        self.level, self.only, self.hidden_names = level, only, frozenset(hide)
        self.rows: dict[str, Row] = {}
        self.spec: Any = None
        self.reason = ""
        self.more = Button(say("More"), "link", "right")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._fold)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(*((11, 0, 11, 0) if not level else (INDENT, 0, 0, 0)))
        self.column.setSpacing(0)
        app = QApplication.instance()
        if not level and isinstance(app, QApplication):
            app.focusChanged.connect(self._focused)

    def show_spec(self, spec: Spec) -> None:
        """Show a catalogue record against its defaults."""
        self.show_record(spec, fields_of(spec), type(spec)())

    def show_record(self, record: Any, fields: Mapping[str, Field], default: Any) -> None:
        """Show any record with these fields; rows are made anew only when the fields change."""
        wanted = {n: f for n, f in fields.items() if (self.only is None or n in self.only) and n not in self.hidden_names}
        if wanted != {name: row.field for name, row in self.rows.items()}:
            self._build(wanted)
        self.spec = record
        for name, row in self.rows.items():
            row.show_value(getattr(record, name), getattr(default, name))
            row.editor.show_record(record)
        self._fold()
        if self.reason:
            self.lock(self.reason)

    def _fold(self, *_: object) -> None:
        """Hide rows that mean nothing now, and the advanced ones while they are folded."""
        folded = self._show_rows(self.more.isChecked())
        self.more.setVisible(folded and not self.level)
        self.more.glyph = "down" if self.more.isChecked() else "right"
        self.more.setText(say("Less") if self.more.isChecked() else say("More"))
        if not self.level:
            self.align(self.label_width())

    def _show_rows(self, all_rows: bool) -> bool:
        """Show the rows that count; whether any is, or would be, folded."""
        folded = False
        for row in self.rows.values():
            field = row.field
            means = field.counts(self.spec)
            folded |= means and field.advanced
            row.setVisible(means and (all_rows or not field.advanced))
            if row.name in self.heads:
                self.heads[row.name].setVisible(not row.isHidden())
            if row.nested:
                folded |= row.nested._show_rows(all_rows) and means
        return folded

    def label_width(self) -> int:
        """The width that the visible labels ask for."""
        return min(WIDEST_LABEL, max(LABEL_WIDTH, round(self._widest())))

    def _widest(self) -> float:
        """How much room the visible labels need, from this form's left edge."""
        needs = [0.0]
        for row in self.rows.values():
            if not row.isHidden():
                needs.append(width_of(row.label.text, 12, True) + (18 if row.live else 2))
                needs.append(row.nested._widest() + INDENT if row.nested else 0.0)
        return max(needs)

    def align(self, width: int) -> None:
        """Give all labels one width, so that editors stand in one column, nested ones too."""
        for row in self.rows.values():
            row.label.setFixedWidth(width)
            row.fit()
            if row.nested:
                row.nested.align(width - INDENT)

    def _build(self, wanted: Mapping[str, Field]) -> None:
        for row in self.rows.values():
            self.column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {name: self._row(name, field) for name, field in wanted.items()}
        for head in self.heads.values():
            self.column.removeWidget(head)
            head.hide()
            head.deleteLater()
        self.heads = {name: Label(say(text), 11, "text2", True) for name, text in self.headings.items() if name in self.rows}
        for row in self.rows.values():
            if row.name in self.heads:
                self.heads[row.name].setContentsMargins(0, 12, 0, 2)
                self.column.addWidget(self.heads[row.name])
            row.changed.connect(self.changed)
            row.moved.connect(self.moved)
            row.begun.connect(self.begun)
            row.helped.connect(self.helped)
            self.column.addWidget(row)
        self.column.addWidget(self.more)

    def _row(self, name: str, field: Field) -> Row:
        live = None if self.fixed is None else name not in self.fixed
        return Row(name, field, self.level, self, live=live, fixed=None if self.fixed is None else ())

    def lock(self, reason: str) -> None:
        """Lock what may not change while training, with the reason; "" unlocks."""
        self.reason = reason
        for row in self.rows.values():
            row.lock(reason, True)

    def _focused(self, _old: QObject | None, new: QWidget | None) -> None:
        """Tell the help of the row that got the focus."""
        if new is None or not self.isAncestorOf(new):
            return
        at: QWidget | None = new
        while at is not None and not isinstance(at, Row):
            at = at.parentWidget()
        if isinstance(at, Row):
            self.helped.emit(say(at.field.title(at.name)), at.editor.error or say(at.field.help))
            while at is not None and not (isinstance(at, Row) and isinstance(at.field, Part)):
                at = at.parentWidget()
            self.recorded.emit(at.editor.value if isinstance(at, Row) else self.spec)

"""Rows of the knobs panel: a number with its slider over the whole width, a layer with its freeze switch, the live numbers."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QToolTip, QWidget

from playground.core.fields import Real, Whole
from playground.core.registry import entries
from playground.document.project import Node
from playground.ui.inspector.controls import ComboField, Switch
from playground.ui.inspector.editors import NumberEditor
from playground.ui.inspector.form import RowLabel
from playground.ui.inspector.numbers import tidy
from playground.ui.painting import Painted, box, chip, group_color, middled, put, rule, stamp, width_of
from playground.ui.plots.axis import measured, short
from playground.ui.theme import theme
from playground.words import percent, say, strung

FIELD_WIDTH = 92
#: Steps a second to choose from; 0 is as many as the machine can.
SPEEDS = (0.0, 1000.0, 240.0, 60.0, 16.0, 4.0)


class KnobRow(NumberEditor):
    """Label and field over a slider of the full width."""

    def __init__(self, field: Real | Whole, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.label = RowLabel(label, True)
        self.label.setMinimumWidth(40)
        self.label.setMaximumWidth(16777215)
        self.line.insertWidget(0, self.label, 1)
        self.text.setFixedWidth(FIELD_WIDTH)
        self.text.setAccessibleName(label)
        self.column.setContentsMargins(11, 0, 11, 0)
        if self.slider:
            self.line.removeWidget(self.slider)
            self.column.addWidget(self.slider)
            self.slider.setAccessibleName(say("{label} slider", label=label))
        else:
            self.line.takeAt(self.line.count() - 1)  # the stretch: the label takes its room

    def beside(self) -> float:
        """Nothing: the label stands there."""
        return 0.0

    def draw_value(self) -> None:
        super().draw_value()
        self.text.setCursorPosition(0)


class SpeedRow(QWidget):
    """How many steps a second the run may do. Slow motion shows what single steps do; it changes no number."""

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label, self.field = RowLabel(say("Speed"), True), ComboField()
        for speed in SPEEDS:
            self.field.addItem(say("{speed} steps/s", speed=f"{speed:,.0f}") if speed else say("Full speed"), speed)
        self.field.setAccessibleName(say("Speed"))
        self.setToolTip(say("How many steps a second the run may do. Slow motion shows single steps and changes no number."))
        self.label.setMinimumWidth(40)
        self.label.setMaximumWidth(16777215)
        self.field.setFixedWidth(140)
        line = QHBoxLayout(self)
        line.setContentsMargins(11, 2, 11, 2)
        line.addWidget(self.label, 1)
        line.addWidget(self.field)
        self.field.activated.connect(lambda at: self.chosen.emit(self.field.itemData(at)))

    def show_speed(self, speed: float) -> None:
        self.field.setCurrentIndex(max(self.field.findData(speed), 0))


class LayerRow(QWidget):
    """A layer with weights: its chip and name, its rate factor, and a switch that freezes it."""

    frozen = Signal(bool)
    chosen = Signal()

    def __init__(self, node: Node, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = _LayerFace()
        self.switch = Switch(say("Freeze {node}", node=node.name))
        line = QHBoxLayout(self)
        line.setContentsMargins(11, 1, 9, 1)
        line.setSpacing(6)
        line.addWidget(self.face, 1)
        line.addWidget(self.switch)
        self.switch.clicked.connect(lambda on: self.frozen.emit(bool(on)))
        self.show_node(node)

    def show_node(self, node: Node) -> None:
        self.face.node = node
        self.face.update()
        self.switch.setChecked(node.frozen)
        self.face.setToolTip(node.name)
        self.switch.setToolTip(say("Its weights stay as they are while the others train"))


class _LayerFace(Painted):
    def __init__(self) -> None:
        super().__init__(26)
        self.node: Node | None = None

    def draw(self, p: QPainter, r: QRectF) -> None:
        node = self.node
        if node is None:
            return
        spec = node.spec
        chip(p, 0, 3, 20, getattr(spec, "icon", "block"), group_color(spec.kind, getattr(spec, "group", "")), "panel")
        freeze = width_of(say("Freeze"), 11)
        put(p, QRectF(r.width() - freeze, 0, freeze + 2, 26), say("Freeze"), 11, "text2")
        stamp(p, r.width() - freeze - 12, 13, "frozen", "info" if node.frozen else "text2", 14)
        factor = say("rate × {rate_factor}", rate_factor=f"{node.rate_factor:g}")
        room = r.width() - freeze - 24
        wide = width_of(factor, 11)
        put(p, QRectF(room - wide - 2, 0, wide + 2, 26), factor, 11, "text2")
        left = max(20.0, room - wide - 34)
        put(p, QRectF(26, 0, left, 26), middled(node.name, left), 12)


class LiveNumbers(Painted):
    """The newest training loss, validation loss and metric, 18 px."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(54, 0, say("Live numbers"), parent)
        self.values: list[tuple[str, str, str]] = []

    def show_numbers(self, train: float | None, validation: float | None, metric: tuple[str, str] | None) -> None:
        """Show what is known; a dash for the rest."""
        values = [
            (say("train"), _number(train), "error" if train is not None and not math.isfinite(train) else "s1"),
            (say("validation"), _number(validation), "s2"),
            (*(metric or (say("metric"), "—")), "text"),
        ]
        if values != self.values:
            self.values = values
            self.setAccessibleDescription(strung(f"{name} {value}" for name, value, _ in values))
            self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        third = (r.width() - 20) / 3
        for k, (name, value, ink) in enumerate(self.values):
            x = 11 + k * third
            put(p, QRectF(x, 7, third - 4, 16), name, 11, "text2")
            put(p, QRectF(x, 22, third - 4, 26), value, 18, ink if value != "—" else "text3", True)
        rule(p, 0, r.bottom() - 1, r.width())


class JournalList(QWidget):
    """Entries, newest first; the texts break where they must. chosen(row): double-clicked, or Enter on the row that has the focus."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[int, str, str, str]] = []
        self.at = 0
        self.setFixedHeight(32)

    def show_entries(self, rows: list[tuple[int, str, str, str]]) -> None:
        """(step, icon, token, text) of every entry, newest first. token: "error" and "text3" are the colours of the text too."""
        if rows != self.rows:
            self.rows, self.at = rows, 0
            self.setFixedHeight(26 * max(len(rows), 1) + 6)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if rows else Qt.FocusPolicy.NoFocus)  # an empty list takes no keys
            told = strung((f"{step:,} {text}" for step, _, _, text in rows[:20]), "; ")
            self.setAccessibleName(say("Journal, by steps: {entries}", entries=told))
            self.update()

    def event(self, event: QEvent) -> bool:
        """The whole text of an entry as its tooltip, since the row may be too narrow for it."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = (event.pos().y() - 2) // 26
            if 0 <= at < len(self.rows):
                step, _, _, text = self.rows[at]
                QToolTip.showText(event.globalPos(), say("Step {step}: {what}", step=f"{step:,}", what=text), self)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step and self.rows:
            self.at = min(max(self.at + step, 0), len(self.rows) - 1)
            self._show_marked()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.rows:
            self.chosen.emit(self.at)
        else:
            super().keyPressEvent(event)

    def _show_marked(self) -> None:
        """Bring the marked entry into view, and tell it to a screen reader."""
        self.update()
        step, _, _, text = self.rows[self.at]
        self.setAccessibleDescription(say("Step {step}: {what}", step=f"{step:,}", what=text))
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        area: QWidget | None = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if isinstance(area, QScrollArea):
            page = area.widget() or self
            area.ensureVisible(0, self.mapTo(page, QPoint(0, 26 * self.at + 15)).y(), 0, 24)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.at = self._row_at(event.position().toPoint().y())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = (event.position().toPoint().y() - 2) // 26
        if 0 <= at < len(self.rows):
            self.chosen.emit(at)

    def _row_at(self, y: int) -> int:
        return min(max((y - 2) // 26, 0), max(len(self.rows) - 1, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        p, wide = QPainter(self), float(self.width())
        if self.rows and self.hasFocus():
            box(p, QRectF(4, 26.0 * self.at + 2, wide - 8, 26), 4, None, theme().color("accent"))
        if not self.rows:
            put(p, QRectF(11, 2, wide - 22, 26), say("Nothing yet. Turn a knob while it trains."), 11, "text3")
        for k, (step, icon, token, text) in enumerate(self.rows):
            y = 26.0 * k + 2
            stamp(p, 18, y + 13, icon, token, 14)
            number = f"{step:,}"
            put(p, QRectF(68 - width_of(number, 11), y, 60, 26), number, 11, "text2")
            put(p, QRectF(76, y, wide - 86, 26), text, 11, token if token in ("error", "text3") else "text")
        p.end()


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "—" if value is None else "NaN" if math.isnan(value) else short(value)
    if value == 0 or 0.01 <= abs(value) < 1e6:
        return measured(value)
    return (
        f"{value:#.2g}" if 1e-3 <= abs(value) < 0.01 else tidy(f"{value:.1e}")
    )  # two figures leave room for the number beside it


def metric_shown(metrics: dict[str, float]) -> tuple[str, str] | None:
    """The first metric of a record with its title, shares as per cent."""
    if not metrics:
        return None
    known = {record.id: record for record in entries("metric")}
    name = next((name for name in metrics if name.rpartition(": ")[2] == "accuracy"), next(iter(metrics)))
    head, _, id = name.rpartition(": ")
    title = say(known[id].title) if id in known else id
    value = metrics[name]
    words = title if title.isupper() or id not in known else title.lower()
    return f"{head} {words}".strip(), percent(f"{100 * value:.1f}") if id == "accuracy" else measured(value)

"""The editor of a formula: its text with a mark under what is wrong, its curve and its derivative, and the way into the palette."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.core.expression import Formula as Parsed
from playground.core.expression import FormulaError, derivative, parse, shared_text, value, values
from playground.core.fields import Formula
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.editors import LineEditor
from playground.ui.inspector.text import Label
from playground.ui.library import library
from playground.ui.painting import Painted, put, rule, width_of
from playground.ui.theme import theme
from playground.words import say

REACH = 4.0  # the curve is drawn from minus this to this
LETTERS = 24  # shown on each side of a mistake


class Mistake(Painted):
    """The part of the formula around a mistake, and a caret under its first character."""

    def __init__(self) -> None:
        super().__init__(30, name=say("Where the formula is wrong"))
        self.text, self.at = "", 0

    def show_mistake(self, text: str, position: int) -> None:
        """position: of the character at fault, from 1."""
        first = max(0, position - 1 - LETTERS)
        self.text, self.at = text[first : position - 1 + LETTERS], position - 1 - first
        self.setAccessibleName(
            say("Wrong at position {position}: {what}", position=position, what=self.text[self.at : self.at + 1] or "the end")
        )
        self.update()

    def caret(self) -> float:
        """Where the caret stands, in pixels."""
        return 8 + width_of(self.text[: self.at], 11) + width_of(self.text[self.at : self.at + 1] or " ", 11) / 2

    def draw(self, p: QPainter, r: QRectF) -> None:
        put(p, QRectF(8, 0, r.width() - 8, 18), self.text, 11, "text2")
        x = self.caret()
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(theme().color("error"), 2))
        p.drawPolyline(QPolygonF([QPointF(x - 4, 25), QPointF(x, 19), QPointF(x + 4, 25)]))


class Curves(Painted):
    """f (solid) and its derivative (dashed) over x; further inputs stand at 1, learned numbers at their start."""

    def __init__(self) -> None:
        super().__init__(84, name=say("Curve of the formula and of its derivative"))
        self.lines: list[np.ndarray] = []

    def show_formula(self, formula: Parsed | None) -> None:
        """Draw a formula, or nothing."""
        self.lines = []
        if formula is not None:
            x = np.linspace(-REACH, REACH, 161)
            names = {"y": 1.0, "z": 1.0, **{one.name: one.start for one in formula.learned}, "x": x}
            slope = np.broadcast_to(value(derivative(formula.body, "x"), names), x.shape)
            self.lines = [np.stack([x, y], 1) for y in (values(formula.body, names), slope)]
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        inside = r.adjusted(1, 6, -1, -6)
        known = [line[np.isfinite(line[:, 1]), 1] for line in self.lines]
        both = np.clip(np.concatenate(known), -10.0, 10.0) if known else np.zeros(0)
        if not both.size:
            return
        low, high = min(float(both.min()), 0.0), max(float(both.max()), 0.1)

        def place(points: np.ndarray) -> QPolygonF:
            across = inside.left() + (points[:, 0] + REACH) / (2 * REACH) * inside.width()
            down = inside.bottom() - (np.clip(points[:, 1], low, high) - low) / (high - low) * inside.height()
            return QPolygonF([QPointF(float(a), float(b)) for a, b in zip(across, down, strict=True)])

        rule(p, inside.left(), place(np.zeros((1, 2))).at(0).y(), inside.width())
        p.fillRect(QRectF(inside.center().x(), inside.top(), 1, inside.height()), theme().color("border"))
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setBrush(Qt.BrushStyle.NoBrush)
        for at, line in reversed(list(enumerate(self.lines))):
            style = Qt.PenStyle.DashLine if at else Qt.PenStyle.SolidLine
            p.setPen(QPen(theme().color("text3" if at else "accent"), 1.2 if at else 2, style))
            for piece in _pieces(line):
                p.drawPolyline(place(piece))


def _pieces(line: np.ndarray) -> list[np.ndarray]:
    """The line without what is not finite."""
    finite = np.isfinite(line[:, 1])
    cuts = np.flatnonzero(np.diff(finite.astype(int))) + 1
    return [part for part in np.split(line, cuts) if len(part) > 1 and np.isfinite(part[0, 1])]


class FormulaEditor(LineEditor):
    """Says what is wrong while a person types; the formula is told when the field is left."""

    wide = True

    def __init__(self, field: Formula, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.mistake, self.curves = Mistake(), Curves()
        self.note = Label("", 11, "error", wraps=True)
        self.slope = Label("", 11, "text2", wraps=True)
        self.slope.setAccessibleName(say("Derivative"))
        self.verdict = Label("", 11, "text2", wraps=True)
        for part in (self.mistake, self.note, self.curves, self.slope):
            self.column.addWidget(part)
        keep = QHBoxLayout()
        keep.setContentsMargins(0, 4, 0, 0)
        self.called = LineField(hint=say("Name"))
        self.called.setAccessibleName(say("Name in the palette"))
        self.keep = Button(say("Add to palette"), "secondary", small=True)
        self.keep.setToolTip(say("Check the formula and keep it as a layer of your own."))
        keep.addWidget(self.called, 1)
        keep.addWidget(self.keep)
        self.column.addLayout(keep)
        self.column.addWidget(self.verdict)
        self.verdict.hide()
        self.keep.clicked.connect(self._keep)
        self.called.textChanged.connect(self._ready)
        self.text.textEdited.connect(self._judge)
        library().judged.connect(self._judged)

    def draw_value(self) -> None:
        super().draw_value()
        self._show(self.text.text())

    def draw_mark(self) -> None:
        self.text.refuse(bool(self.error))

    def _judge(self, text: str) -> None:
        """Look at what is being typed."""
        self.mark(self._show(text))

    def _show(self, text: str) -> str:
        """Curve and derivative, or the mistake; gives the sentence of what is wrong."""
        try:
            parsed, wrong = parse(text), None
        except FormulaError as error:
            parsed, wrong = None, error
        if wrong is not None:
            self.mistake.show_mistake(text, wrong.position)
        self.note.show_text("" if wrong is None else f"{wrong.reason[:1].upper()}{wrong.reason[1:]}")
        self.mistake.setVisible(wrong is not None)
        self.note.setVisible(wrong is not None)
        self.curves.setVisible(wrong is None)
        self.slope.setVisible(wrong is None)
        self.curves.show_formula(parsed)
        self.slope.show_text("" if parsed is None else f"f'(x) = {shared_text(derivative(parsed.body, 'x'))}")
        self._ready()
        return (
            ""
            if wrong is None
            else say(
                "{title}, position {position}: {reason}",
                title=self.field.title(self.name),
                position=wrong.position,
                reason=wrong.reason,
            )
        )

    def _ready(self) -> None:
        """The button waits for a name and for a formula without a mistake."""
        self.keep.setEnabled(not library().busy and self.mistake.isHidden() and bool(self.called.text().strip()))

    def _keep(self) -> None:
        self._tell(say("Checking the derivative, shapes and speed …"), "text2")
        library().add(self.called.text(), self.text.text())
        self._ready()

    def _judged(self, name: str, good: bool, text: str) -> None:
        if name.strip() == self.called.text().strip():
            self._tell(text, "ok" if good else "error")
            if good:
                self.called.clear()
        self._ready()

    def _tell(self, text: str, ink: str) -> None:
        self.verdict.show_text(text, ink)
        self.verdict.setVisible(bool(text))

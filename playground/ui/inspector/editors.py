"""One editor per field kind. An editor shows a value and tells what was asked for; it never changes the project.

Editors have `changed` (a new value, committed), `moved` (a value while a slider is dragged), `begun` (what is asked for from now on is
not one with what was asked for before), `refused` (why the text is no value, or "" once it is), `show_value`, and `lock`. `EDITORS`
maps a field's class to its editor.
"""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from playground.core.fields import Choice, Field, Flag, Path, Real, Reals, Size, Text, Whole, Wholes
from playground.core.points import Points, straight
from playground.document.picks import remember
from playground.errors import BadValue
from playground.ui.inspector import numbers
from playground.ui.inspector.controls import Button, ComboField, LineField, Slider, Switch
from playground.ui.inspector.text import Label
from playground.ui.painting import width_of
from playground.ui.plots.points import PointsPlot
from playground.words import say

NUMBER_WIDTH = 58
#: Words of a choice that are abbreviations or names.
SPELT = {"ema": "EMA", "swa": "SWA", "relu": "ReLU", "gelu": "GELU", "r2": "R²", "rmse": "RMSE", "mae": "MAE"}


def spelt(word: str) -> str:
    """A choice as the form shows it."""
    return SPELT.get(word, word.replace("_", " ").capitalize())


class Editor(QWidget):
    """What all editors share: a row of controls for one field of one record."""

    #: Whether it takes the whole width of the form, under its label.
    wide = False

    changed = Signal(object)
    moved = Signal(object)
    begun = Signal()
    refused = Signal(str)

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field: Any = field
        self.name = name
        self.value: Any = None
        self.error = ""
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.line = QHBoxLayout()
        self.line.setSpacing(8)
        self.column.addLayout(self.line)
        self.setToolTip(say(field.help))

    def part(self, widget: QWidget, stretch: int = 0, name: str = "") -> None:
        """Add a control, named for screen readers."""
        widget.setAccessibleName(f"{say(self.field.title(self.name.rpartition('.')[2]))} {say(name)}".strip())
        widget.setAccessibleDescription(say(self.field.help))
        self.line.addWidget(widget, stretch)

    def show_value(self, value: Any) -> None:
        """Show the value of the project; one outside its range is shown and marked."""
        self.value = value
        try:
            self.field.check(self.name, value)
            self.mark("")
        except BadValue as error:
            self.mark(say(str(error)))
        self.draw_value()

    def show_record(self, record: Any) -> None:
        """The record around the value, for an editor that shows more of it than its own field; follows `show_value`."""

    def draw_value(self) -> None:
        """Bring the controls to `value`, without telling anyone."""
        raise NotImplementedError

    def ask(self, value: Any) -> None:
        """Tell a new value if it is one and is allowed, else mark why not."""
        try:
            value = self.field.check(self.name, value)
        except BadValue as error:
            self.mark(say(str(error)))
            return
        self.mark("")
        if value != self.value or isinstance(value, bool):
            self.changed.emit(value)

    def mark(self, error: str) -> None:
        """Show or clear a refusal."""
        if error != self.error:
            self.error = error
            self.setToolTip(error or say(self.field.help))
            self.draw_mark()
            self.refused.emit(error)

    def draw_mark(self) -> None:
        """Red edges on or off."""
        for line in self.findChildren(LineField):
            line.refuse(bool(self.error))

    def lock(self, reason: str) -> None:
        """Disable the editor with a reason, or enable it again with ""."""
        self.setEnabled(not reason)
        self.setToolTip(reason or self.error or say(self.field.help))


class NumberEditor(Editor):
    """A number: field, and a slider where the range has two ends; both stay in step. Out of range, the range takes the slider's place."""

    def __init__(self, field: Real | Whole, name: str, parent: QWidget | None = None, *, slides: bool = True) -> None:
        """slides: False for the field alone."""
        super().__init__(field, name, parent)
        wide = NUMBER_WIDTH + (24 if len(field.unit) > 2 else 0)
        self.text = LineField(say(field.unit), wide)
        self.slider = Slider() if slides and numbers.slides(field) else None
        self.note = Label("", 11, "error")
        self._before: Any = None
        self.part(self.text)
        if self.slider:
            self.part(self.slider, 1, say("slider"))
            self.line.setAlignment(self.text, Qt.AlignmentFlag.AlignLeft)  # where it is alone in the line
            self.slider.valueChanged.connect(self._slid)
            self.slider.sliderPressed.connect(self._press)
            self.slider.abandoned.connect(self._abandon)
            self.slider.sliderReleased.connect(self._let_go)
            self.slider.committed.connect(self._released)
        else:
            self.text.setMinimumWidth(wide)
            self.text.setMaximumWidth(110)
        self.line.addWidget(self.note)
        if not self.slider:
            self.line.addStretch(1)
        self.note.hide()
        self.text.editingFinished.connect(self._typed)
        self.text.textEdited.connect(lambda _: self.mark("") if self.error else None)

    def draw_value(self) -> None:
        self.text.setText(numbers.shown(self.field, self.value))
        if self.slider and not self.error and not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(numbers.place(self.field, self.value))
            self.slider.blockSignals(False)

    def draw_mark(self) -> None:
        self.text.refuse(bool(self.error))
        self.note.show_text(numbers.bounds(self.field))
        if self.slider:
            self.slider.setVisible(not self.error)
        self._place_note()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_note()

    def beside(self) -> float:
        """How much of the line is left beside the number."""
        return self.width() - self.text.width() - self.line.spacing()

    def _place_note(self) -> None:
        """The range beside the number, or under it where it would be cut there; where even that is too narrow the tooltip tells it."""
        wide = width_of(self.note.text(), self.note.px)
        where, other = (self.line, self.column) if wide <= self.beside() else (self.column, self.line)
        if where.indexOf(self.note) < 0:
            other.removeWidget(self.note)
            where.insertWidget(1, self.note)
        self.note.setVisible(bool(self.error) and wide <= self.width())

    def _typed(self) -> None:
        if not self.error and self.text.text() == numbers.shown(self.field, self.value):
            return
        self.begun.emit()
        try:
            self.ask(numbers.read(self.field, self.name, self.text.text()))
        except BadValue as error:
            self.mark(say(str(error)))
        self.begun.emit()

    def _slid(self, position: int) -> None:
        value = numbers.value_at(self.field, position)
        self.text.setText(numbers.shown(self.field, value))
        if self.slider and self.slider.isSliderDown():
            self.moved.emit(value)

    def _press(self) -> None:
        self._before = self.value
        self.begun.emit()

    def _abandon(self) -> None:
        """The number that was there before the drag, not the nearest that the slider has."""
        if self.value != self._before:
            self.ask(self._before)
        self.draw_value()
        self.begun.emit()

    def _let_go(self) -> None:
        self._released()
        self.begun.emit()

    def _released(self, *_: object) -> None:
        if self.slider:
            value = numbers.value_at(self.field, self.slider.value())
            if value != self.value:
                self.ask(value)


class ChoiceEditor(Editor):
    """One of a few words, each with what it means as a tooltip in the list."""

    def __init__(self, field: Choice, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.combo = ComboField(say(field.unit))
        for word, meaning in field.options.items():
            self.combo.addItem(say(spelt(word)), word)
            self.combo.setItemData(self.combo.count() - 1, say(meaning), Qt.ItemDataRole.ToolTipRole)
        self.part(self.combo, 1)
        self.combo.activated.connect(lambda at: self.ask(self.combo.itemData(at)))

    def draw_value(self) -> None:
        self.combo.setCurrentIndex(self.combo.findData(self.value))

    def draw_mark(self) -> None:
        self.combo.refused = bool(self.error)
        self.combo.update()


class FlagEditor(Editor):
    """On or off."""

    def __init__(self, field: Flag, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.switch = Switch()
        self.part(self.switch)
        self.line.addStretch()
        self.switch.clicked.connect(lambda on: self.ask(bool(on)))

    def draw_value(self) -> None:
        self.switch.setChecked(bool(self.value))


class SizeEditor(Editor):
    """Height × width, kept equal while the link is on."""

    def __init__(self, field: Size, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.texts = LineField(), LineField(say(field.unit))
        self.link = Button("", "icon", "tied", small=True)
        self.link.setCheckable(True)
        self.link.setToolTip(say("Keep height and width equal"))
        for at, text in enumerate(self.texts):
            text.setMinimumWidth(40)
            self.part(text, 1, (say("height"), say("width"))[at])
            text.editingFinished.connect(lambda at=at: self._typed(at))
            if not at:
                self.line.addWidget(Label("×", 12, "text2"))
        self.part(self.link, 0, say("height and width equal"))

    def draw_value(self) -> None:
        for text, number in zip(self.texts, self.value, strict=True):
            text.setText(str(number))
        if not self.link.property("shown"):
            self.link.setProperty("shown", True)
            self.link.setChecked(self.value[0] == self.value[1])
        elif self.value[0] != self.value[1]:
            self.link.setChecked(False)

    def _typed(self, at: int) -> None:
        if self.link.isChecked():
            self.texts[1 - at].setText(self.texts[at].text())
        entered = tuple(_whole(text.text()) for text in self.texts)
        if entered != tuple(self.value) or self.error:
            self.ask(entered)


class LineEditor(Editor):
    """A line of text."""

    def __init__(self, field: Text, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.text = LineField(say(field.unit))
        self.part(self.text, 1)
        self.text.editingFinished.connect(self._typed)

    def draw_value(self) -> None:
        if self.text.text() != str(self.value):
            self.text.setText(str(self.value))
        else:
            self.text.keep()  # without moving the cursor

    def _typed(self) -> None:
        if self.text.text() != self.value or self.error:
            self.ask(self.text.text())


class WholesEditor(LineEditor):
    """Whole numbers with × or a comma between them; both, and spaces, are understood."""

    def __init__(self, field: Wholes, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)  # type: ignore[arg-type]
        self.between = ", " if field.between == "," else f" {field.between} "
        self.text.setPlaceholderText(self.between.join("881"))

    def draw_value(self) -> None:
        self.text.setText(self.between.join(map(str, self.value)))

    def _typed(self) -> None:
        words = self.text.text().replace("×", " ").replace("x", " ").replace(",", " ").split()
        entered = tuple(_whole(word) for word in words)
        if entered != tuple(self.value) or self.error:
            self.ask(entered)


class RealsEditor(LineEditor):
    """Numbers with commas between them; spaces and semicolons are understood too. An empty line is an empty list."""

    def __init__(self, field: Reals, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)  # type: ignore[arg-type]
        self.text.setPlaceholderText(say(field.off).capitalize())

    def draw_value(self) -> None:
        self.text.setText(", ".join(f"{number:.15g}" for number in self.value))

    def _typed(self) -> None:
        words = self.text.text().replace("−", "-").replace(",", " ").replace(";", " ").split()
        entered = tuple(_real(word) for word in words)
        if entered != tuple(self.value) or self.error:
            self.ask(entered)


class PointsEditor(Editor):
    """Points of a curve on a plot of its own, over the whole width of the form."""

    wide = True

    def __init__(self, field: Points, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.plot = PointsPlot(field, name)
        self._record: Any = None
        self.part(self.plot, 1)
        self.plot.committed.connect(self.ask)
        self.plot.nudged.connect(lambda points: self.moved.emit(self.field.check(self.name, points)))

    def show_record(self, record: Any) -> None:
        self._record = record
        self.draw_value()

    def draw_value(self) -> None:
        record, field = self._record, self.field
        curve = getattr(record, field.curve) if record is not None and field.curve else straight
        self.plot.show_points(self.value, curve, bool(record is not None and field.log and getattr(record, field.log)))

    def draw_mark(self) -> None:
        self.plot.refused = bool(self.error)
        self.plot.update()


class PathEditor(LineEditor):
    """A file or folder: its path, and a button that asks for it."""

    def __init__(self, field: Path, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.text.setPlaceholderText(say("No folder chosen") if field.folder else say("No file chosen"))
        self.browse = Button("", "secondary", "open", small=True)
        self.browse.setToolTip(say("Choose a folder") if field.folder else say("Choose a file"))
        self.part(self.browse, 0, say("choose"))
        self.browse.clicked.connect(self._browse)

    def _browse(self) -> None:
        title = say("Choose {title}", title=self.field.title(self.name).lower())
        if self.field.folder:
            found = QFileDialog.getExistingDirectory(self.window(), title)
        else:
            offered = (
                say("Data ({patterns});;All files (*)", patterns=" ".join(self.field.patterns)) if self.field.patterns else ""
            )
            found, _ = QFileDialog.getOpenFileName(self.window(), title, "", offered)
        if found:
            self.text.setText(found)
            self._typed()

    def _typed(self) -> None:
        if self.text.text() != self.value and os.path.isabs(self.text.text()):
            remember(self.text.text())  # a path that a person typed or chose here may lie outside the project's folder
        super()._typed()


def _whole(text: str) -> int | str:
    """The whole number, or the text as it is for the field to refuse."""
    text = text.strip()
    plain = len(text) < 100 and text.lstrip("+-").isdecimal() and text.count("-") + text.count("+") <= 1
    return int(text) if plain and not text.endswith(("-", "+")) else text


def _real(text: str) -> float | str:
    """The number, or the text as it is for the field to refuse."""
    try:
        return float(text)
    except ValueError:
        return text


EDITORS: dict[type[Field], type[Editor]] = {
    Real: NumberEditor,
    Whole: NumberEditor,
    Choice: ChoiceEditor,
    Flag: FlagEditor,
    Size: SizeEditor,
    Wholes: WholesEditor,
    Reals: RealsEditor,
    Points: PointsEditor,
    Text: LineEditor,
    Path: PathEditor,
}

"""One form for every record: a field for every setting, what it shows, what it asks for, what it refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.core.fields import Part, Whole, choice, fields_of, flag, part, path, real, reals, size, text, whole, wholes
from playground.core.spec import Initializer, Spec
from playground.ui.inspector.controls import LineField, Slider
from playground.ui.inspector.editors import ChoiceEditor, FlagEditor, LineEditor, NumberEditor, SizeEditor
from playground.ui.inspector.form import Form, PartEditor, Row
from playground.ui.painting import width_of
from playground.ui.panels.knob_rows import KnobRow

LONG = Whole(low=1, high=1_000_000, help="Many.")
DIRECT = Qt.FindChildOption.FindDirectChildrenOnly
RECORDS = [(cls.kind, cls.id) for kind in registry.kinds() for cls in registry.entries(kind)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Everything(Spec):
    """One field of every kind."""

    share: float = real(0.5, low=0.0, high=0.95, unit="σ", live=True, help="A share.")
    count: int = whole(3, low=1, high=9, help="A count.")
    seed: int = whole(0, help="A seed.")
    mode: str = choice("same", {"same": "As large as before.", "valid": "Smaller."}, help="A word.")
    bias: bool = flag(True, help="On or off.")
    kernel: tuple[int, int] = size((3, 3), high=7, help="Height and width.")
    shape: tuple[int, ...] = wholes((8, 8), help="Extents.")
    weights: tuple[float, ...] = reals((), low=0.0, high=100.0, most=4, off="equal", help="Numbers.")
    name: str = text("x", help="A text.")
    file: str = path("", patterns=("*.csv",), help="A file.")
    start: Initializer = part("initializer", "uniform", help="A record.")
    deep: float = real(1.0, low=0.0, high=2.0, advanced=True, help="Rarely needed.")
    amount: int = whole(1, low=0, high=9, when=("mode", "valid"), help="Only for valid.")


@pytest.fixture
def form(app: object, qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    made.show_spec(Everything())
    made.resize(296, 600)
    made.show()
    return made


@pytest.mark.parametrize("name", ["count", "name", "weights", "seed"])
@pytest.mark.parametrize("keys", ["19", "1\b8", "\b\b", "7\r"])
def test_escape_brings_back_what_stood_there(form: Form, qtbot: QtBot, name: str, keys: str) -> None:
    line = form.rows[name].editor.text
    before, heard = line.text(), []
    form.changed.connect(lambda *found: heard.append(found))
    line.setFocus()
    line.end(False)
    for key in keys:
        QTest.keyClick(line, {"\b": Qt.Key.Key_Backspace, "\r": Qt.Key.Key_Return}.get(key, key))
    count = len(heard)
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == before
    assert not line.refused
    line.clearFocus()
    assert heard[count:] == [], "what is shown is what the project has"


def asked(form: Form, qtbot: QtBot, act: Any) -> tuple[str, Any]:
    """What the form asks for when something is done to it."""
    with qtbot.waitSignal(form.changed, timeout=1000) as found:
        act()
    return tuple(found.args)


def enter(line: LineField, words: str) -> None:
    line.selectAll()
    QTest.keyClicks(line, words)
    QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.mark.parametrize(("kind", "id"), RECORDS)
def test_every_record_has_a_row_with_help_for_every_field(app: object, qtbot: QtBot, kind: str, id: str) -> None:
    record = registry.find(kind, id)
    form = Form()
    qtbot.addWidget(form)
    for _, settings, *_ in (("default", {}), *record.examples):
        spec = record(**settings)
        form.show_spec(spec)
        assert list(form.rows) == list(fields_of(record))
        for name, field in fields_of(record).items():
            row = form.rows[name]
            assert row.editor.value == getattr(spec, name)
            assert row.editor.toolTip() == field.help
            assert not row.editor.error
            controls = [w for w in row.editor.findChildren(QWidget, options=DIRECT) if w.focusPolicy() != Qt.FocusPolicy.NoFocus]
            assert controls
            assert all(control.accessibleName() for control in controls)
            differs = spec_id(getattr(spec, name)) != spec_id(getattr(record(), name))
            assert row.label.changed == differs
            assert row.reset.isHidden() != differs
            assert not isinstance(field, Part) or row.nested is not None


def spec_id(value: object) -> object:
    return value.id if isinstance(value, Spec) else value


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [("share", "0.25", 0.25), ("count", "7", 7), ("seed", "123456", 123456), ("shape", "4 x 2, 9", (4, 2, 9)), ("name", "hello", "hello"),
     ("weights", "1, 0.25; 1e-3 4", (1.0, 0.25, 1e-3, 4.0)),
     ("file", "a.csv", "a.csv")],
)  # fmt: skip
def test_typed_text_becomes_the_value(form: Form, qtbot: QtBot, name: str, words: str, value: object) -> None:
    line = form.rows[name].editor.findChildren(LineField)[0]
    assert asked(form, qtbot, lambda: enter(line, words)) == (name, value)


@pytest.mark.parametrize(
    ("name", "words"),
    [("share", "1.2"), ("count", "0"), ("count", "1.5"), ("share", "many"), ("shape", "0"), ("shape", "a"), ("kernel", "9"),
     ("weights", "1, b"), ("weights", "nan"), ("weights", "1 2 3 4 5"), ("weights", "101")],
)  # fmt: skip
def test_what_a_field_does_not_allow_is_marked_and_not_asked_for(form: Form, qtbot: QtBot, name: str, words: str) -> None:
    row = form.rows[name]
    line = row.editor.findChildren(LineField)[0]
    heard: list[tuple[str, str]] = []
    form.helped.connect(lambda *told: heard.append(told))
    with qtbot.assertNotEmitted(form.changed):
        enter(line, words)
    assert line.refused
    assert row.editor.error
    assert heard[-1] == (row.field.title(name), row.editor.error)
    row.show_value(getattr(Everything(), name), getattr(Everything(), name))
    assert not line.refused


def test_out_of_range_the_range_takes_the_sliders_place(form: Form) -> None:
    editor = form.rows["share"].editor
    assert isinstance(editor, NumberEditor)
    enter(editor.text, "1.2")
    assert editor.note.isVisible()
    assert editor.note.text() == "0 to 0.95"
    assert editor.slider is not None
    assert editor.slider.isHidden()
    enter(editor.text, "0.5")
    assert editor.slider.isVisible()


@pytest.mark.parametrize("make", [lambda: Row("epochs", LONG), lambda: KnobRow(LONG, "epochs", "Epochs")])
def test_the_range_is_shown_whole_at_every_width(app: object, qtbot: QtBot, make: Callable[[], Row | KnobRow]) -> None:
    row = make()
    qtbot.addWidget(row)
    row.show_value(5_000_000, 50) if isinstance(row, Row) else row.show_value(5_000_000)
    row.show()
    note = row.editor.note if isinstance(row, Row) else row.note
    for wide in (*range(200, 440, 20), 200):
        for _ in range(2):  # its height depends on its width
            row.resize(wide, row.sizeHint().height())
            QApplication.processEvents()
        assert note.isVisible()
        assert note.width() >= width_of(note.text(), note.px)
        assert note.height() >= note.sizeHint().height()


def test_a_value_of_the_project_that_is_out_of_range_is_shown_and_marked(form: Form) -> None:
    form.show_spec(Everything(share=3.0))
    editor = form.rows["share"].editor
    assert isinstance(editor, NumberEditor)
    assert editor.text.text() == "3.00"
    assert editor.text.refused


def test_the_slider_moves_by_pointer_and_commits_on_release(form: Form, qtbot: QtBot) -> None:
    slider = form.rows["share"].editor.findChild(Slider)
    assert slider is not None
    moved: list[tuple[str, float]] = []
    form.moved.connect(lambda *what: moved.append(what))
    x = round(slider._x())
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(x, 12))
    QTest.mouseMove(slider, QPoint(x + 30, 12))
    assert moved
    assert moved[-1][0] == "share"
    assert moved[-1][1] > 0.5
    name, value = asked(form, qtbot, lambda: QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(x + 30, 12)))
    assert (name, value) == moved[-1]


def test_escape_ends_a_drag_of_the_slider_with_the_number_as_it_was(form: Form, qtbot: QtBot) -> None:
    editor = form.rows["share"].editor
    assert isinstance(editor, NumberEditor)
    form.changed.connect(lambda _, value: form.show_spec(Everything(share=value)))
    form.moved.connect(lambda _, value: form.show_spec(Everything(share=value)))
    form.show_spec(Everything(share=0.1234567))
    slider, x = editor.slider, round(editor.slider._x())
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(x, 12))
    QTest.mouseMove(slider, QPoint(x + 30, 12))
    assert editor.value > 0.2
    qtbot.keyClick(slider, Qt.Key.Key_Escape)
    QTest.mouseMove(slider, QPoint(x + 60, 12))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(x + 60, 12))
    assert (editor.value, slider.isSliderDown()) == (0.1234567, False)


def test_shift_makes_the_arrow_keys_ten_times_finer(form: Form, qtbot: QtBot) -> None:
    slider = form.rows["share"].editor.findChild(Slider)
    assert slider is not None
    start = slider.value()
    asked(form, qtbot, lambda: QTest.keyClick(slider, Qt.Key.Key_Right))
    coarse = slider.value() - start
    asked(form, qtbot, lambda: QTest.keyClick(slider, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier))
    fine = slider.value() - start - coarse
    assert coarse == 10 * fine


def test_the_wheel_never_changes_a_value_without_the_focus(form: Form) -> None:
    editor = form.rows["mode"].editor
    assert isinstance(editor, ChoiceEditor)
    editor.combo.clearFocus()
    before = editor.combo.currentIndex()
    center = editor.combo.rect().center()
    event = QWheelEvent(
        QPointF(center), QPointF(editor.combo.mapToGlobal(center)), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    editor.combo.wheelEvent(event)
    assert editor.combo.currentIndex() == before
    assert not event.isAccepted()


def test_choice_flag_and_record_are_asked_for(form: Form, qtbot: QtBot) -> None:
    mode, bias, start = (form.rows[name].editor for name in ("mode", "bias", "start"))
    assert isinstance(mode, ChoiceEditor)
    assert isinstance(bias, FlagEditor)
    assert isinstance(start, PartEditor)
    assert asked(form, qtbot, lambda: mode.combo.activated.emit(1)) == ("mode", "valid")
    assert asked(form, qtbot, lambda: QTest.mouseClick(bias.switch, Qt.MouseButton.LeftButton)) == ("bias", False)
    at = start.combo.findData("zeros")
    name, value = asked(form, qtbot, lambda: start.combo.activated.emit(at))
    assert (name, value) == ("start", registry.find("initializer", "zeros")())


def test_a_nested_record_is_changed_by_its_path(form: Form, qtbot: QtBot) -> None:
    nested = form.rows["start"].nested
    assert nested is not None
    name, row = next(iter(nested.rows.items()))
    editor = row.editor
    assert isinstance(editor, NumberEditor)
    path, _ = asked(form, qtbot, lambda: enter(editor.text, "0.125"))
    assert path == f"start.{name}"


def test_the_link_keeps_height_and_width_equal(form: Form, qtbot: QtBot) -> None:
    editor = form.rows["kernel"].editor
    assert isinstance(editor, SizeEditor)
    assert editor.link.isChecked()
    assert asked(form, qtbot, lambda: enter(editor.texts[0], "5")) == ("kernel", (5, 5))
    editor.link.click()
    form.show_spec(Everything(kernel=(5, 5)))
    assert asked(form, qtbot, lambda: enter(editor.texts[1], "2")) == ("kernel", (5, 2))


def test_reset_asks_for_the_default_and_shows_only_when_it_differs(form: Form, qtbot: QtBot) -> None:
    row = form.rows["count"]
    assert row.reset.isHidden()
    form.show_spec(Everything(count=5))
    assert row.label.changed
    assert asked(form, qtbot, row.reset.click) == ("count", 3)


def test_while_training_only_live_fields_stay_open_and_the_others_say_why(form: Form) -> None:
    form.lock("A run goes on.")
    assert form.rows["share"].editor.isEnabled()
    for name in form.rows.keys() - {"share"}:
        assert not form.rows[name].editor.isEnabled()
        assert form.rows[name].editor.toolTip() == "A run goes on."
    form.lock("")
    assert all(row.editor.isEnabled() for row in form.rows.values())


def test_advanced_and_meaningless_rows_are_hidden_until_they_count(form: Form) -> None:
    assert form.rows["deep"].isHidden()
    assert form.rows["amount"].isHidden()
    form.show_spec(Everything(mode="valid"))
    assert not form.rows["amount"].isHidden()
    form.more.click()
    assert not form.rows["deep"].isHidden()


def test_all_editors_stand_in_one_column(form: Form) -> None:
    form.more.click()
    lefts = {form.rows[name].editor.mapTo(form, QPoint(0, 0)).x() for name in ("share", "mode", "kernel", "start")}
    nested = form.rows["start"].nested
    assert nested is not None
    lefts |= {row.editor.mapTo(form, QPoint(0, 0)).x() for row in nested.rows.values()}
    assert len(lefts) == 1


def test_text_is_never_read_as_markup(form: Form) -> None:
    form.show_spec(Everything(name="<b>bold</b>"))
    editor = form.rows["name"].editor
    assert isinstance(editor, LineEditor)
    assert editor.text.text() == "<b>bold</b>"

"""The formula's editor says what is wrong while a person types, draws the curve, and brings a formula into the palette."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from playground.core import registry
from playground.document.own_layers import add_own_layer, own_layers
from playground.ui import kinds
from playground.ui.inspector.form import Form
from playground.ui.inspector.formula import FormulaEditor
from playground.ui.library import library
from playground.ui.palette import Palette
from tests.ui.conftest import settle

Expression = registry.find("layer", "expression")


@pytest.fixture
def form(app: object, qtbot: QtBot) -> Iterator[Form]:
    made = Form()
    qtbot.addWidget(made)
    made.show_spec(Expression())
    made.resize(296, 600)
    made.show()
    settle()
    yield made
    library().stop()


@pytest.fixture
def editor(form: Form) -> FormulaEditor:
    found = form.rows["function"].editor
    assert isinstance(found, FormulaEditor)
    return found


def typed(editor: FormulaEditor, text: str) -> None:
    editor.text.selectAll()
    QTest.keyClicks(editor.text, text)


def test_the_start_shows_curve_and_derivative(editor: FormulaEditor) -> None:
    assert editor.mistake.isHidden()
    assert editor.slope.text().startswith("f'(x) = tanh(softplus(x)) + x *")
    y, slope = editor.curves.lines
    np.testing.assert_allclose(slope[80, 1], 0.6, atol=1e-12)  # tanh(log 2), at 0
    np.testing.assert_allclose(np.gradient(y[:, 1], y[:, 0])[1:-1], slope[1:-1, 1], atol=2e-3)


def test_a_mistake_is_marked_while_typing_and_nothing_is_told(form: Form, editor: FormulaEditor, qtbot: QtBot) -> None:
    told: list[object] = []
    form.changed.connect(lambda *args: told.append(args))
    typed(editor, "x*tanh()+1")
    assert editor.error == "Formula, position 8: expected a number, a name or '('; ')' was found."
    assert editor.note.text() == "Expected a number, a name or '('; ')' was found."
    assert not editor.mistake.isHidden()
    assert editor.curves.isHidden()
    assert (editor.mistake.text[editor.mistake.at], editor.text.refused) == (")", True)
    assert "position 8" in editor.mistake.accessibleName()
    assert 8 < editor.mistake.caret() < 120
    assert not told
    editor.text.setCursorPosition(7)
    QTest.keyClicks(editor.text, "x")
    assert not editor.error
    assert editor.mistake.isHidden()
    assert not editor.curves.isHidden()


def test_a_mistake_far_on_the_right_stays_in_view(editor: FormulaEditor) -> None:
    typed(editor, "x + " * 30 + "$")
    assert editor.mistake.text[editor.mistake.at] == "$"
    assert editor.mistake.at <= 25
    editor.grab()


def test_a_good_formula_is_told_when_the_field_is_left(form: Form, editor: FormulaEditor, qtbot: QtBot) -> None:
    typed(editor, "max(x, a*x); a = 0.1")
    with qtbot.waitSignal(form.changed, timeout=1000) as found:
        QTest.keyClick(editor.text, Qt.Key.Key_Return)
    assert tuple(found.args) == ("function", "max(x, a*x); a = 0.1")


@pytest.mark.parametrize(
    "text", ["log(x)", "1/x", "x*0", "where(x > 0, 1/(x-x), x)", "x*y - z", "exp(x*100)", "0*log(0-abs(x)-1)*x"]
)
def test_every_curve_can_be_drawn(editor: FormulaEditor, qtbot: QtBot, text: str) -> None:
    typed(editor, text)
    assert not editor.error
    assert not editor.grab().isNull()


def test_the_button_waits_for_a_name_and_a_good_formula(editor: FormulaEditor) -> None:
    assert not editor.keep.isEnabled()
    QTest.keyClicks(editor.called, "Mine")
    assert editor.keep.isEnabled()
    typed(editor, "x*")
    assert not editor.keep.isEnabled()


def test_a_formula_passes_the_gate_into_the_palette_and_out_again(editor: FormulaEditor, app: object, qtbot: QtBot) -> None:
    palette = Palette()
    qtbot.addWidget(palette)
    before = len(palette.rows())
    typed(editor, "x*sigmoid(2*x)")
    QTest.keyClicks(editor.called, "Fast swish")
    with qtbot.waitSignal(library().judged, timeout=120_000) as judged:
        QTest.mouseClick(editor.keep, Qt.MouseButton.LeftButton)
        assert library().busy
        assert not editor.keep.isEnabled()
    assert judged.args[1], judged.args
    assert "times the time of a ReLU" in editor.verdict.text()
    assert [layer.name for layer in own_layers()] == ["Fast swish"]
    assert len(palette.rows()) == before + 1
    (row,) = [row for row in palette.rows() if palette.tree.kind_of(row).title == "Fast swish"]
    kind = palette.tree.kind_of(row)
    assert (kind.group, kind.tail) == ("Activation", "own")
    assert kind.made() == Expression(function="x * sigmoid(2 * x)")
    assert kinds.from_mime(kind.mime()) == kind.made()
    assert [found.title for found in kinds.search("fast")] == ["Fast swish"]
    palette.tree.setCurrentItem(row)
    QTest.keyClick(palette.tree, Qt.Key.Key_Delete)
    assert own_layers() == []
    assert len(palette.rows()) == before
    assert kinds.from_mime(kind.mime()) is None


def test_a_refused_formula_says_why_and_is_not_kept(editor: FormulaEditor, qtbot: QtBot) -> None:
    typed(editor, "log(x)")
    QTest.keyClicks(editor.called, "Bad")
    with qtbot.waitSignal(library().judged, timeout=120_000) as judged:
        QTest.mouseClick(editor.keep, Qt.MouseButton.LeftButton)
    assert judged.args == ["Bad", False, "At x = 0 the formula is -inf, which no layer can pass on."]
    assert editor.verdict.text() == judged.args[2]
    assert own_layers() == []
    assert editor.keep.isEnabled()


def test_a_name_in_use_is_refused_at_once(editor: FormulaEditor, qtbot: QtBot) -> None:
    add_own_layer("Square", "x^2")
    QTest.keyClicks(editor.called, "square")
    QTest.mouseClick(editor.keep, Qt.MouseButton.LeftButton)
    assert not library().busy
    assert "already is" in editor.verdict.text()


def test_a_stopped_check_keeps_nothing(editor: FormulaEditor, qtbot: QtBot) -> None:
    library().add("Stopped", "x^2")
    assert library().busy
    with qtbot.waitSignal(library().judged, timeout=5000) as judged:
        library().stop()
    assert judged.args == ["Stopped", False, "Stopped. Nothing was kept."]
    assert own_layers() == []

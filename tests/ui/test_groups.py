"""Parameter groups in the window: by selection, by menu and by rule; each way to the project and back to the widgets."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from playground.document.edits import AddGroup, PutInGroup, SetGroup
from playground.ui.canvas.view import CanvasView
from playground.ui.inspector.following import knob_values
from playground.ui.inspector.grouping import MIXED, NEW, fill_group_menu
from playground.ui.inspector.panel import Inspector
from playground.ui.panels.groups import GroupsEditor
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import chain, node, ready


@pytest.fixture
def tuned(session: Session, qtbot: QtBot) -> Session:
    """dense1, dense2 and dense3 with weights, and a tanh between them."""
    dense = [("layer", "dense", {"units": units}) for units in (8, 6, 3)]
    ready(
        session,
        chain(("dataset", "iris", {}), dense[0], ("layer", "tanh", {}), *dense[1:], ("loss", "cross_entropy", {})),
        qtbot,
    )
    return session


@pytest.fixture
def inspector(tuned: Session, qtbot: QtBot) -> Inspector:
    made = Inspector(tuned)
    qtbot.addWidget(made)
    made.resize(300, 800)
    made.show()
    settle()
    return made


@pytest.fixture
def editor(tuned: Session, qtbot: QtBot) -> GroupsEditor:
    made = GroupsEditor(tuned)
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show()
    settle()
    return made


def pick(session: Session, *names: str) -> None:
    session.select([node(session, name).id for name in names])
    settle()


def test_several_selected_layers_change_together_as_one_step(inspector: Inspector, tuned: Session) -> None:
    pick(tuned, "dense1", "tanh1", "dense2")
    several = inspector.several
    assert several.isVisible()
    assert several.title.text() == "2 layers with weights"
    assert several.names.text() == "dense1, dense2; 1 more without"
    assert inspector.empty.isHidden()
    several.form.changed.emit("rate_factor", 0.1)
    several.form.changed.emit("decay_factor", 0.0)
    several.form.changed.emit("frozen", True)
    settle()
    for name in ("dense1", "dense2"):
        found = node(tuned, name)
        assert (found.rate_factor, found.decay_factor, found.frozen) == (0.1, 0.0, True)
    assert node(tuned, "dense3").rate_factor == 1.0
    assert several.form.rows["rate_factor"].editor.value == 0.1
    tuned.undo()
    assert not node(tuned, "dense1").frozen
    assert not node(tuned, "dense2").frozen
    settle()
    assert several.form.rows["frozen"].editor.value is False


def test_dragging_a_slider_for_several_is_one_step(inspector: Inspector, tuned: Session) -> None:
    pick(tuned, "dense1", "dense2")
    before = tuned.project
    for value in (0.5, 0.4, 0.3):
        inspector.several.form.moved.emit("rate_factor", value)
    tuned.undo()
    assert tuned.project == before


def test_layers_that_differ_are_said_to(inspector: Inspector, tuned: Session) -> None:
    from playground.document.edits import SetNodeOption

    tuned.do(SetNodeOption(node(tuned, "dense2").id, "rate_factor", 0.5))
    pick(tuned, "dense1", "dense2")
    assert inspector.several.differ.text() == "They differ in rate factor; dense1's is shown."


def test_a_selection_goes_into_a_new_group_and_out_of_it(inspector: Inspector, tuned: Session) -> None:
    pick(tuned, "dense1", "dense2")
    row = inspector.several.group
    assert row.combo.currentText() == "No group"
    row.combo.activated.emit(row.combo.findText(NEW))
    settle()
    (group,) = tuned.project.groups
    assert set(group.nodes) == {node(tuned, "dense1").id, node(tuned, "dense2").id}
    assert row.combo.currentText() == group.name
    assert row.words.text() == "By hand: nothing changed yet."
    tuned.do(SetGroup(group.id, "rate_factor", 0.1))
    settle()
    assert row.words.text() == "By hand: rate × 0.1."
    pick(tuned, "dense2", "dense3")
    assert row.combo.currentIndex() == -1
    assert row.combo.placeholderText() == MIXED
    pick(tuned, "dense1")
    assert inspector.group.isVisible()
    inspector.group.combo.activated.emit(inspector.group.combo.findText("No group"))
    settle()
    assert tuned.project.groups[0].nodes == (node(tuned, "dense2").id,)


def test_the_menu_of_the_canvas_puts_the_selection_into_a_group(tuned: Session) -> None:
    tuned.do(AddGroup(name="backbone"))
    pick(tuned, "dense1", "dense2")
    menu = QMenu()
    fill_group_menu(menu, tuned)
    own = menu.actions()[0].menu()
    assert [entry.text() for entry in own.actions() if entry.text()] == ["backbone", "No group", NEW]
    own.actions()[0].trigger()
    assert len(tuned.project.groups[0].nodes) == 2
    pick(tuned, "tanh1")
    other = QMenu()
    fill_group_menu(other, tuned)
    assert not other.actions()
    menu.deleteLater()
    other.deleteLater()


def test_groups_by_rule_count_their_layers_and_reach_the_knobs(editor: GroupsEditor, tuned: Session) -> None:
    editor.add.click()
    settle()
    (card,) = editor.cards.values()
    assert card.count.text() == "no layers"
    card.rule.setText("first 2")
    card.rule.editingFinished.emit()
    settle()
    assert tuned.project.groups[0].rule == "first 2"
    assert card.count.text() == "2 layers"
    card.form.changed.emit("rate_factor", 0.25)
    settle()
    knobs = knob_values(tuned.project, tuned.inspection.parameters)
    assert (knobs["dense1:rate_factor"], knobs["dense2:rate_factor"], knobs["dense3:rate_factor"]) == (0.25, 0.25, 1.0)
    card.count.click()
    assert {found.name for found in tuned.selected_nodes()} == {"dense1", "dense2"}
    tuned.undo()
    settle()
    assert card.form.rows["rate_factor"].editor.value == 1.0


def test_a_rule_that_is_none_is_refused_at_its_field(editor: GroupsEditor, tuned: Session) -> None:
    tuned.do(AddGroup(rule="dense*"))
    settle()
    (card,) = editor.cards.values()
    card.rule.setText("the first two")
    with_help: list[str] = []
    editor.helped.connect(lambda _title, text: with_help.append(text))
    card.rule.editingFinished.emit()
    assert card.rule.refused
    assert "first 3" in with_help[0]
    assert tuned.project.groups[0].rule == "dense*"


def test_names_order_and_deleting(editor: GroupsEditor, tuned: Session) -> None:
    for name in ("head", "body"):
        tuned.do(AddGroup(name=name, rule="dense*"))
    settle()
    first, second = editor.cards.values()
    assert (first.count.text(), second.count.text()) == ("3 layers", "no layers")
    assert not first.up.isEnabled()
    second.up.click()
    settle()
    assert [group.name for group in tuned.project.groups] == ["body", "head"]
    assert [card.name.text() for card in editor.cards.values()] == ["body", "head"]
    first.name.setText("body")
    first.name.editingFinished.emit()
    assert first.name.refused  # taken
    first.name.setText("top")
    first.name.editingFinished.emit()
    settle()
    assert [group.name for group in tuned.project.groups] == ["body", "top"]
    first.delete.click()
    settle()
    assert [card.name.text() for card in editor.cards.values()] == ["body"]


def test_a_layer_frozen_by_its_group_has_the_snowflake(tuned: Session, qtbot: QtBot) -> None:
    view = CanvasView(tuned)
    qtbot.addWidget(view)
    tuned.do(AddGroup(name="stem", rule="first 1"))
    group = tuned.project.groups[0]
    tuned.do(SetGroup(group.id, "frozen", True))
    settle()
    assert view.canvas.nodes[node(tuned, "dense1").id].look.badge == "frozen"
    assert view.canvas.nodes[node(tuned, "dense2").id].look.badge == ""
    tuned.do(PutInGroup((node(tuned, "dense2").id,), group.id))
    settle()
    assert view.canvas.nodes[node(tuned, "dense2").id].look.badge == "frozen"

"""Inspector, training, knobs and problems: the project shown, and every change an edit of the project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.core.spec import Schedule
from playground.document.edits import AddNode, SetField, SetPlan
from playground.document.project import Placeholder, Project
from playground.lowering import lower
from playground.ui import theme
from playground.ui.inspector.editors import Editor, NumberEditor
from playground.ui.inspector.form import PartEditor
from playground.ui.inspector.panel import Inspector
from playground.ui.main_window import MainWindow
from playground.ui.panel import panels
from playground.ui.panels.journal import JournalPanel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.panels.knobs import Knobs
from playground.ui.panels.problems import Problems
from playground.ui.panels.training import TrainingPanel
from playground.ui.session import Session

from .conftest import settle
from .networks import chain, moons, node, ready, train

Make = Callable[[Callable[[Session], QWidget]], Any]


@pytest.fixture
def show(session: Session, qtbot: QtBot) -> Make:
    """Makes a panel of the session and shows it."""

    def make(factory: Callable[[Session], QWidget]) -> Any:
        made = factory(session)
        qtbot.addWidget(made)
        made.resize(300, 800)
        made.show()
        settle()
        return made

    return make


def enter(editor: Editor, words: str) -> None:
    assert isinstance(editor, NumberEditor)
    editor.text.selectAll()
    QTest.keyClicks(editor.text, words)
    QTest.keyClick(editor.text, Qt.Key.Key_Return)
    settle()


def test_every_panel_is_made_on_an_empty_project_and_says_something(session: Session, show: Make) -> None:
    for panel in panels():
        made = show(panel.factory)
        assert not made.grab().isNull()
        assert panel.title
        made.hide()


def test_the_inspector_follows_selection_edits_and_undo(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    inspector: Inspector = show(Inspector)
    assert inspector.empty.isVisible()
    session.select([node(session, "dense1").id])
    assert inspector.head.name.text() == "dense1"
    facts = [(a.text(), b.text()) for a, b in inspector.head._rows if not a.isHidden()]
    assert ("In → out", "2 → 8") in facts
    assert ("Parameters", "24 = 8·(2+1)") in facts
    row = inspector.sections.forms["Layer"].rows["units"]
    enter(row.editor, "12")
    assert node(session, "dense1").spec.units == 12  # type: ignore[union-attr]
    assert row.label.changed
    session.undo()
    settle()
    assert row.editor.value == 8


def test_the_inspector_renames_and_refuses_a_taken_name(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    inspector: Inspector = show(Inspector)
    session.select([node(session, "dense1").id])
    said: list[str] = []
    session.message.connect(lambda text, level: said.append(text))
    inspector.head.name.setText("hidden")
    inspector.head.name.editingFinished.emit()
    assert node(session, "hidden")
    inspector.head.name.setText("dense2")
    inspector.head.name.editingFinished.emit()
    assert "already used" in said[-1]
    assert inspector.head.name.refused


def test_a_weight_start_and_a_node_option_are_edits_too(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    inspector: Inspector = show(Inspector)
    session.select([node(session, "dense1").id])
    start = inspector.sections.forms["Weights"].rows["start"].editor
    assert isinstance(start, PartEditor)
    start.combo.activated.emit(start.combo.findData("zeros"))
    assert node(session, "dense1").spec.start == find("initializer", "zeros")()  # type: ignore[union-attr]
    enter(inspector.sections.forms["Training"].rows["rate_factor"].editor, "0.5")
    assert node(session, "dense1").rate_factor == 0.5


def test_data_and_loss_nodes_choose_another_kind_and_the_split(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    inspector: Inspector = show(Inspector)
    session.select([node(session, "moons1").id])
    source = inspector.sections.forms["Source"].rows["spec"].editor
    assert isinstance(source, PartEditor)
    enter(inspector.sections.forms["Split and scaling"].rows["validation"].editor, "0.3")
    assert session.project.data.validation == 0.3
    source.combo.activated.emit(source.combo.findData("xor"))
    assert node(session, "moons1").spec.id == "xor"
    session.select([node(session, "binary_cross_entropy1").id])
    assert not inspector.sections.forms["Loss"].isHidden()
    assert inspector.sections.forms["Source"].isHidden()


def test_a_section_of_which_nothing_means_anything_is_not_shown(session: Session, show: Make) -> None:
    """A recurrent layer that waits for data has no rates yet, and its dropout lies between layers of which there is one."""
    session.do(AddNode(find("layer", "lstm")()))
    inspector: Inspector = show(Inspector)
    (alone,) = session.project.network.nodes
    session.select([alone.id])
    assert not inspector.sections.strips["Layer"].isHidden()
    assert inspector.sections.strips["Training"].isHidden()
    session.do(SetField(alone.id, "layers", 2))
    settle()
    assert not inspector.sections.strips["Training"].isHidden()


def test_problems_of_the_node_are_told_in_the_inspector(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    inspector: Inspector = show(Inspector)
    loss = node(session, "binary_cross_entropy1")
    session.do(SetField(node(session, "dense2").id, "units", 7))
    session.select([loss.id])
    settle()
    assert any(problem.node == loss.id for problem in session.problems)
    assert inspector.notices.isVisible()


def test_the_problems_panel_selects_and_mends(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    panel: Problems = show(Problems)
    assert not panel.rows
    told: list[str] = []
    panel.title_changed.connect(told.append)
    session.do(SetField(node(session, "dense2").id, "units", 7))
    settle()
    assert told[-1] == f"Problems {len(panel.rows)}"
    row = next(row for row in panel.rows if row.problem.mend is not None)
    QTest.mouseDClick(row, Qt.MouseButton.LeftButton)
    assert session.selection == (row.problem.node,)
    assert row.button is not None
    row.button.click()
    settle()
    assert session.ready
    assert not panel.rows
    session.do(SetField(node(session, "dense2").id, "units", 0))
    settle()
    (row,) = panel.rows
    assert row.problem.text.startswith("dense2: Units must be")
    assert row.words.startswith("Units must be")  # the name stands in a column of its own
    assert row.button is not None
    assert row.button.text() == "Set to 1"


def test_the_training_panel_draws_the_schedule_it_is_given(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(epochs=10, batch=10, optimizer__rate=0.2), qtbot)
    panel: TrainingPanel = show(TrainingPanel)
    each, total = panel.steps()
    assert total == 10 * each
    flat = panel.preview.series["rate"]
    assert flat.y.min() == flat.y.max() == pytest.approx(0.2)
    schedule = panel.form.rows["schedule"].editor
    assert isinstance(schedule, PartEditor)
    schedule.combo.activated.emit(schedule.combo.findData("cosine"))
    cosine = find("schedule", "cosine")()
    assert isinstance(cosine, Schedule)
    x, y = panel.preview.series["rate"].x, panel.preview.series["rate"].y
    assert y == pytest.approx(cosine.rate(x.astype(int) - 1, total, 0.2))
    enter(panel.form.rows["warmup"].editor, "20")
    assert panel.preview.series["rate"].y[0] < 0.02
    assert panel.momentum.isHidden()
    schedule.combo.activated.emit(schedule.combo.findData("one_cycle"))
    optimizer = panel.form.rows["optimizer"].editor
    assert isinstance(optimizer, PartEditor)
    optimizer.combo.activated.emit(optimizer.combo.findData("momentum"))
    momenta = panel.momentum.series["rate"].y
    assert panel.momentum.isVisible()
    assert (momenta.max(), momenta.min()) == (0.9, pytest.approx(0.85, abs=1e-4))
    assert (momenta[:21] == 0.9).all()
    optimizer.combo.activated.emit(optimizer.combo.findData("sgd"))
    assert panel.momentum.isHidden()
    assert f"{total:,} steps" in panel.words.text()


def test_without_data_the_schedule_is_not_made_up(session: Session, show: Make) -> None:
    panel: TrainingPanel = show(TrainingPanel)
    assert panel.steps() == (0, 0)
    assert not panel.preview.has_data
    assert panel.words.text() == ""


def test_there_is_a_knob_for_every_knob_of_the_run(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    knobs: Knobs = show(Knobs)
    assert session.samples is not None
    wanted = [
        info for info in lower(session.project, session.samples).knobs if not info.name.endswith(("rate_factor", "decay_factor"))
    ]
    assert list(knobs.rows) == [info.name for info in wanted]
    for info in wanted:
        assert knobs.rows[info.name].value == info.value
        assert knobs.rows[info.name].text.accessibleName() == info.label
    enter(knobs.rows["rate"], "0.05")
    assert session.project.training.optimizer.rate == 0.05  # type: ignore[attr-defined]
    enter(knobs.rows["dropout1.rate"], "0.4")
    assert node(session, "dropout1").spec.rate == 0.4  # type: ignore[union-attr]
    session.undo()
    settle()
    assert knobs.rows["dropout1.rate"].value == 0.1
    switch = knobs.layers[node(session, "dense1").id].switch
    switch.click()
    assert node(session, "dense1").frozen


def test_knobs_that_are_seldom_turned_are_folded(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    knobs: Knobs = show(Knobs)
    assert {name for name, row in knobs.rows.items() if row.isVisible()} >= {"rate", "beta1", "clip", "dropout1.rate"}
    assert knobs.rare >= {"beta2", "epsilon", "clip_value"}
    assert not any(knobs.rows[name].isVisible() for name in knobs.rare)
    QTest.keyClick(knobs.more, Qt.Key.Key_Space)
    assert all(row.isVisible() for row in knobs.rows.values())
    assert knobs.more.text() == "Less"
    enter(knobs.rows["beta2"], "0.98")
    assert session.project.training.optimizer.beta2 == 0.98  # type: ignore[attr-defined]
    assert show(Knobs).more.isChecked(), "it is remembered"
    knobs.more.click()
    session.undo()
    settle()
    assert knobs.rows["beta2"].value == 0.999
    assert not knobs.rows["beta2"].isVisible()


def test_the_script_is_exported_from_the_journal(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.show_layout("train")
    settle()
    (knobs,) = window.findChildren(Knobs)
    assert list(knobs.foot.buttons) == ["fork", "rewind", "rate_fan"]
    window.show_layout("build")
    window.show_panel("journal")
    settle()
    (panel,) = window.findChildren(JournalPanel)
    link = panel.head.links["export_script"]
    assert not link.isEnabled()
    window.actions_made["export_script"].setEnabled(True)
    assert link.isEnabled()
    with qtbot.waitSignal(window.actions_made["export_script"].triggered):
        QTest.mouseClick(link, Qt.MouseButton.LeftButton)


def test_without_a_network_the_knobs_say_what_is_missing(session: Session, show: Make) -> None:
    knobs: Knobs = show(Knobs)
    assert not knobs.rows
    assert knobs.none.isVisible()
    assert knobs.none.text()


def test_a_knob_reaches_the_run_and_undo_takes_it_back_there_too(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(epochs=100_000), qtbot)
    knobs: Knobs = show(Knobs)
    inspector: Inspector = show(Inspector)
    session.select([node(session, "dense1").id])
    train(session, qtbot, "running")
    settle()
    layer = inspector.sections.forms["Layer"]
    assert not layer.rows["units"].editor.isEnabled()
    assert inspector.sections.forms["Training"].rows["rate_factor"].editor.isEnabled()
    rate = session.client.knobs["rate"]
    enter(knobs.rows["rate"], "0.002")
    qtbot.waitUntil(lambda: session.client.knobs["rate"] == pytest.approx(0.002), timeout=10_000)
    session.undo()
    qtbot.waitUntil(lambda: session.client.knobs["rate"] == pytest.approx(rate), timeout=10_000)
    knobs.layers[node(session, "dense1").id].switch.click()
    qtbot.waitUntil(lambda: "dense1:rate_factor" not in session.client.knobs, timeout=10_000)
    settle()
    entries = journal_of(session).entries
    assert entries[-1].text.startswith("dense1: frozen")
    assert entries[0].text.startswith("Started")
    assert any(entry.knob == "rate" and "Learning rate" in entry.text for entry in entries)
    assert journal_of(session).marks()
    session.stop()
    qtbot.waitUntil(lambda: session.client.state == "finished", timeout=10_000)
    settle()
    assert layer.rows["units"].editor.isEnabled()
    assert knobs.list.rows[0][3] == journal_of(session).entries[-1].text


def test_a_slider_dragged_is_one_step_of_undo(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    knobs: Knobs = show(Knobs)
    before = session.project
    for value in (0.01, 0.02, 0.03):
        knobs.rows["rate"].moved.emit(value)
    assert session.project.training.optimizer.rate == 0.03  # type: ignore[attr-defined]
    session.undo()
    assert session.project == before


def test_a_plan_that_leaves_nothing_to_train_on_is_no_crash(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    panel: TrainingPanel = show(TrainingPanel)
    for share in ("validation", "test"):
        session.do(SetPlan("data", share, 0.9))
    settle()
    assert panel.steps() == (0, 0)


def test_a_long_run_of_panels_on_another_network(session: Session, show: Make, qtbot: QtBot) -> None:
    project: Project = chain(
        ("dataset", "iris", {}), ("layer", "dense", {"units": 6}), ("layer", "relu", {}), ("layer", "dense", {"units": 3}),
        ("loss", "cross_entropy", {}), epochs=3,
    )  # fmt: skip
    ready(session, project, qtbot)
    inspector: Inspector = show(Inspector)
    for found in session.project.network.nodes:
        session.select([found.id])
        assert inspector.head.name.text() == found.name


def test_a_node_of_a_later_version_is_shown_and_says_so(session: Session, show: Make) -> None:
    unknown = AddNode(Placeholder(kind="layer", id="hologram", raw="{}"))
    session.do(unknown)
    inspector: Inspector = show(Inspector)
    session.select([unknown.id])
    assert "unknown to this version" in inspector.head.kind.text()
    assert all(form.isHidden() for form in inspector.sections.forms.values())


def test_the_look_changes_while_panels_are_open(session: Session, show: Make, qtbot: QtBot, qapp: QApplication) -> None:
    ready(session, moons(), qtbot)
    inspector: Inspector = show(Inspector)
    session.select([node(session, "dense1").id])
    pictures = []
    for mode in ("light", "dark", "light"):
        theme.apply(qapp, mode)
        settle()
        pictures.append(inspector.grab().toImage())
    assert pictures[0] != pictures[1]
    assert pictures[0] == pictures[2]

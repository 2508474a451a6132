"""The Compare layout: runs in a table, drawn over one another, set side by side, and brought back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from playground.document.edits import SetPlan
from playground.training import kept_layers, kept_points
from playground.training.areas.steps import STEP_ROW
from playground.training.kept_layers import Looks
from playground.training.kept_points import KeptPoints
from playground.training.messages.change import Entry as ChangeEntry
from playground.training.runs import Kept, kept
from playground.ui.compare.choice import Choice, choice_of
from playground.ui.compare.columns import columns_for
from playground.ui.compare.filtering import fits, unknown_names
from playground.ui.compare.lines import alone
from playground.ui.compare.naming import value_text
from playground.ui.compare.restored import restored_of
from playground.ui.compare.table import FIRST, LINE, TICK, RunsTable
from playground.ui.main_window import MainWindow
from playground.ui.panels.activations import ActivationsPanel
from playground.ui.panels.comparison import ComparisonPanel
from playground.ui.panels.gradients import NormsPanel
from playground.ui.panels.histograms import HistogramsPanel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.panels.knobs import Knobs
from playground.ui.panels.loss import LossPanel
from playground.ui.panels.overlay import OverlayPanel
from playground.ui.panels.runs import RunsPanel
from playground.ui.plots.axis import short
from playground.ui.session import Session
from tests.examples.recipes import FOLDER
from tests.ui.conftest import settle

Loaded = Callable[[Session], None]
PLANS = ((0.01, 32, 6), (0.05, 16, 4), (0.002, 64, 5))


@pytest.fixture
def compared(window: MainWindow, session: Session, loaded: Loaded, qtbot) -> Choice:
    """Three short runs on the spirals, and the Compare layout."""
    window.resize(1440, 900)
    window.documents.open(FOLDER / "spiral_mlp.play")
    loaded(session)
    for rate, batch, epochs in PLANS:
        for path, value in (("optimizer.rate", rate), ("batch", batch), ("epochs", epochs)):
            session.do(SetPlan("training", path, value))
        session.train()
        qtbot.waitUntil(lambda: session.run.state == "finished", timeout=20_000)
    qtbot.waitUntil(lambda: len([run for run in kept(session.shelf) if run.state == "done"]) == 3, timeout=10_000)
    window.show_layout("compare")
    settle()
    choice = choice_of(session)
    choice.refresh()
    return choice


def only(window: MainWindow, kind: type) -> object:
    (found,) = window.findChildren(kind)
    return found


def test_every_run_is_a_row_and_the_newest_are_drawn(window: MainWindow, compared: Choice):
    table, panel, overlay = only(window, RunsTable), only(window, RunsPanel), only(window, OverlayPanel)
    assert [run.number for run in compared.runs] == [3, 2, 1]
    assert [table.runs.index(row, FIRST).data() for row in range(3)] == ["3", "2", "1"]
    assert len(compared.drawn) == 3
    assert list(overlay.plot.series) == ["1", "2", "3"]
    for run in compared.runs:
        series = overlay.plot.series[str(run.number)]
        assert series.y.tolist() == [record.validation_loss for record in run.epochs]
        assert series.color == compared.drawn[run.folder]
    assert panel.count.text() == "3 runs, 3 drawn"
    assert window.canvas.isVisible() is False
    window.grab()


def test_a_tick_draws_a_run_or_not(window: MainWindow, compared: Choice):
    table, overlay = only(window, RunsTable), only(window, OverlayPanel)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.cell(1, TICK).center())
    assert list(overlay.plot.series) == ["1", "3"]
    assert table.runs.index(1, TICK).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert list(overlay.plot.series) == ["1", "2", "3"]
    assert not table.cell(1, LINE).isEmpty()
    overlay.what.setCurrentIndex(overlay.what.findData("accuracy"))
    overlay.what.activated.emit(overlay.what.currentIndex())
    run = compared.runs[0]
    assert overlay.plot.series["3"].y.tolist() == [record.metrics["accuracy"] for record in run.epochs]


def test_the_table_sorts_and_filters(window: MainWindow, compared: Choice):
    table, panel = only(window, RunsTable), only(window, RunsPanel)
    rate = next(k for k, column in enumerate(table.runs.columns) if column.key == "rate") + FIRST
    header = table.horizontalHeader()
    header.sectionClicked.emit(rate)
    assert [run.number for run in table.runs.rows] == [3, 1, 2]
    header.sectionClicked.emit(rate)
    assert [run.number for run in table.runs.rows] == [2, 1, 3]
    assert header.model().headerData(rate, Qt.Orientation.Horizontal) == "Rate ↓"
    QTest.keyClicks(panel.filter, "rate < 0.02, batch >= 64")
    assert [run.number for run in table.runs.rows] == [3]
    assert panel.count.text() == "1 of 3 runs, 3 drawn"
    panel.filter.setText("sgd")
    assert table.runs.rows == []
    assert panel.nothing.isVisible()
    QTest.mouseClick(panel.nothing.back, Qt.MouseButton.LeftButton)
    assert (panel.filter.text(), len(table.runs.rows), table.isVisible()) == ("", 3, True)
    panel.filter.setText("adam done")
    assert len(table.runs.rows) == 3


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [("", [3, 2, 1]), ("Batch = 16", [2]), ("run != 2", [3, 1]), ("state = done", [3, 2, 1]), ("state < done", []), ("rate < x", []),
     ("nonsense > 3", []), ("validation loss > 0", [3, 2, 1]), (",,", [3, 2, 1]), ("<", []), ("accuracy >= 0 %", [3, 2, 1]),
     ("accuracy > 101 %", [])],
)  # fmt: skip
def test_what_a_filter_means(compared: Choice, wanted: str, numbers: list[int]):
    columns = columns_for(compared.runs)
    assert [run.number for run in compared.runs if fits(alone(run), columns, wanted)] == numbers
    assert unknown_names(columns, wanted) == (["nonsense"] if "nonsense" in wanted else [])


def test_selected_runs_are_set_side_by_side(window: MainWindow, compared: Choice):
    table, panel = only(window, RunsTable), only(window, ComparisonPanel)
    table.clearSelection()
    table.selectRow(0)
    model = table.selectionModel()
    model.select(table.runs.index(2, 0), model.SelectionFlag.Select | model.SelectionFlag.Rows)
    assert [run.number for run in compared.compared_runs()] == [3, 1]
    assert panel.title.text() == "Run 3 against Run 1"
    rows = dict(panel.different.rows)
    assert rows == {"Learning rate": ["0.002", "0.01"], "Batch": ["64", "32"], "Epochs": ["5", "6"]}
    assert panel.equal.text().endswith("other settings are equal.")
    results = dict(panel.result.rows)
    assert results["Epochs"] == ["5", "6"]
    assert "Accuracy" in results
    assert panel.restore.text() == "Restore run 3"
    changed_on_the_way(table, panel, compared)


def changed_on_the_way(table: RunsTable, panel: ComparisonPanel, compared: Choice) -> None:
    """What was changed while a run went on is told in the table and where runs are compared."""
    first, last = compared.compared_runs()
    after = {"training/fields/batch": 16}
    entry = ChangeEntry(serial=2, step=9, kind="plan", what="batch", before={"training/fields/batch": 32}, after=after, note="")
    steered = dataclasses.replace(last, journal=(*last.journal[:1], entry))
    batch = next(column for column in columns_for([steered]) if column.key == "batch")
    assert (batch.shown(last), batch.shown(steered)) == ("32", "32 → 16")
    compared.compared_runs = lambda: [first, steered]  # type: ignore[method-assign]
    panel.refresh()
    assert dict(panel.different.rows)["Batch"] == ["64", "32 → 16"]


def points_thinned_damaged_and_lacking(run: Kept, session: Session, loss: LossPanel) -> None:
    """Of steps that were chosen for their losses no mean is drawn; without a sound file there are the epochs, as of older runs."""
    said, restored = list[str](), restored_of(session)
    session.message.connect(lambda text, _: said.append(text))
    held, rows = KeptPoints(), np.zeros(5_000, STEP_ROW)
    rows["step"], rows["loss"] = np.arange(1, 5_001), np.random.default_rng(0).exponential(size=5_000)
    held.add(rows)
    path = run.folder / kept_points.NAME
    for data in (held.encoded(), held.encoded()[:-1], None):
        path.unlink() if data is None else path.write_bytes(data)
        restored.show(None)
        restored.show(run)
        shown = loss.plot.series
        assert (len(shown["raw"].x) > 1000) == (data == held.encoded())
        assert len(shown["train"].x) == 0
        assert len(shown["epoch"].x) == len(run.epochs)
    assert len(said) == 1
    assert "points.bin is damaged" in said[0]


def layers_as_they_were_seen(run: Kept, session: Session, window: MainWindow) -> None:
    """Norms, activations and histograms in the panels that a run of now shows them in; without a sound file, that there are none."""
    said, restored, kept_looks = list[str](), restored_of(session), Looks(kept_layers.read(run.folder))
    session.message.connect(lambda text, _: said.append(text))
    norms, activations = kept_looks.layer_norms(), kept_looks.activations()
    assert norms is not None
    assert len(norms.steps)
    assert len(activations.steps)
    norm_panels = [NormsPanel(session, what, what, what == "gradient", window) for what in ("gradient", "weight")]
    panels = [*norm_panels, ActivationsPanel(session, window), HistogramsPanel(session, window)]
    path = run.folder / kept_layers.NAME
    good = path.read_bytes()
    for data in (good, good[:-1], None, good):
        path.unlink() if data is None else path.write_bytes(data)
        restored.show(None)
        restored.show(run)
        for panel in panels:
            panel.show()
            settle()
            assert panel.plot.has_data == (data == good)
            assert panel.plot.empty == "Not kept of run 1. Press Train."
            panel.grab()
    drawn = [
        (norms.layers, norms.steps, norms.gradient),
        (norms.layers, norms.steps, norms.weight),
        (activations.nodes, activations.steps, activations.mean),
    ]
    for panel, (names, steps, table) in zip(panels[:3], drawn, strict=True):
        assert panel.plot.reach == run.steps
        for at, name in enumerate(names):
            shown = panel.plot.series[name]
            assert np.array_equal(shown.x, steps)
            assert np.array_equal(shown.y, table[:, at], equal_nan=True)
    assert [strip.name for strip in panels[3].plot.strips] == list(norms.layers)
    for strip in panels[3].plot.strips:
        found = kept_looks.histograms("weights", strip.name)
        assert found is not None
        assert strip.found.even.tobytes() == found.even.tobytes()
    assert [row.layer for row in norm_panels[0].table.rows[: len(norms.layers)]] == list(norms.layers)
    assert len(said) == 1
    assert "layers.bin is damaged" in said[0]


def test_a_run_comes_back_with_its_weights_and_the_edit_can_be_undone(window: MainWindow, session: Session, compared: Choice):
    panel, table = only(window, RunsPanel), only(window, RunsTable)
    first = compared.runs[-1]
    table.clearSelection()
    table.selectRow(2)
    QTest.mouseClick(panel.restore, Qt.MouseButton.LeftButton)
    assert session.project.training.optimizer.rate == 0.01
    assert session.project.training.batch == 32
    assert session.history.undo_text == "Restore run 1"
    weights = session.weights()
    assert weights is not None
    from playground.api.checkpoints import kept_in

    assert session.samples is not None
    ours = kept_in(first.weights, first.project, session.samples).sets.chosen(False)
    assert ours
    assert all((weights[name] == array).all() for name, array in ours.items())
    # The plots and the journal are the run's too.
    loss = LossPanel(session, window)
    assert loss.plot.series["validation"].y.tolist() == [record.validation_loss for record in first.epochs]
    steps = list(range(1, first.steps + 1))
    assert [loss.plot.series[key].x.tolist() for key in ("raw", "train")] == [steps, steps]
    assert loss.plot.series["raw"].y.tolist() == kept_points.read(first.folder)["loss"].tolist()
    assert loss.rate.series["rate"].x.tolist() == steps
    assert (loss.told.text(), loss.plot.reach) == ("Run 1, restored", first.steps)
    assert journal_of(session).rows()[0][::3] == (first.steps, "Run 1 restored")
    numbers = dict(entry[:2] for entry in Knobs(session, window).live.values)
    last = first.epochs[-1]
    assert (numbers["train"], numbers["validation"]) == (short(last.train_loss), short(last.validation_loss or 0))
    layers_as_they_were_seen(first, session, window)
    points_thinned_damaged_and_lacking(first, session, loss)
    session.undo()
    assert session.project.training.optimizer.rate == 0.002


def test_notes_stars_and_deleting(window: MainWindow, session: Session, compared: Choice, monkeypatch: pytest.MonkeyPatch):
    panel, table = only(window, RunsPanel), only(window, RunsTable)
    note = len(table.runs.columns) - 1 + FIRST
    assert table.runs.setData(table.runs.index(0, note), "Too slow")
    assert compared.runs[0].note == "Too slow"
    assert table.runs.index(0, note).data() == "Too slow"
    table.clearSelection()
    table.selectRow(0)
    QTest.mouseClick(panel.star, Qt.MouseButton.LeftButton)
    assert table.runs.index(0, FIRST).data() == "★ 3"
    asked: list[tuple[str, str, list[str]]] = []

    def answer(role: QMessageBox.ButtonRole | None) -> Callable[[QMessageBox], int]:
        """Press the button of a role; None: the one that Enter presses."""

        def exec_(box: QMessageBox) -> int:
            asked.append((box.text(), box.informativeText(), [button.text() for button in box.buttons()]))
            pressed = next((each for each in box.buttons() if box.buttonRole(each) == role), box.defaultButton())
            pressed.click()
            return 0

        return exec_

    monkeypatch.setattr(QMessageBox, "exec", answer(None))
    QTest.mouseClick(panel.remove, Qt.MouseButton.LeftButton)
    assert len(compared.runs) == 3, "Enter deletes nothing"
    title, text, buttons = asked[0]
    assert (title, text) == ("Delete 1 run with its weights and curve?", "This cannot be undone.")
    assert set(buttons) == {"Delete", "Cancel"}
    monkeypatch.setattr(QMessageBox, "exec", answer(QMessageBox.ButtonRole.DestructiveRole))
    QTest.mouseClick(panel.remove, Qt.MouseButton.LeftButton)
    assert [run.number for run in compared.runs] == [2, 1]
    assert not (session.shelf / "0003").exists()


def test_two_runs_of_the_same_settings_differ_in_none(
    window: MainWindow, compared: Choice, session: Session, qtbot: QtBot
) -> None:
    session.train()
    qtbot.waitUntil(lambda: len([run for run in kept(session.shelf) if run.state == "done"]) == 4, timeout=20_000)
    compared.refresh()
    compared.compare([run.folder for run in compared.runs[:2]])
    settle()
    panel = only(window, ComparisonPanel)
    assert isinstance(panel, ComparisonPanel)
    assert dict(panel.different.rows) == {}
    assert re.fullmatch(r"All \d+ settings are equal\.", panel.equal.text())


def test_a_new_project_has_no_runs_and_says_so(window: MainWindow, session: Session, compared: Choice, tmp_path: Path):
    session.save(tmp_path / "mine.play")
    compared.refresh()
    assert [run.number for run in compared.runs] == [3, 2, 1], "a project that is saved keeps its runs"
    session.new()
    assert compared.runs == []
    panel = only(window, RunsPanel)
    assert panel.pages.currentIndex() == 0
    assert only(window, ComparisonPanel).none.isVisible()
    assert only(window, OverlayPanel).plot.series == {}
    window.grab()


def test_values_as_a_person_reads_them():
    assert [value_text(v) for v in (None, True, 0.001, "Adam", (1, 2), (1,) * 9)] == [
        "—",
        "yes",
        "0.001",
        "Adam",
        "1, 2",
        "9 values",
    ]


def test_the_overlay_marks_what_was_changed_in_a_run(session: Session, compared: Choice, monkeypatch: pytest.MonkeyPatch):
    run = compared.runs[0]

    def change(step: int, kind: str, before: object, after: object, what: str = "rate") -> ChangeEntry:
        return ChangeEntry(serial=1, step=step, kind=kind, what=what, before=before, after=after, note="")

    journal = (
        change(0, "start", None, 0, "seed"),
        change(5, "knob", 0.01, 0.02),
        change(5, "knob", 0.02, 0.03),
        change(8, "knob", 0.03, 0.5),
        change(9, "rewind", 9, 7, ""),
        change(9, "reinit", None, None, "dense1"),
    )
    kept = dataclasses.replace(run, steps=100, journal=journal)
    monkeypatch.setattr(compared, "drawn_groups", lambda: [([kept], 2)])
    plot = OverlayPanel(session).plot
    assert [(mark.x, mark.token) for mark in plot.marks] == [(5, "s2"), (9, "s2")]
    assert plot.marks[0].text == "learning rate 0.01 → 0.03"
    other = dataclasses.replace(kept, number=9, journal=journal[:2])
    monkeypatch.setattr(compared, "drawn_groups", lambda: [([kept], 2), ([other], 3)])
    panel = OverlayPanel(session)
    assert [mark.text.partition(":")[0] for mark in panel.plot.marks] == ["Run 3", "Run 9", "Run 3"]
    panel.deleteLater()

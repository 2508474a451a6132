"""The plan of a run follows the project while it goes on; the journal tells of it, takes it back and writes it down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import (
    AddNode,
    EditBlock,
    GroupIntoBlock,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    ReplacePlanPart,
    SetField,
    SetNodeOption,
    SetPlan,
)  # fmt: skip
from playground.document.file import save
from playground.training.messages import ChangeRefused, Replanned
from playground.training.replay import Player
from playground.ui.inspector.following import follow_knobs
from playground.ui.panels.journal import JournalPanel
from playground.ui.panels.journal_entries import Entry, journal_of
from playground.ui.panels.knobs import Knobs
from playground.ui.panels.training import TrainingPanel
from playground.ui.pickers import PICKERS
from playground.ui.plots.axis import short
from playground.ui.session import Session
from playground.ui.steering.journal_script import can_write, journal_script

from .conftest import settle
from .networks import chain, moons, node, ready, train, until
from .synthetic import move, press, release
from .test_panels_settings import enter

Make = Callable[[Callable[[Session], QWidget]], Any]


@pytest.fixture
def show(session: Session, qtbot: QtBot) -> Make:
    def make(factory: Callable[[Session], QWidget]) -> Any:
        made = factory(session)
        qtbot.addWidget(made)
        made.resize(300, 800)
        made.show()
        settle()
        return made

    return make


@pytest.fixture
def running(session: Session, qtbot: QtBot) -> Session:
    """A run that goes on for long."""
    ready(session, moons(), qtbot)
    session.do(SetPlan("training", "epochs", 100_000))
    follow_knobs(session), journal_of(session)
    train(session, qtbot, "running")
    return session


def replanned(session: Session, qtbot: QtBot, act: Callable[[], object]) -> None:
    until(session, qtbot, Replanned, act)


def steps_of(session: Session) -> int:
    started = session.client.started
    assert started is not None
    return started.steps_per_epoch


def test_a_batch_of_the_toolbar_reaches_the_run_and_undo_takes_it_back(running: Session, qtbot: QtBot) -> None:
    before, batch = steps_of(running), running.project.training.batch
    for picker in PICKERS:
        assert picker.enabled(running) == (picker.caption in ("Optimizer", "Schedule", "Batch"))
    replanned(running, qtbot, lambda: running.do(SetPlan("training", "batch", 4 * batch)))
    assert running.client.state == "running"
    assert steps_of(running) < before
    line = journal_of(running).entries[-1]
    assert line.text.startswith(f"Batch: {batch} → {4 * batch}")
    assert line.flag == f"batch {batch} → {4 * batch}"
    assert line.step in [mark.x for mark in journal_of(running).marks()]
    replanned(running, qtbot, running.undo)
    assert steps_of(running) == before
    assert journal_of(running).entries[-1].text.startswith(f"Batch: {4 * batch} → {batch}")


def test_changes_that_follow_each_other_end_in_the_last_one(running: Session, qtbot: QtBot) -> None:
    """The first is asked for at once; what another one overtakes before it is ready is as if it had never been asked for."""
    follower = follow_knobs(running)
    for batch in (7, 9, 11, 13):
        running.do(SetPlan("training", "batch", batch), whole=True)
        follower.settle()
        settle()
    qtbot.waitUntil(lambda: running.run_project is not None and running.run_project.training.batch == 13, timeout=15_000)
    qtbot.waitUntil(lambda: not follower._asked and not running.client._changes, timeout=15_000)
    plans = [entry.after["training/fields/batch"] for entry in running.client.journal() if entry.kind == "plan"]
    assert plans[-1] == 13
    assert plans == sorted(plans)
    assert running.client.state == "running"


def test_the_form_of_the_training_plan_stays_open_but_for_the_seed(running: Session, show: Make, qtbot: QtBot) -> None:
    panel: TrainingPanel = show(TrainingPanel)
    rows = panel.form.rows
    assert [name for name, row in rows.items() if not row.editor.isEnabled()] == ["seed"]
    assert rows["batch"].label.live
    assert not rows["seed"].label.live
    replanned(running, qtbot, lambda: enter(rows["accumulate"].editor, "3"))
    assert running.client.started is not None
    assert running.project.training.accumulate == 3
    replanned(running, qtbot, lambda: panel.form.changed.emit("optimizer", find("optimizer", "momentum")()))
    assert "begins without memory" in journal_of(running).entries[-1].text


def test_the_batch_row_of_the_knobs(running: Session, show: Make, qtbot: QtBot) -> None:
    knobs: Knobs = show(Knobs)
    replanned(running, qtbot, lambda: enter(knobs.batch, "77"))
    assert running.project.training.batch == 77
    assert knobs.batch.value == 77
    replanned(running, qtbot, running.undo)
    assert knobs.batch.value == running.project.training.batch != 77


def test_a_change_is_in_the_step_that_is_asked_for_right_after(session: Session, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    follow_knobs(session)
    session.step_batch()
    qtbot.waitUntil(lambda: session.client.state == "paused" and session.client.step == 1, timeout=15_000)
    session.do(SetPlan("training", "batch", 3))
    session.step_batch()
    qtbot.waitUntil(lambda: session.client.step == 2, timeout=15_000)
    qtbot.waitUntil(lambda: len(session.client.history().rows) == 2, timeout=15_000)
    assert session.client.history().rows[-1] == 3


def test_a_layer_frozen_from_the_start_thaws_while_it_trains(session: Session, show: Make, qtbot: QtBot) -> None:
    ready(session, moons(), qtbot)
    knobs: Knobs = show(Knobs)
    first = node(session, "dense1")
    session.do(SetNodeOption(first.id, "frozen", True))
    session.do(SetPlan("training", "epochs", 100_000))
    train(session, qtbot, "running")
    assert "dense1:rate_factor" not in session.client.knobs
    weights = session.client.parameters()["dense1.weight"]
    replanned(session, qtbot, knobs.layers[first.id].switch.click)
    qtbot.waitUntil(lambda: bool((session.client.parameters()["dense1.weight"] != weights).any()), timeout=15_000)
    assert journal_of(session).entries[-1].text.startswith("dense1: trained again")
    assert session.client.knobs["dense1:rate_factor"] == 1.0


def test_what_cannot_be_changed_is_said_and_the_run_goes_on(running: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(running.client.epochs), timeout=15_000)
    told: list[tuple[str, str]] = []
    running.message.connect(lambda text, level: told.append((text, level)))
    heard: list[object] = []
    running.heard.connect(heard.append)
    running.do(SetPlan("training", "epochs", 1))
    qtbot.waitUntil(lambda: any(isinstance(event, ChangeRefused) for event in heard), timeout=15_000)
    assert "done already" in told[0][0]
    assert told[0][1] == "error"
    step = running.client.step
    qtbot.waitUntil(lambda: running.client.step > step, timeout=15_000)
    assert running.client.state == "running"
    running.undo()
    settle()
    assert len([event for event in heard if isinstance(event, ChangeRefused)]) == 1


def test_a_layer_that_is_added_meanwhile_keeps_nothing_from_changing(running: Session, qtbot: QtBot) -> None:
    running.do(SetField(node(running, "dense1").id, "units", 99))
    replanned(running, qtbot, lambda: running.do(SetPlan("training", "batch", 5)))
    assert running.run_project is not None
    assert running.run_project.network.node(node(running, "dense1").id).spec.units != 99


def test_a_network_that_the_run_does_not_follow_is_told_once(running: Session) -> None:
    told: list[str] = []
    running.message.connect(lambda text, level: told.append(text))
    first = node(running, "dense1")
    running.do(MoveNodes({first.id: (7.0, 7.0)}))
    running.do(RenameNode(first.id, "first"))
    running.do(SetNodeOption(first.id, "frozen", True))
    assert told == []
    running.do(RemoveNodes((first.id,)))
    running.do(AddNode(find("layer", "relu")()))
    assert [text for text in told if "with the network as it was" in text] == told[:1]
    assert len(told) == 1
    assert running.run.state == "running"
    running.undo()
    running.undo()
    running.do(AddNode(find("layer", "relu")()))
    assert len(told) == 2


def test_a_line_of_the_journal_is_taken_back_with_the_mouse_and_the_keys(running: Session, show: Make, qtbot: QtBot) -> None:
    panel: JournalPanel = show(JournalPanel)
    batch, rate = running.project.training.batch, running.project.training.optimizer.rate
    replanned(running, qtbot, lambda: running.do(SetPlan("training", "batch", 60)))
    running.do(SetPlan("training", "optimizer.rate", 0.5))
    qtbot.waitUntil(lambda: journal_of(running).entries[-1].knob == "rate", timeout=15_000)
    settle()
    QTest.mouseDClick(panel.list, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(90, 15))
    assert running.project.training.optimizer.rate == pytest.approx(rate)
    qtbot.waitUntil(lambda: running.client.knobs["rate"] == pytest.approx(rate), timeout=15_000)
    settle()
    at = next(at for at, row in enumerate(panel.list.rows) if row[3].startswith("Batch"))
    panel.list.setFocus()
    panel.list.at = 0
    for _ in range(at):
        QTest.keyClick(panel.list, Qt.Key.Key_Down)
    replanned(running, qtbot, lambda: QTest.keyClick(panel.list, Qt.Key.Key_Return))
    assert running.project.training.batch == batch
    before = running.project
    assert not journal_of(running).take_back(len(panel.list.rows) - 1), "the start cannot be taken back"
    assert running.project is before


def test_what_is_typed_and_what_is_dragged_after_it_are_two_lines_and_two_steps(
    running: Session, show: Make, qtbot: QtBot
) -> None:
    knobs: Knobs = show(Knobs)
    row, first = knobs.rows["rate"], running.project.training.optimizer.rate

    def lines() -> list[Entry]:
        return [entry for entry in journal_of(running).entries if entry.knob == "rate"]

    def followed() -> bool:
        return running.client.knobs["rate"] == pytest.approx(running.project.training.optimizer.rate)

    enter(row, "0.002")
    qtbot.waitUntil(lambda: len(lines()) == 1 and running.client.step > lines()[0].step, timeout=15_000)
    slider = row.slider
    assert slider is not None
    at = QPointF(slider._x(), 12)
    press(slider, at)
    for by in (8, 16, 24):
        move(slider, at + QPointF(by, 0))
        qtbot.waitUntil(followed, timeout=15_000)
        step = running.client.step
        qtbot.waitUntil(lambda step=step: running.client.step > step, timeout=15_000)
    release(slider, at + QPointF(24, 0))
    last = running.project.training.optimizer.rate
    qtbot.waitUntil(lambda: len(lines()) == 2 and lines()[1].text.endswith(short(last)), timeout=15_000)
    assert [line.before for line in lines()] == pytest.approx([first, 0.002])
    running.undo()
    assert running.project.training.optimizer.rate == 0.002
    qtbot.waitUntil(lambda: len(lines()) == 3, timeout=15_000)
    running.undo()
    assert running.project.training.optimizer.rate == first


def test_painted_points_reach_the_run(session: Session, qtbot: QtBot) -> None:
    points = tuple((round(k / 40 - 0.5, 3), (k % 5) / 5, k % 2) for k in range(40))
    made = chain(("dataset", "painted", {"points": points}), ("layer", "dense", {"units": 2}), ("loss", "cross_entropy", {}))
    ready(session, made, qtbot)
    session.do(SetPlan("training", "epochs", 100_000))
    follow_knobs(session)
    train(session, qtbot, "running")
    root = session.run_root
    source = session.project.network.of_kind("dataset")[0]
    more = (*points, (0.7, 0.7, 0), (-0.7, 0.7, 1))
    replanned(session, qtbot, lambda: session.do(SetField(source.id, "points", more)))
    assert session.samples is session.run_samples
    assert session.samples is not None
    assert session.run_root is root
    assert len(session.samples.x) == 42
    assert session.client.state == "running"


def test_a_block_without_dropout_gets_some_while_it_trains(session: Session, qtbot: QtBot) -> None:
    """It draws no random numbers at 0, so the first change is one of the plan; those that follow are turns of a knob."""
    block = {"heads": 1, "hidden": 4, "dropout": 0.0}
    made = chain(
        ("dataset", "counting", {"samples": 40, "steps": 3, "numbers": 4}), ("layer", "embedding", {"vocabulary": 4, "units": 4}),
        ("layer", "transformer_encoder_block", block), ("layer", "dense", {"units": 4}), ("loss", "cross_entropy", {}),
        epochs=1_000_000,
    )  # fmt: skip
    ready(session, made, qtbot)
    follow_knobs(session), journal_of(session)
    train(session, qtbot, "running")
    which = next(found for found in session.project.network.nodes if found.spec.id == "transformer_encoder_block")
    name = f"{which.name}.dropout"
    assert name not in session.client.knobs
    replanned(session, qtbot, lambda: session.do(SetField(which.id, "dropout", 0.25)))
    assert session.client.knobs[name] == 0.25
    assert journal_of(session).entries[-1].text.startswith(f"{which.name} Dropout: 0 → 0.25")
    session.do(SetField(which.id, "dropout", 0.5))
    qtbot.waitUntil(lambda: session.client.knobs[name] == 0.5, timeout=15_000)
    settle()
    entries = [entry.kind for entry in session.client.journal()]
    assert entries == ["start", "plan", "knob"]
    assert journal_of(session).take_back(1)
    assert node(session, which.name).spec.dropout == 0.0
    qtbot.waitUntil(lambda: session.client.knobs[name] == 0.0, timeout=15_000)


def test_dropout_within_a_definition_begins_while_it_trains(session: Session, qtbot: QtBot) -> None:
    block = {"heads": 1, "hidden": 4, "dropout": 0.0}
    made = chain(
        ("dataset", "counting", {"samples": 40, "steps": 3, "numbers": 4}), ("layer", "embedding", {"vocabulary": 4, "units": 4}),
        ("layer", "transformer_encoder_block", block), ("layer", "dense", {"units": 4}), ("loss", "cross_entropy", {}),
        epochs=1_000_000,
    )  # fmt: skip
    inner = next(found for found in made.network.nodes if found.spec.id == "transformer_encoder_block")
    made = GroupIntoBlock((inner.id,), "part").apply(made)
    (part,) = made.blocks
    ready(session, made, qtbot)
    follow_knobs(session), journal_of(session)
    train(session, qtbot, "running")
    edit = SetField(inner.id, "dropout", 0.25)
    replanned(session, qtbot, lambda: session.do(EditBlock(part.id, edit)))
    (name,) = [name for name in session.client.knobs if name.endswith(f"/{inner.name}.dropout")]
    assert session.client.knobs[name] == 0.25
    session.do(EditBlock(part.id, SetField(inner.id, "dropout", 0.5)))
    qtbot.waitUntil(lambda: session.client.knobs[name] == 0.5, timeout=15_000)
    settle()
    assert [entry.kind for entry in session.client.journal()] == ["start", "plan", "knob"]


def test_a_reset_brings_the_knobs_back_to_the_project(running: Session, qtbot: QtBot) -> None:
    running.do(SetPlan("training", "optimizer.rate", 0.004))
    qtbot.waitUntil(lambda: running.client.knobs["rate"] == pytest.approx(0.004), timeout=15_000)
    running.reset()
    qtbot.waitUntil(lambda: running.client.state == "paused" and running.client.step == 0, timeout=15_000)
    qtbot.waitUntil(lambda: running.client.knobs["rate"] == pytest.approx(0.004), timeout=15_000)
    assert [entry.kind for entry in running.client.journal()] == ["start", "knob"]


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "never saved"])
def test_a_run_written_down_does_it_again(
    running: Session, qtbot: QtBot, tmp_path: Path, saved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if saved:
        # As `playground moons.play` in a terminal opens it; the script is run in another folder.
        monkeypatch.chdir(tmp_path)
        running.path = Path("moons it's.play")
        save(running.project, running.path)
    replanned(running, qtbot, lambda: running.do(SetPlan("training", "batch", 40)))
    running.do(SetPlan("training", "optimizer.rate", 0.02))
    qtbot.waitUntil(lambda: running.client.knobs["rate"] == pytest.approx(0.02), timeout=15_000)
    schedule = ReplacePlanPart("training", "schedule", find("schedule", "cosine")())
    replanned(running, qtbot, lambda: running.do(schedule))
    step = running.client.step
    qtbot.waitUntil(lambda: running.client.step > step + 100, timeout=15_000)
    running.pause()
    qtbot.waitUntil(lambda: running.client.state == "paused", timeout=15_000)
    assert can_write(running)
    text = journal_script(running)
    monkeypatch.chdir(tmp_path.parent)
    (tmp_path / "again.py").write_text(text)
    done = subprocess.run([sys.executable, str(tmp_path / "again.py")], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("The same, bit for bit.")
    assert running.run_root is not None
    player = Player(*running.run_root, [entry for entry in running.client.journal() if entry.kind != "end"])
    assert player.made.project == running.run_root[0]
    spoilt = text.replace("0.02", "0.021")
    (tmp_path / "again.py").write_text(spoilt)
    done = subprocess.run([sys.executable, str(tmp_path / "again.py")], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "another state came out" in done.stderr


def test_the_menu_of_batches_makes_edits(running: Session, qtbot: QtBot) -> None:
    class Window:
        session = running

    menu = QMenu()
    next(picker for picker in PICKERS if picker.caption == "Batch").fill(menu, Window())  # type: ignore[arg-type]
    wanted = next(action for action in menu.actions() if action.text() == "128")
    replanned(running, qtbot, wanted.trigger)
    assert running.project.training.batch == 128

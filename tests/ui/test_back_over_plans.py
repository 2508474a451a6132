"""What the window makes of the way back: the project of then, a run of its own for a fork, the end of a run that was saved elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground.core.registry import find
from playground.document.edits import ReplacePlanPart, SetNodeOption, SetPlan
from playground.document.patch import differences
from playground.document.project import Project
from playground.document.weight_sets import RAW
from playground.training.messages import Replanned
from playground.training.messages.travel import Travelled
from playground.training.runs import Kept, kept, shelf_of
from playground.ui.compare.choice import choice_of
from playground.ui.compare.columns import columns_for
from playground.ui.inspector.following import follow_knobs
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from playground.ui.steering.travel import travels_of

from .conftest import settle
from .networks import epoch, moons, node, ready, steps, until
from .test_travel import stopped


@pytest.fixture
def paused(session: Session, qtbot: QtBot) -> Session:
    """A run that has done an epoch and waits."""
    ready(session, moons(epochs=500), qtbot)
    follow_knobs(session), travels_of(session)
    epoch(session, qtbot)
    settle()
    return session


def alike(one: Project, other: Project) -> bool:
    return not differences(one, other)


def test_the_project_is_that_of_the_step_and_undo_brings_the_other_back(paused: Session, qtbot: QtBot) -> None:
    layer = node(paused, "dense1").id
    first, at_first = paused.project, paused.client.step
    paused.do(SetNodeOption(layer, "frozen", True))
    steps(paused, qtbot, 2)
    second, at_second = paused.project, paused.client.step
    until(paused, qtbot, Replanned, lambda: paused.do(SetPlan("training", "batch", 5)))
    steps(paused, qtbot, 3)
    other = ReplacePlanPart("training", "optimizer", find("optimizer", "sgd")(rate=0.2))
    until(paused, qtbot, Replanned, lambda: paused.do(other))
    paused.do(SetPlan("training", "optimizer.rate", 0.3))
    last = steps(paused, qtbot, 2)
    third = paused.project
    for project, step in ((second, at_second), (first, at_first)):
        until(paused, qtbot, Travelled, lambda step=step: travels_of(paused).rewind(step))
        assert alike(paused.project, project)
        assert paused.client.step == step
        assert paused.run_project == paused.client.plan[0]  # type: ignore[index]
    assert paused.history.undo_text == f"Settings of step {at_first:,}"
    # Two steps back, two steps of the history: the run follows them as it follows any edit.
    paused.undo()
    assert alike(paused.project, second)
    until(paused, qtbot, Replanned, paused.undo)
    assert alike(paused.project, third)
    qtbot.waitUntil(lambda: paused.client.knobs["rate"] == pytest.approx(0.3), timeout=30_000)
    assert last > at_second


def test_a_fork_is_a_run_of_its_own(window: MainWindow, paused: Session, qtbot: QtBot) -> None:
    step = paused.client.step
    until(paused, qtbot, Replanned, lambda: paused.do(SetPlan("training", "batch", 7)))
    last = steps(paused, qtbot, 40)
    window.show_layout("compare")
    until(paused, qtbot, Travelled, lambda: travels_of(paused).fork(step))
    qtbot.waitUntil(lambda: len(kept(paused.shelf)) == 2 and all(run.weights for run in kept(paused.shelf)), timeout=30_000)
    epoch(paused, qtbot)
    paused.stop()
    qtbot.waitUntil(lambda: paused.client.state == "finished", timeout=30_000)

    def ended() -> list[Kept]:
        return [run for run in kept(paused.shelf) if run.state == "stopped"]

    qtbot.waitUntil(lambda: len(ended()) == 1, timeout=30_000)
    branch, parent = kept(paused.shelf)
    assert (branch.parent, branch.fork, parent.parent) == (parent.number, step, 0)
    assert [entry.kind for entry in parent.journal] == ["start", "plan"]
    assert [entry.kind for entry in branch.journal] == ["start", "plan", "fork", "end"]
    assert branch.ended.training.batch != 7
    assert parent.ended.training.batch == 7
    assert parent.epochs[-1].step <= last
    choice = choice_of(paused)
    choice.refresh()
    assert {run.number for run in choice.runs} == {1, 2}
    assert len(choice.drawn_groups()) == 2, "a branch is no repetition of its parent with another seed"
    column = next(column for column in columns_for(choice.runs) if column.key == "parent")
    assert [column.shown(run) for run in choice.runs] == [f"1, step {step:,}", "—"]
    # Both come back in another window, the parent with the plan that it had when it was left.
    sets = {run.number: choice._weights(run, paused.samples) for run in choice.runs}
    first, second = (sets[number].get(RAW) for number in (1, 2))
    assert first is not None
    assert second is not None
    assert any(not np.array_equal(first[name], second[name]) for name in first)
    assert choice.restore(parent)
    assert paused.project.training.batch == 7


def test_a_run_that_is_saved_elsewhere_ends_there_too(paused: Session, qtbot: QtBot, tmp_path: Path) -> None:
    assert paused.save(tmp_path / "one.play")
    steps(paused, qtbot, 2)
    assert paused.save(tmp_path / "two.play")
    paused.stop()
    shelves = [shelf_of(tmp_path / f"{name}.play") for name in ("one", "two")]
    qtbot.waitUntil(lambda: [[run.state for run in kept(shelf)] for shelf in shelves] == [["stopped"]] * 2, timeout=30_000)
    runs = [kept(shelf) for shelf in shelves]
    assert [len(found) for found in runs] == [1, 1]
    assert runs[0][0].sha256 == runs[1][0].sha256
    assert runs[1][0].weights is not None


def test_after_a_fault_the_main_button_resumes(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    stopped(window, session, qtbot)
    fault = travels_of(session).fault
    assert fault is not None
    assert session.client.at_fault
    window.refresh()
    assert window.actions_made["train"].text() == "Resume"
    number = session.run.number
    session.do(SetPlan("training", "optimizer.rate", 0.001), whole=True)
    qtbot.waitUntil(lambda: session.client.knobs["rate"] == pytest.approx(0.001), timeout=30_000)
    session.step_batch()
    qtbot.waitUntil(lambda: session.client.state == "paused" and session.client.step == fault.step + 1, timeout=30_000)
    window.toggle_training()
    qtbot.waitUntil(lambda: session.client.state == "running" or session.client.step > fault.step + 1, timeout=30_000)
    assert session.run.number == number, "the same run goes on"

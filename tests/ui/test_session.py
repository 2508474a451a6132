"""The session: one place where edits, samples, inspection and the run meet."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import numpy as np
import pytest

from playground.core import registry
from playground.document.edits import AddLink, AddNode, RemoveNodes, ReplaceSpec, SetField, SetPlan
from playground.document.file import Loaded
from playground.paths import assets_dir
from playground.ui.canvas.answers import node_outputs, start_weights
from playground.ui.canvas.starters import STARTERS
from playground.ui.session import Session
from tests.ui.conftest import settle
from tests.ui.networks import moons


def test_edits_are_told_once_and_inspected_once_for_each_turn(session: Session, qtbot) -> None:
    changes: list[str] = []
    session.project_changed.connect(lambda: changes.append("project"))
    session.inspection_changed.connect(lambda: changes.append("inspection"))
    settle()
    changes.clear()
    for _ in range(3):
        session.do(AddNode(registry.find("layer", "dense")()))
    settle()
    assert changes == ["project"] * 3 + ["inspection"]


def test_the_inspection_is_never_stale(session: Session) -> None:
    made = AddNode(registry.find("layer", "dense")())
    session.do(made)
    assert any(problem.node == made.id for problem in session.problems)
    session.undo()
    assert not any(problem.node == made.id for problem in session.problems)


def test_a_refused_edit_is_told_and_changes_nothing(session: Session) -> None:
    told: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: told.append((text, level)))
    before = session.project
    assert not session.do(RemoveNodes(("no such node",)))
    assert session.project == before
    assert told
    assert told[0][1] == "error"


def test_the_selection_forgets_what_is_gone(session: Session) -> None:
    made = AddNode(registry.find("layer", "dense")())
    session.do(made)
    session.select((made.id, "unknown"))
    assert session.selection == (made.id,)
    session.undo()
    assert session.selection == ()


def test_what_undo_and_redo_bring_back_is_selected(session: Session) -> None:
    first, second = (AddNode(registry.find("layer", id)()) for id in ("dense", "relu"))
    for edit in (first, second, AddLink(first.id, second.id, 0)):
        session.do(edit)
    session.select((first.id,))
    session.do(RemoveNodes((first.id, second.id)))
    assert session.selection == ()
    session.undo()
    assert session.selection == (first.id, second.id)
    session.select((second.id,))
    session.undo()  # of the wire
    session.redo()
    assert session.selection == (second.id,), "a wire that comes back leaves the selection alone"


def test_samples_come_beside_the_event_loop(session: Session, loaded: Callable[[Session], None]) -> None:
    session.do(AddNode(registry.find("dataset", "iris")()))
    assert session.samples is None
    loaded(session)
    assert session.samples is not None
    assert session.samples.count == 150
    session.undo()
    assert session.samples is None
    session.redo()
    assert session.samples is not None, "samples of a source that was read before are kept"


def test_data_that_ship_are_not_read_again_when_the_project_moves(session: Session, loaded: Callable[[Session], None]) -> None:
    """An example becomes a copy without a folder, and a copy may be saved in another one."""
    assert session.open(assets_dir() / "examples" / "iris.play")
    session.detach(ours=True)
    loaded(session)
    samples = session.samples
    assert samples is not None
    session.do(SetPlan("training", "epochs", 7))
    assert session.ready
    assert session.samples is samples


def test_no_run_begins_with_the_samples_of_another_project(session: Session, loaded: Callable[[Session], None]) -> None:
    """While those of the present one are being read, however much the two are alike."""
    session.restore(Loaded(moons()))
    loaded(session)
    assert session.ready
    first, may_read = session.samples, Event()
    session._loader._pool.submit(may_read.wait)
    data = session.project.network.of_kind("dataset")[0]
    session.do(ReplaceSpec(data.id, registry.find("dataset", "circles")()))
    assert session.loading
    assert not session.ready
    session.train()
    assert session.client.state == "idle"
    may_read.set()
    loaded(session)
    assert session.ready
    assert session.samples is not first


def test_data_that_cannot_be_read_says_why(session: Session, qtbot) -> None:
    session.do(AddNode(registry.find("dataset", "csv")(path="no such file.csv")) if _has("csv") else AddNode(_file_dataset()))
    qtbot.waitUntil(lambda: bool(session.samples_error), timeout=10_000)
    assert session.samples is None


def _has(id: str) -> bool:
    return any(cls.id == id for cls in registry.entries("dataset"))


def _file_dataset() -> object:
    """Some data source that reads a file, pointed at none."""
    from playground.core.fields import Path, fields_of

    for cls in registry.entries("dataset"):
        names = [name for name, field in fields_of(cls).items() if isinstance(field, Path)]
        if names:
            return cls(**{names[0]: "no such file"})
    pytest.skip("no data source of the catalogue reads a file")


def start(session: Session, which: int, loaded: Callable[[Session], None], epochs: int) -> None:
    session.do(STARTERS[which].edit())
    session.do(SetPlan("training", "epochs", epochs))
    loaded(session)
    assert session.ready, session.problems


def test_train_pause_resume_and_stop(session: Session, loaded: Callable[[Session], None], qtbot) -> None:
    start(session, 0, loaded, 200_000)
    ticks: list[int] = []
    session.tick.connect(lambda: ticks.append(session.client.step))
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "running" and session.client.step > 50, timeout=120_000)
    session.pause()
    qtbot.waitUntil(lambda: session.run.state == "paused", timeout=10_000)
    at = session.client.step
    settle()
    assert session.client.step == at
    session.resume()
    qtbot.waitUntil(lambda: session.client.step > at, timeout=10_000)
    session.stop()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=10_000)
    assert ticks
    assert len(session.client.history().loss) == session.client.step
    assert session.run.weights()


def test_one_batch_from_the_start(session: Session, loaded: Callable[[Session], None], qtbot) -> None:
    start(session, 1, loaded, 5)
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and session.client.step == 1, timeout=120_000)
    session.step_batch()
    qtbot.waitUntil(lambda: session.client.step == 2, timeout=10_000)


def test_a_new_project_ends_the_run(session: Session, loaded: Callable[[Session], None], qtbot) -> None:
    start(session, 1, loaded, 2)
    session.train()
    qtbot.waitUntil(lambda: session.run.state == "finished", timeout=120_000)
    session.new()
    assert session.run.state == "idle"
    assert session.run.weights() is None


def test_nodes_show_the_weights_that_a_run_starts_from(session: Session, loaded: Callable[[Session], None], qtbot) -> None:
    """The pictures before a run are made of the engine's own start weights, and of its own answers."""
    from playground.data.prepare import prepare
    from playground.lowering import lower

    start(session, 1, loaded, 3)
    assert session.samples is not None
    lowered = lower(session.project, session.samples)
    session.do(SetPlan("training", "optimizer.rate", 1e-12))
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and session.client.step == 1, timeout=120_000)
    qtbot.waitUntil(lambda: bool(session.client.export_weights()), timeout=10_000)
    weights = start_weights(lowered.graph, session.project.training.seed)
    for name, value in session.client.export_weights().items():
        np.testing.assert_allclose(weights[name], value, atol=1e-9)
    plan = session.project.data
    prepared = prepare(
        session.samples, validation=plan.validation, test=plan.test, stratified=plan.stratified, scaling=plan.scaling,
        scale_targets=plan.scale_targets, seed=plan.seed,
    )  # fmt: skip
    given = node_outputs(lowered.graph, weights, prepared.scaler.apply(session.samples.x[:4]))
    assert given["dense2"].shape == (4, 3)
    np.testing.assert_allclose(given["relu1"], np.maximum(given["dense1"], 0))


def test_a_setting_out_of_range_is_kept_and_reported(session: Session) -> None:
    made = AddNode(registry.find("layer", "dropout")())
    session.do(made)
    session.do(SetField(made.id, "rate", 1.2))
    assert any(problem.node == made.id and problem.field == "rate" for problem in session.problems)


def test_a_worker_started_ahead_of_need_is_the_one_that_trains(
    session: Session, loaded: Callable[[Session], None], qtbot
) -> None:
    start(session, 1, loaded, 5)
    session.run.warm()
    pid = session.client.worker_pid
    assert pid is not None
    session.step_batch()
    qtbot.waitUntil(lambda: session.run.state == "paused" and session.client.step == 1, timeout=120_000)
    assert session.client.worker_pid == pid
    session.run.warm()  # a run is there
    assert session.client.worker_pid == pid
    session.run.close()
    session.run.warm()  # too late
    assert session.client.worker_pid is None

"""A run that goes on with another plan: what stays bit for bit, what begins anew, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.edits import ReplaceSpec, SetField, SetNodeOption, SetPlan
from playground.document.project import Project
from playground.training import messages, replan, run_record
from playground.training.assembly import assemble
from playground.training.client import Client
from playground.training.journal import Entry
from playground.training.loop import Trainer
from playground.training.replay import Player
from tests.training.networks import convolutional, images, of, plain, points, project, trainer_of
from tests.training.watching import of_kind, until


@pytest.fixture(scope="module")
def worker() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture
def client(worker: Client) -> Client:
    return worker


def with_plan(made: Project, **settings: Any) -> Project:
    for name, value in settings.items():
        made = SetPlan("training", name, value).apply(made)
    return made


def changed(made: Project, samples: Samples, after: Project, steps: int, other: Samples | None = None) -> tuple[Trainer, Trainer]:
    """Trainers before and after a change at a step, in this process."""
    old = assemble(made, samples)
    before = trainer_of(old, 1, 1)
    for _ in range(steps):
        before.advance()
    new = assemble(after, other or samples, old)
    machine = new.machine()
    next_ = Trainer(new.lowered, new.prepared, machine, after.training, new.judge)
    replan.continue_from(before, old, new, next_)
    next_.recorder.begin()
    return before, next_


def tensors(run: Trainer) -> dict[str, np.ndarray]:
    found = run.machine.parameters() | run.machine.statistics() | run.machine.slots()
    return {name: value.copy() for name, value in found.items()}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


@pytest.mark.parametrize(
    "settings",
    [
        {"batch": 7},
        {"batch": 96},
        {"accumulate": 3},
        {"schedule": of("schedule", "cosine"), "warmup": 5},
        {"epochs": 90},
        {"patience": 2},
        {"averaging": "ema"},
        {"penalty": of("penalty", "l2")},
        {"shuffle": False},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_the_state_is_copied_tensor_by_tensor(settings: dict[str, Any]) -> None:
    made, samples = convolutional()
    before, after = changed(made, samples, with_plan(made, **settings), 11)
    assert same(tensors(before), tensors(after))
    assert (after.machine.step, after.machine.epoch, after.machine.cursor) == (11, before.machine.epoch, before.machine.cursor)
    assert after.memory.loss_sum == before.memory.loss_sum
    kept, best = before.memory.best_place, after.memory.best_place
    if "averaging" in settings:
        assert best is None, "averaged weights are judged from now on"
    else:
        assert kept is not None
        assert best is not None
        assert before.keeper.read(kept)[0] == after.keeper.read(best)[0]
    assert np.isfinite(list(after.train())[-1].rows["loss"]).all()
    assert after.machine.epoch == after.training.epochs


def test_a_plan_that_stays_as_it_is_changes_nothing() -> None:
    """Through a change and back, at every kind of place: in the middle of an epoch and at its end."""
    made, samples = convolutional()
    whole = trainer_of(assemble(made, samples), 1, 1)
    list(whole.train())
    for steps in (3, 4, 8, 13):
        _, after = changed(made, samples, made, steps)
        list(after.train())
        assert after.machine.state_sha256() == whole.machine.state_sha256()


def test_epochs_end_with_their_samples_whatever_the_batch_was() -> None:
    made, samples = plain(epochs=3, batch=16)
    before, after = changed(made, samples, with_plan(made, batch=50), 3)
    records = [burst.record for burst in after.train() if burst.record]
    # 120 samples: 48 were seen in three steps of 16, the other 72 take two steps of 50, then three a pass.
    assert [record.step for record in records] == [5, 8, 11]
    assert before.machine.cursor == 48


def test_another_optimizer_begins_without_memory_and_says_so() -> None:
    made, samples = plain()
    after_project = with_plan(made, optimizer=of("optimizer", "rmsprop", rate=0.01))
    before, after = changed(made, samples, after_project, 9)
    assert same(before.machine.parameters(), after.machine.parameters())
    assert after.machine.slots()
    assert not any(slot.any() for slot in after.machine.slots().values())
    told = replan.told(assemble(made, samples), assemble(after_project, samples))
    assert "begins without memory" in told
    # As if the weights had been taken into a new run, but for the counters: the first update is that of a fresh optimizer.
    fresh = trainer_of(assemble(after_project, samples), 1, 1)
    for name, value in fresh.machine.parameters().items():
        value[...] = after.machine.parameters()[name]
    fresh.machine.R[:] = after.machine.R[: len(fresh.machine.R)]
    after.advance(1), fresh.advance(1)
    assert same(after.machine.parameters(), fresh.machine.parameters())


def test_a_layer_that_was_frozen_from_the_start_thaws() -> None:
    made, samples = plain()
    node = made.network.nodes[1].id
    frozen = SetNodeOption(node, "frozen", True).apply(made)
    before, after = changed(frozen, samples, made, 10)
    name = f"{made.network.nodes[1].name}.weight"
    start = trainer_of(assemble(frozen, samples)).machine.parameters()[name].copy()
    assert np.array_equal(after.machine.parameters()[name], start)
    after.advance(1)
    assert not np.array_equal(after.machine.parameters()[name], start)
    assert np.array_equal(before.machine.parameters()[name], start)


def test_turned_knobs_stay_unless_the_project_says_otherwise() -> None:
    made, samples = plain()
    old = assemble(made, samples)
    before = trainer_of(old, 1, 1)
    before.machine.set_knob("rate", 0.5)
    before.machine.set_knob("clip", 2.0)
    new = assemble(with_plan(made, batch=8, clip=1.0), samples, old)
    after = Trainer(new.lowered, new.prepared, new.machine(), new.project.training, new.judge)
    replan.continue_from(before, old, new, after)
    after.recorder.begin()
    index = new.plan.layout.knob_index
    assert [float(after.machine.knobs[index[name]]) for name in ("rate", "clip")] == [0.5, 1.0]


def test_other_data_begins_the_pass_anew_and_looks_for_the_best_again() -> None:
    made, samples = plain()
    before, after = changed(made, samples, made, 11, points(210))
    assert (after.machine.cursor, after.memory.best_place, after.memory.epoch_steps) == (0, None, 0)
    assert same(tensors(before), tensors(after))
    record = next(burst.record for burst in after.train() if burst.record)
    assert record.step == 11 + -(-168 // 16)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"epochs": 1}, "done already"), ({"seed": 4}, "start weights")],
)
def test_what_a_run_cannot_become_is_refused(settings: dict[str, Any], sentence: str) -> None:
    made, samples = plain()
    with pytest.raises(replan.BadValue, match=sentence):
        replan.check(assemble(made, samples), assemble(with_plan(made, **settings), samples), 1)


def test_other_weights_are_refused() -> None:
    made, samples = plain()
    wider = SetField(made.network.nodes[1].id, "units", 13).apply(made)
    with pytest.raises(replan.BadValue, match="dense1"):
        replan.check(assemble(made, samples), assemble(wider, samples), 0)


def test_the_window_changes_a_run_that_goes_on(client: Client, tmp_path: Path) -> None:
    made, samples = plain(epochs=60)
    client.start(made, samples, tmp_path, paused=True)
    until(client, messages.Started)
    client.step_epoch()
    until(client, messages.Paused)
    weights = client.parameters()
    after = with_plan(made, batch=25, schedule=of("schedule", "cosine"), patience=50)
    serial = client.change(after)
    (told,) = of_kind(until(client, messages.Replanned), messages.Replanned)
    assert told.change == serial
    assert (told.entry.kind, told.entry.step) == ("plan", 8)
    assert told.entry.after["training/fields/batch"] == 25
    assert same(weights, client.parameters()), "a whole copy is on the board at once"
    assert client.started is not None
    assert client.started.steps_per_epoch == 5
    assert client.state == "paused"
    assert client.history().steps.tolist() == list(range(1, 9))
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert client.history().steps.tolist() == list(range(1, 8 + 59 * 5 + 1))
    assert end.epoch == 60
    assert [record.epoch for record in client.epochs] == list(range(1, 61))
    player = Player(made, samples, client.journal())
    bursts = list(player.bursts())
    rows = np.concatenate([burst.rows for burst in bursts])
    assert rows["loss"].tolist() == client.history().loss.tolist()
    assert rows["rate"].tolist() == client.history().rate.tolist()
    assert player.trainer.machine.state_sha256() == end.state_sha256
    found = run_record.read(tmp_path)
    assert found.journal == tuple(client.journal())
    assert found.project.training.batch == 16
    assert found.finished is not None


def test_a_wrong_change_is_refused_and_the_run_goes_on(client: Client) -> None:
    made, samples = plain(epochs=2000)
    client.start(made, samples)
    until(client, messages.Progress)
    broken = ReplaceSpec(made.network.nodes[-1].id, of("loss", "mean_squared_error")).apply(made)
    for wrong in (SetField(made.network.nodes[1].id, "units", 13).apply(made), with_plan(made, seed=9), broken):
        client.change(wrong)
        (refused,) = of_kind(until(client, messages.ChangeRefused), messages.ChangeRefused)
        assert refused.text.endswith(".")
        assert client.state == "running"
    step = client.step
    client.wait(lambda c: c.step > step + 10)
    client.stop()
    until(client, messages.Finished)
    assert [entry.kind for entry in client.journal()] == ["start", "end"]


def test_a_run_that_is_over_may_be_given_more_epochs(client: Client) -> None:
    made, samples = plain(epochs=3)
    client.start(made, samples)
    until(client, messages.Finished)
    client.change(with_plan(made, epochs=5))
    until(client, messages.Replanned)
    assert client.state == "finished"
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.epoch == 5
    assert [entry.kind for entry in client.journal()] == ["start", "end", "plan", "resume", "end"]


def test_a_change_survives_the_worker(client: Client) -> None:
    made, samples = plain(epochs=100_000)
    client.start(made, samples)
    until(client, messages.Progress)
    client.change(with_plan(made, batch=30, optimizer=of("optimizer", "momentum", rate=0.01)))
    until(client, messages.Replanned)
    step = client.step
    client.wait(lambda c: c.step > step + 50)
    client.kill()
    until(client, messages.Died)
    kept = client.journal()
    client.resume()
    until(client, messages.Started)
    assert client.journal() == kept
    assert [entry.kind for entry in kept] == ["start", "plan"]
    assert client.started is not None
    assert client.started.steps_per_epoch == 4
    client.stop()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    player = Player(made, samples, client.journal())
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_new_data_travels_with_a_change(client: Client) -> None:
    steps = [("conv2d", {"filters": 3}), ("relu", {}), ("flatten", {}), ("dense", {"units": 4})]
    made = project(*steps, batch=10, epochs=40, optimizer=of("optimizer", "adam", rate=0.01))  # type: ignore[arg-type]
    first, second = images(), images(132)
    client.start(made, first, paused=True)
    until(client, messages.Started)
    client.step_epoch()
    until(client, messages.Paused)
    client.change(made, second)
    until(client, messages.Replanned)
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    entries: list[Entry] = client.journal()
    player = Player(made, first, entries, load=lambda _: second)
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256

"""A run that goes on with another plan: what stays bit for bit, what begins anew, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch

from playground.core.samples import Samples
from playground.document.edits import ReplaceSpec, SetField, SetNodeOption, SetPlan
from playground.document.project import Project
from playground.training import checkpoints, messages, replan, run_record
from playground.training.assembly import Assembled, assemble
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
        {"schedule": of("schedule", "one_cycle"), "warmup": 5},
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


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"patience": 3}, {"factor": 0.01, "best": 1.5, "bad": 1, "cooling": 2}),
        ({"drop": 0.9, "cooldown": 1, "end": 0.001}, {"factor": 0.01, "best": 1.5, "bad": 1, "cooling": 2}),
        ({"monitor": "accuracy"}, {"factor": 0.01}),
    ],
    ids=["patience", "numbers", "monitor"],
)
def test_a_plateau_whose_settings_change_keeps_the_rate_that_it_had_come_to(
    settings: dict[str, Any], kept: dict[str, float]
) -> None:
    """As in PyTorch, where they are attributes of the scheduler."""
    made, samples = plain()
    first = with_plan(made, schedule=of("schedule", "reduce_on_plateau", patience=1, drop=0.1))
    old = assemble(first, samples)
    before = trainer_of(old, 1, 1)
    before.memory.heard = {"factor": 0.01, "best": 1.5, "bad": 1, "cooling": 2}
    after = with_plan(first, schedule=of("schedule", "reduce_on_plateau", **{"patience": 1, "drop": 0.1} | settings))
    new = assemble(after, samples, old)
    next_ = Trainer(new.lowered, new.prepared, new.machine(), after.training, new.judge)
    replan.continue_from(before, old, new, next_)
    assert next_.memory.heard == kept
    assert before.memory.heard["best"] == 1.5, "the one that was left stays as it is"


def test_another_schedule_than_plateau_begins_at_the_planned_rate_and_says_so() -> None:
    made, samples = plain()
    first = with_plan(made, schedule=of("schedule", "reduce_on_plateau"))
    old, new = assemble(first, samples), assemble(with_plan(first, schedule=of("schedule", "cosine")), samples)
    before = trainer_of(old, 1, 1)
    before.memory.heard = {"factor": 0.01}
    next_ = Trainer(new.lowered, new.prepared, new.machine(), new.project.training, new.judge)
    replan.continue_from(before, old, new, next_)
    assert next_.memory.heard == {}
    assert "The learning rate is the planned one again, not the one that Plateau had come to." in replan.told(old, new)


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


def adam_like(id: str, weights: dict[str, torch.nn.Parameter]) -> torch.optim.Optimizer:
    """torch's with the numbers that the test gives ours; biases are not decayed."""
    biases = [weight for name, weight in weights.items() if name.endswith("bias")]
    parameters: Any = [{"params": [w for w in weights.values() if w.dim() == 2]}, {"params": biases, "weight_decay": 0.0}]
    made = {
        "adam": lambda: torch.optim.Adam(parameters, lr=0.01),
        "adamw": lambda: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1),
        "amsgrad": lambda: torch.optim.Adam(parameters, lr=0.01, amsgrad=True),
        "nadam": lambda: torch.optim.NAdam(parameters, lr=0.01),
        "radam": lambda: torch.optim.RAdam(parameters, lr=0.01, betas=(0.9, 0.9)),
        "adamax": lambda: torch.optim.Adamax(parameters, lr=0.01),
        "adagrad": lambda: torch.optim.Adagrad(parameters, lr=0.05, lr_decay=0.05),
    }
    return made[id]()


OURS: dict[str, dict[str, float]] = {
    "adam": {"rate": 0.01},
    "adamw": {"rate": 0.01, "decay": 0.1},
    "amsgrad": {"rate": 0.01},
    "nadam": {"rate": 0.01},
    "radam": {"rate": 0.01, "beta2": 0.9},
    "adamax": {"rate": 0.01},
    "adagrad": {"rate": 0.05, "slowing": 0.05},
}


class Twin:
    """The network of `plain` with a tanh, in torch and double precision, one batch of all samples; layers come and go."""

    def __init__(self, id: str, run: Trainer) -> None:
        weights = {name: torch.nn.Parameter(torch.tensor(w.astype(float))) for name, w in run.machine.parameters().items()}
        self.weights = weights
        self.optimizer = adam_like(id, weights)
        self.x = torch.tensor(run.prepared.train.x.astype(float))
        self.y = torch.tensor(run.prepared.train.y.astype(np.int64))

    def steps(self, count: int, frozen: tuple[str, ...] = ()) -> None:
        for name, weight in self.weights.items():
            weight.requires_grad_(name.partition(".")[0] not in frozen)
            weight.grad = None
        for _ in range(count):
            self.optimizer.zero_grad(set_to_none=True)
            w = self.weights
            hidden = torch.tanh(self.x @ w["dense1.weight"] + w["dense1.bias"])
            torch.nn.functional.cross_entropy(hidden @ w["dense2.weight"] + w["dense2.bias"], self.y).backward()
            self.optimizer.step()

    def furthest(self, run: Trainer) -> float:
        found = [np.abs(w.detach().numpy() - run.machine.parameters()[name]).max() for name, w in self.weights.items()]
        return float(max(found))


def replanned(before: Trainer, old: Assembled, after: Project) -> tuple[Trainer, Assembled]:
    new = assemble(after, old.samples, old)
    made = Trainer(new.lowered, new.prepared, new.machine(), after.training, new.judge)
    replan.continue_from(before, old, new, made)
    made.recorder.begin()
    return made, new


@pytest.mark.parametrize("id", OURS)
def test_a_thawed_layer_counts_its_own_updates(id: str) -> None:
    """Frozen, trained, frozen again, trained again: as torch with `requires_grad` switched on and off."""
    steps = (("dense", {"units": 7}), ("tanh", {}), ("dense", {"units": 3}))
    made = project(*steps, batch=120, shuffle=False, epochs=500, optimizer=of("optimizer", id, **OURS[id]))
    samples, node = points(), made.network.nodes[1].id
    frozen = SetNodeOption(node, "frozen", True).apply(made)
    old = assemble(frozen, samples)
    run = trainer_of(old, 1, 1)
    twin = Twin(id, run)
    for plan, count in ((frozen, 40), (made, 12), (frozen, 25), (made, 12)):
        if plan is not old.project:
            run, old = replanned(run, old, plan)
        for _ in range(count):
            run.advance(1)
        twin.steps(count, ("dense1",) if plan is frozen else ())
        assert twin.furthest(run) < 2e-5
    assert run.machine.begun == {"dense1": 65, "dense2": 0}
    assert run.machine.step == 89


def test_another_optimizer_counts_from_its_own_start() -> None:
    """As a fresh torch optimizer over the weights of then."""
    steps = (("dense", {"units": 7}), ("tanh", {}), ("dense", {"units": 3}))
    made = project(*steps, batch=120, shuffle=False, epochs=500, optimizer=of("optimizer", "sgd", rate=0.1))
    old = assemble(made, points())
    run = trainer_of(old, 1, 1)
    for _ in range(30):
        run.advance(1)
    run, old = replanned(run, old, with_plan(made, optimizer=of("optimizer", "adam", **OURS["adam"])))
    twin = Twin("adam", run)
    for _ in range(10):
        run.advance(1)
    twin.steps(10)
    assert twin.furthest(run) < 2e-5


def test_a_layer_that_begins_anew_counts_anew() -> None:
    steps = (("dense", {"units": 7}), ("tanh", {}), ("dense", {"units": 3}))
    made = project(*steps, batch=120, shuffle=False, epochs=500, optimizer=of("optimizer", "nadam", **OURS["nadam"]))
    run = trainer_of(assemble(made, points()), 1, 1)
    twin = Twin("nadam", run)
    for _ in range(20):
        run.advance(1)
    twin.steps(20)
    run.machine.reinitialise("dense1", 5)
    with torch.no_grad():
        for name in ("dense1.weight", "dense1.bias"):
            twin.weights[name].copy_(torch.tensor(run.machine.parameters()[name]))
            del twin.optimizer.state[twin.weights[name]]
    for _ in range(10):
        run.advance(1)
    twin.steps(10)
    assert twin.furthest(run) < 2e-5


def test_ages_are_in_checkpoints_and_in_the_hash(tmp_path: Path) -> None:
    made, samples = plain()
    frozen = SetNodeOption(made.network.nodes[1].id, "frozen", True).apply(made)
    _, after = changed(frozen, samples, made, 10)
    machine = after.machine
    kept = checkpoints.Checkpoint(machine.snapshot(), {"last_step": 10}, {}, {})
    checkpoints.write(tmp_path / "a.safetensors", kept, machine.layout)
    found = checkpoints.read(tmp_path / "a.safetensors", machine.layout)
    assert found.state.tobytes() == kept.state.tobytes()
    tensors = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    assert tensors["optimizer/begun"][:2].tolist() == [10, 0]
    hashed = machine.state_sha256()
    machine.R[machine.layout.begun["dense1"]] = 9
    assert machine.state_sha256() != hashed
    # A file from before layers counted for themselves: every layer has had all updates.
    del tensors["optimizer/begun"]
    with safetensors.safe_open(tmp_path / "a.safetensors", "numpy") as file:
        metadata = file.metadata()
    safetensors.numpy.save_file(tensors, tmp_path / "b.safetensors", metadata)
    machine.restore(checkpoints.read(tmp_path / "b.safetensors", machine.layout).state)
    assert machine.begun == {"dense1": 0, "dense2": 0}

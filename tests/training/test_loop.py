"""The loop: the same numbers however it is cut up, epochs, evaluation, early stopping."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score

from playground.document.plans import DataPlan
from playground.engine.registers import MOMENTUM_NOW
from playground.training import messages
from playground.training.assembly import assemble
from playground.training.loop import Burst, Memory, Trainer
from tests.training.networks import NETWORKS, of, plain, points, project, regression, trainer, trainer_of


def finished(bursts: list[Burst]) -> messages.Finished:
    (found,) = (e for b in bursts for e in b.events if isinstance(e, messages.Finished))
    return found


def numbers(bursts: list[Burst]) -> tuple[list[object], ...]:
    """Everything that must not depend on how the run was cut up."""
    rows = np.concatenate([b.rows for b in bursts])
    return rows.tolist(), [b.record for b in bursts if b.record], [finished(bursts).state_sha256]


@pytest.mark.parametrize("name", NETWORKS)
def test_bursts_and_threads_change_nothing(name: str) -> None:
    whole = numbers(list(trainer(NETWORKS[name](), 1, 10_000).train()))
    assert numbers(list(trainer(NETWORKS[name](), 1, 1).train())) == whole
    assert numbers(list(trainer(NETWORKS[name](), 2, 3).train())) == whole
    assert numbers(list(trainer(NETWORKS[name]()).train())) == whole


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("steps", [1, 17, 31])
def test_going_on_from_a_copy_equals_never_stopping(name: str, steps: int) -> None:
    made = NETWORKS[name]()
    whole = trainer(made, 1, 10_000)
    expected = list(whole.train())
    first = trainer(made, 1, 1)
    for _ in range(steps):
        first.advance()
    state, memory = first.machine.snapshot(), dataclasses.asdict(first.memory)
    kept = first.keeper
    second = trainer(made, 1, 5)
    second.keeper = kept
    second.machine.restore(state)
    second.memory = Memory(**memory)
    got = list(second.train())
    records = [b.record for b in expected if b.record]
    assert [b.record for b in got if b.record] == records[steps // whole.steps_per_epoch :]
    assert finished(got).state_sha256 == finished(expected).state_sha256


def test_an_epoch_is_described_by_its_steps() -> None:
    run = trainer(plain(epochs=3), 1, 4)
    bursts = list(run.train())
    rows = np.concatenate([b.rows for b in bursts])
    records = [b.record for b in bursts if b.record]
    assert [r.epoch for r in records] == [1, 2, 3]
    for record in records:
        own = rows[(rows["step"] > record.step - run.steps_per_epoch) & (rows["step"] <= record.step)]
        assert len(own) == run.steps_per_epoch
        assert record.train_loss == pytest.approx(own["loss"].astype(float).mean(), rel=1e-12)
        assert record.rate == own["rate"][-1]
    assert rows["rows"].reshape(3, -1).sum(axis=1).tolist() == [run.prepared.train.count] * 3


def plateau_run(**settings: object) -> Trainer:
    schedule = of("schedule", "reduce_on_plateau", **{"patience": 0, "drop": 0.5, "threshold": 0.3, **settings})
    return trainer(plain(epochs=12, schedule=schedule), 1, 7)


def test_a_schedule_that_listens_moves_the_rate_as_torch_would() -> None:
    import torch

    run = plateau_run()
    bursts = list(run.train())
    base = float(bursts[0].rows["rate"][0])
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.3)
    expected = []
    for record in (b.record for b in bursts if b.record):
        expected.append(np.float32(base * optimizer.param_groups[0]["lr"]))
        theirs.step(record.train_loss if record.validation_loss is None else record.validation_loss)
    rates = np.concatenate([b.rows["rate"] for b in bursts]).reshape(12, -1)
    assert (rates == rates[:, :1]).all()  # it moves between epochs only
    np.testing.assert_allclose(rates[:, 0], expected, rtol=1e-6)
    assert rates[-1, 0] < 0.1 * base


@pytest.mark.parametrize("monitor", ["accuracy", "perplexity", "train_loss", "r2"])
@pytest.mark.parametrize("validation", [0.3, 0.0])
def test_a_schedule_listens_to_the_figure_that_it_is_told(monitor: str, validation: float) -> None:
    """R² is none of a classification: the loss counts. Steps that are done once more, quietly, hear the same."""
    import torch

    made, samples = plain(epochs=12, schedule=of("schedule", "reduce_on_plateau", patience=0, threshold=0.05, monitor=monitor))
    made = dataclasses.replace(made, data=dataclasses.replace(made.data, validation=validation))
    run, again = trainer((made, samples), 1, 7), trainer((made, samples), 1, 7)
    again.quiet = True
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    mode = "max" if monitor == "accuracy" else "min"
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode, factor=0.1, patience=0, threshold=0.05)
    for record in (burst.record for burst in run.train() if burst.record):
        loss = record.train_loss if record.validation_loss is None or monitor == "train_loss" else record.validation_loss
        theirs.step(record.metrics.get(monitor, loss))
    assert run.memory.heard["factor"] == pytest.approx(optimizer.param_groups[0]["lr"])
    assert run.memory.heard["factor"] < 1 or monitor in ("perplexity", "train_loss", "r2")
    assert run.memory.heard["best"] == theirs.best
    assert any('"R²"' in note for note in assemble(made, samples).notes) == (monitor == "r2")
    list(again.train())
    assert again.memory.heard == run.memory.heard
    assert again.machine.state_sha256() == run.machine.state_sha256()


def test_what_a_schedule_heard_survives_a_copy_and_a_reset_forgets_it() -> None:
    expected = numbers(list(plateau_run(cooldown=2).train()))
    first = plateau_run(cooldown=2)
    bursts = []
    while first.machine.step < 5 * first.steps_per_epoch + 1:
        bursts.append(first.advance(3))
    assert first.memory.heard["factor"] < 1
    state, memory = first.machine.snapshot(), json.loads(json.dumps(dataclasses.asdict(first.memory), allow_nan=False))
    second = plateau_run(cooldown=2)
    second.keeper = first.keeper
    second.machine.restore(state)
    second.memory = Memory(**memory)
    assert numbers(bursts + list(second.train())) == expected
    first.reset()
    assert numbers(list(first.train())) == expected


def test_the_rate_follows_schedule_and_warm_up() -> None:
    optimizer = of("optimizer", "sgd", rate=0.2)
    run = trainer(plain(epochs=4, optimizer=optimizer, schedule=of("schedule", "linear", end=0.1), warmup=5), 1, 7)
    rates = np.concatenate([b.rows["rate"] for b in run.train()])
    total, warm = run.total_steps, 5
    expected = []
    for step in range(total):
        after = max(step - warm, 0) / (total - warm)
        expected.append(0.2 * (1.0 - 0.9 * after) * min((step + 1) / warm, 1.0))
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["momentum", "adamw"])
def test_the_momentum_falls_from_the_knob_as_it_is_turned(optimizer: str) -> None:
    rule, schedule = of("optimizer", optimizer), of("schedule", "one_cycle", momentum_low=0.6)
    run = trainer(plain(epochs=4, optimizer=rule, schedule=schedule, warmup=5), 1, 1)
    knob = run.machine.layout.knob_index["momentum" if optimizer == "momentum" else "beta1"]
    steps, total = np.arange(run.total_steps), run.total_steps
    dip, found = schedule.dip(np.maximum(steps - 5, 0), total - 5), []
    own = np.choose(np.minimum(3 * steps // total, 2), [0.9, 0.7, 0.5])
    for value in own:
        run.machine.knobs[knob] = value
        run.advance()
        found.append(run.machine.knobs[MOMENTUM_NOW])
    np.testing.assert_allclose(found, np.where(own < 0.6, own, own + (0.6 - own) * dip), rtol=1e-6)
    assert run.machine.knobs[knob] == np.float32(0.5)  # as it was turned
    assert found[:6] == [np.float32(0.9)] * 6


def test_metrics_are_those_of_scikit_learn() -> None:
    run = trainer(plain(epochs=2))
    record = next(b.record for b in reversed(list(run.train())) if b.record)
    assert run.prepared.validation is not None
    answers = run.machine.evaluate("validation").outputs.argmax(axis=1)
    assert record.metrics["accuracy"] == pytest.approx(accuracy_score(run.prepared.validation.y, answers))


def test_regression_is_judged_in_the_original_unit() -> None:
    made = regression(epochs=30)
    run = trainer(made)
    record = next(b.record for b in reversed(list(run.train())) if b.record)
    part = run.prepared.validation
    assert part is not None
    outputs = run.machine.evaluate("validation").outputs.astype(float)
    y = made[1].y[part.index]
    answers = outputs * run.prepared.target_scaler.spread[0] + run.prepared.target_scaler.shift[0]
    assert record.metrics["rmse"] == pytest.approx(mean_squared_error(y, answers) ** 0.5, rel=1e-4)
    assert record.metrics["r2"] == pytest.approx(r2_score(y, answers), rel=1e-4)
    assert 0.5 < record.metrics["r2"] < 1


def overfitting(**training: object) -> Trainer:
    """Few points, random classes, a rate that is far too high: the validation loss soon rises."""
    samples = points(60)
    samples = dataclasses.replace(samples, y=np.random.default_rng(0).integers(0, 3, 60))
    given = {"batch": 16, "epochs": 200, "optimizer": of("optimizer", "adam", rate=0.03), "patience": 5} | training
    made = project(("dense", {"units": 32}), ("relu", {}), ("dense", {"units": 3}), data=DataPlan(validation=0.4), **given)
    return trainer_of(assemble(made, samples))


def test_early_stopping_waits_for_its_patience_and_goes_back() -> None:
    run = overfitting()
    states, bursts = {}, []
    for burst in run.train():
        bursts.append(burst)
        if burst.record and burst.status == "running":
            states[burst.record.epoch] = run.machine.state_sha256()
    records = [b.record for b in bursts if b.record]
    losses = [r.validation_loss or 0.0 for r in records]
    best = int(np.argmin(losses)) + 1
    end = finished(bursts)
    assert end.reason == "early"
    assert end.best_epoch == best == len(records) - 5
    assert end.epoch == len(records) < 200
    assert end.restored_best
    assert end.state_sha256 == states[best] == run.machine.state_sha256()
    assert (end.step, end.last_step) == (records[best - 1].step, records[-1].step)
    assert run.machine.evaluate("validation").loss == losses[best - 1]


def test_early_stopping_may_keep_the_last_weights() -> None:
    run = overfitting(restore_best=False)
    end = finished(list(run.train()))
    assert end.reason == "early"
    assert not end.restored_best
    assert end.step == end.last_step == run.machine.step


def test_without_patience_a_run_goes_to_its_end() -> None:
    end = finished(list(overfitting(patience=0, epochs=40).train()))
    assert (end.reason, end.epoch) == ("done", 40)


def test_without_a_validation_part_the_training_part_is_judged() -> None:
    made = project(("dense", {"units": 3}), data=DataPlan(validation=0.0), batch=16, epochs=3, patience=1)
    run = trainer((made, points()))
    bursts = list(run.train())
    records = [b.record for b in bursts if b.record]
    assert [r.validation_loss for r in records] == [None] * 3
    assert records[-1].metrics == finished(bursts).train
    assert finished(bursts).reason == "done"


def test_a_fault_names_its_place_and_harms_nothing() -> None:
    run = trainer(plain(optimizer=of("optimizer", "sgd", rate=1.0), epochs=50), 1, 1)
    run.machine.knobs[run.machine.plan.knob_index["rate"]] = 1e20
    fault = None
    before = run.machine.state_sha256()
    while fault is None and not run.finished:
        fault = next((e for e in run.advance().events if isinstance(e, messages.Fault)), None)
    assert fault is not None
    assert fault.node
    assert (fault.direction, fault.step, fault.batch, fault.epoch) == ("update", 0, 1, 1)
    assert run.machine.state_sha256() == before
    assert run.machine.knobs[run.machine.plan.knob_index["rate"]] == np.float32(1e20)
    assert all(np.isfinite(w).all() for w in run.machine.parameters().values())
    assert f"step {run.machine.step + 1}" in fault.text


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(("before", "after", "steps"), [(16, 40, 2), (40, 7, 1), (7, 64, 5), (32, 32, 3)])
def test_an_epoch_ends_with_its_samples_when_the_batch_changes_on_the_way(
    before: int, after: int, steps: int, accumulate: int
) -> None:
    """The second trainer goes on with another batch from the state of the first, in the middle of an epoch."""
    first = trainer(plain(epochs=3, batch=before, accumulate=accumulate), 1, 1)
    first.advance(1)
    rows = [int(burst.rows["rows"].sum()) for burst in (first.advance(1) for _ in range(steps - 1))]
    rows.append(min(before * accumulate, first.prepared.train.count))
    done = first.machine.step
    second = trainer(plain(epochs=3, batch=after, accumulate=accumulate), 1, 3)
    second.machine.restore(first.machine.snapshot())
    second.memory = Memory(**dataclasses.asdict(first.memory))
    count, size = second.prepared.train.count, after * accumulate
    seen = first.machine.epoch * count + first.machine.cursor
    left = -(-(count - first.machine.cursor) // size)
    assert sum(rows) == seen
    assert second.steps_to_epoch_end == left
    assert second.total_steps == done + left + (2 - first.machine.epoch) * -(-count // size)
    bursts = list(second.train())
    records = [burst.record for burst in bursts if burst.record]
    assert records[0].step == done + left
    assert [record.epoch for record in records] == list(range(first.machine.epoch + 1, 4))
    assert sum(int(burst.rows["rows"].sum()) for burst in bursts) == 3 * count - seen
    own = np.concatenate([burst.rows["loss"] for burst in bursts]).astype(float)[:left]
    kept = first.memory.loss_sum
    assert records[0].train_loss == pytest.approx((kept + own.sum()) / (first.memory.epoch_steps + left), rel=1e-12)
    assert finished(bursts).last_step == second.total_steps == records[-1].step

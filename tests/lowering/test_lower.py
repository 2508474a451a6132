"""The graph, the update rule, the knobs and the rates that training gets of a project."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.data.prepare import Split
from playground.document.edits import ReplacePlanPart, SetNodeOption, SetPlan
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.lowering import Refused, inspect, lower, warmed
from tests.lowering.projects import add, chain, images, values, wire

NET = (
    ("conv2d", {"filters": 4}),
    ("batch_norm", {}),
    ("relu", {}),
    ("flatten", {}),
    ("dropout", {"rate": 0.3}),
    ("dense", {"units": 10}),
)


@pytest.mark.parametrize(
    ("schedule", "settings", "warmup", "highest"),
    [
        ("constant", {}, 0, 1.0),
        ("constant", {}, 30, 1.0),
        ("cosine", {}, 7, 1.0),
        ("one_cycle", {}, 0, 1.0),
        ("noam", {"scale": "paper", "climb": 40, "width": 100}, 0, 1 / (100 * 40) ** 0.5),
        ("drawn", {"points": ((0.0, 0.2), (0.3, 0.6), (1.0, 0.0))}, 0, 0.6),
    ],
)
@pytest.mark.parametrize("total", [100, 70_001])
def test_the_most_that_a_schedule_makes_of_the_base_rate(schedule, settings, warmup, highest, total):
    project, _ = chain(*NET)
    project = SetPlan("training", "schedule", registry.find("schedule", schedule)(**settings)).apply(project)
    lowered = lower(SetPlan("training", "warmup", warmup).apply(project), images())
    assert lowered.highest_factor(total) == pytest.approx(highest, rel=1e-3)
    assert lowered.highest_factor(total, 0.25) == pytest.approx(highest / 4, rel=1e-3)
    assert lowered.highest_factor(total) == pytest.approx(lowered.factors(0, total, total)[:, 0].max(), rel=1e-3)


def test_a_run_of_no_steps_multiplies_by_one():
    project, _ = chain(*NET)
    assert lower(project, images()).highest_factor(0) == 1.0


def test_the_graph_of_a_network():
    project, ids = chain(*NET)
    lowered = lower(project, images())
    graph = lowered.graph
    assert [node.op for node in graph.nodes] == [
        "conv2d",
        "batch_norm",
        "relu",
        "reshape",
        "dropout",
        "dense",
        "softmax_cross_entropy",
    ]
    assert [p.name for p in graph.parameters] == [
        "conv1.weight", "conv1.bias", "batch_norm1.gamma", "batch_norm1.beta", "dense1.weight", "dense1.bias",
    ]  # fmt: skip
    assert [p.decays for p in graph.parameters] == [True, False, False, False, True, False]
    assert [s.name for s in graph.statistics] == ["batch_norm1.running_mean", "batch_norm1.running_variance"]
    assert sum(graph.values[p.value].type.count for p in graph.parameters) == inspect(project, images()).total_parameters
    assert graph.values[graph.output].type.shape == (10,)
    assert graph.values[graph.target].type.shape == ()
    assert lowered.output == ids[-2]
    assert lowered.heads[0].node == ids[-1]


def test_only_what_leads_to_the_loss_is_built():
    project, ids = chain(*NET)
    project, aside = add(project, "layer", "dense")
    project = wire(project, ids[4], aside)
    assert len(lower(project, images()).graph.parameters) == 6


def test_a_value_that_two_layers_read_is_built_once():
    project, ids = chain(("dense", {"units": 5}), ("relu", {}), ("add", {}), ("dense", {"units": 1}), loss="mean_squared_error")
    project = wire(project, ids[1], ids[3], 1)
    graph = lower(project, values()).graph
    assert [node.op for node in graph.nodes] == ["dense", "relu", "add", "dense", "mean_squared_error"]
    assert graph.nodes[2].inputs == (graph.nodes[1].output, graph.nodes[0].output)


def test_two_classes_and_one_output():
    project, _ = chain(("dense", {"units": 1}), loss="binary_cross_entropy")
    samples = images(2, (3,))
    lowered = lower(project, samples)
    assert lowered.graph.values[lowered.graph.target].type.shape == (1,)
    encoded = lowered.columns(Split(samples.x, samples.y, np.arange(samples.count)))["target"]
    assert encoded.shape == (40, 1)
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded[:, 0], samples.y)


def test_knobs_are_named_as_in_the_engine():
    project, ids = chain(*NET)
    project = SetNodeOption(ids[1], "rate_factor", 0.5).apply(SetNodeOption(ids[6], "frozen", True).apply(project))
    lowered = lower(project, images())
    assert {knob.name: knob.value for knob in lowered.knobs} == {
        "rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "l2": 0.0, "clip": 0.0, "clip_value": 0.0,
        "conv1:rate_factor": 0.5, "batch_norm1:rate_factor": 1.0, "dropout1.rate": 0.3,
        "conv1:decay_factor": 1.0, "batch_norm1:decay_factor": 1.0, "cross_entropy1.smoothing": 0.0,
    }  # fmt: skip
    assert lowered.update.rate_factors == {"conv1": 0.5, "batch_norm1": 1.0}
    assert lowered.update.frozen == {"dense1"}
    by_name = {knob.name: knob for knob in lowered.knobs}
    assert by_name["dropout1.rate"].node == ids[5]
    assert by_name["dropout1.rate"].path == "rate"
    assert by_name["rate"].path == "optimizer.rate"
    assert by_name["rate"].node == ""
    for knob in lowered.knobs:
        knob.field.check(knob.name, knob.value)
        assert knob.field.live


@pytest.mark.parametrize("record", registry.entries("optimizer"), ids=lambda record: record.id)
def test_every_optimizer_gives_an_update_rule(record):
    project, _ = chain(*NET)
    project = ReplacePlanPart("training", "optimizer", record()).apply(SetPlan("training", "clip", 2.5).apply(project))
    update = lower(project, images()).update
    assert update.id == record().update
    assert update.clip == 2.5
    assert update.numbers == {name: getattr(record(), name) for name in update.numbers}
    assert "rate" in update.numbers


def test_a_project_with_problems_is_refused_with_all_of_them():
    project, _ = chain(("dense", {"units": 0}), ("dense", {"units": 3}))
    project = SetPlan("training", "batch", 0).apply(project)
    with pytest.raises(Refused, match=r"There are 2 more\.$") as refusal:
        lower(project, values())
    assert {p.field for p in refusal.value.problems if p.severity == "error"} >= {"units", "training.batch"}
    assert refusal.value.problems[0].severity == "error"


def test_warmup_as_torch():
    total, warmup, base = 1000, 50, 0.2
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = torch.optim.lr_scheduler
    rising = scheduler.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1)
    falling = scheduler.CosineAnnealingLR(optimizer, total - warmup)
    rates = []
    for step in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < warmup - 1:
            rising.step()
        elif step == warmup - 1:
            optimizer.param_groups[0]["lr"] = base
        else:
            falling.step()
    ours = base * warmed(registry.find("schedule", "cosine")(), np.arange(total), total, warmup)
    np.testing.assert_allclose(ours, rates, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("record", registry.entries("schedule"), ids=lambda record: record.id)
@pytest.mark.parametrize("warmup", [0, 1, 7, 1000, 5000])
def test_warmup_in_front_of_every_schedule(record, warmup):
    total = 1000
    factors = warmed(record(), np.arange(total), total, warmup)
    assert np.isfinite(factors).all()
    assert (factors >= 0).all()
    assert factors.max() <= 1.0
    climb = min(warmup, total)
    start = record().factor(np.zeros(1, np.int64), total - climb)  # a schedule may start below the base rate
    np.testing.assert_allclose(factors[:climb], start * (np.arange(climb) + 1) / max(warmup, 1), rtol=1e-12)
    rest = record().factor(np.arange(total - climb), total - climb)
    np.testing.assert_array_equal(factors[climb:], rest)


def test_factors_are_the_same_in_any_pieces():
    project, _ = chain(*NET)
    project = ReplacePlanPart("training", "schedule", registry.find("schedule", "cosine")()).apply(project)
    lowered = lower(SetPlan("training", "warmup", 9).apply(project), images())
    whole = lowered.factors(0, 100, 100)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(np.concatenate([lowered.factors(0, 33, 100), lowered.factors(33, 67, 100)]), whole)


def test_lowering_twice_gives_the_same_graph():
    project, _ = chain(*NET)
    first, second = lower(project, images()), lower(dataclasses.replace(project), images())
    assert [dataclasses.asdict(v) for v in first.graph.values] == [dataclasses.asdict(v) for v in second.graph.values]
    assert first.update == second.update


def test_every_knob_is_in_the_plan_and_starts_at_its_value():
    project, ids = chain(*NET)
    lowered = lower(SetNodeOption(ids[1], "rate_factor", 0.5).apply(project), images())
    plan = plan_network(lowered.graph, batch=8, update=lowered.update, samples={"train": 40})
    assert {knob.name for knob in lowered.knobs} == set(plan.knob_index)
    for knob in lowered.knobs:
        assert plan.knob_start[plan.knob_index[knob.name]] == pytest.approx(knob.value)


def test_a_lowered_project_trains():
    project, _ = chain(("flatten", {}), ("dense", {"units": 16}), ("relu", {}), ("dense", {"units": 3}))
    samples = images(3)
    samples.x[np.arange(40), samples.y, 0, 0] = 2.0
    lowered = lower(project, samples)
    plan = plan_network(lowered.graph, batch=8, update=lowered.update, samples={"train": 40, "validation": 40})
    machine = Machine(plan)
    machine.initialise(0)
    for split in ("train", "validation"):
        machine.load(split, samples.x, lowered.columns(Split(samples.x, samples.y, np.arange(samples.count))))
    before = machine.evaluate("validation").loss
    assert before == pytest.approx(np.log(3), abs=0.6)
    machine.knobs[plan.knob_index["rate"]] = 0.02
    assert machine.run(100, lowered.factors(0, 100, 100)).status == "done"
    after = machine.evaluate("validation")
    assert after.loss < 0.05
    response = lowered.loss.respond(after.outputs)
    assert registry.find("metric", "accuracy")().compute(response, samples.y) == 1.0

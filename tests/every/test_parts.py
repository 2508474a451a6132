"""Every loss, optimizer, schedule, initialiser and metric with every example."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.core import registry
from playground.core.fields import fields_of
from playground.engine import ops
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from tests.every.catalogue import examples
from tests.every.evaluate import FEATURES, evaluated, layer_graph, loss_graph, loss_of
from tests.every.test_layers import copies, directions, slope


def targets(loss, shapes, rows: int) -> np.ndarray:
    """Random targets of the kind that a loss takes."""
    rng = np.random.default_rng(3)
    if loss.target == "class":
        return rng.integers(0, shapes[0][-1], (rows, *shapes[1]))
    if loss.target == "distribution":
        return rng.dirichlet(np.ones(shapes[1][-1]), (rows, *shapes[1][:-1])).astype(np.float32)
    if loss.target == "binary":
        return rng.integers(0, 2, (rows, *shapes[1])).astype(np.float32)
    return rng.normal(size=(rows, *shapes[1])).astype(np.float32)


def machine_of(graph, x, y, batch: int, rule: UpdateRule) -> Machine:
    machine = Machine(
        plan_network(graph, batch=batch, update=rule, samples={"train": len(x), "validation": len(x)}), shuffle=False
    )
    machine.initialise(5)
    for split in ("train", "validation"):
        machine.load(split, x, y)
    return machine


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("loss"))
def test_a_loss_and_its_gradient(record, settings, shapes):
    loss = record(**settings)
    graph = loss_graph(loss, shapes)
    x = np.random.default_rng(2).normal(size=(4, FEATURES)).astype(np.float32)
    y = loss.encode(targets(loss, shapes, 4))
    machine = machine_of(graph, x, y, 4, UpdateRule("sgd", {"rate": 0.1, "l2": 0.0}))
    tensors = copies(machine.parameters())
    before = machine.evaluate("validation")
    assert before.loss == pytest.approx(loss_of(graph, x, y, tensors), rel=1e-5)
    response = loss.respond(before.outputs)
    assert response.shape == before.outputs.shape
    assert np.isfinite(response).all()
    assert machine.run(1).status == "done"
    rng = np.random.default_rng(7)
    for name, gradient in machine.gradients().items():
        for direction in directions(rng, gradient.shape):
            expected = slope(graph, x, y, tensors, name, direction)
            length = float(np.abs(gradient.astype(np.float64) * direction).sum())
            assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-3, abs=1e-4 * length + 1e-6)
    assert machine.evaluate("validation").loss < before.loss


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("loss"))
def test_a_loss_is_a_mean_over_uneven_batches(record, settings, shapes):
    loss = record(**settings)
    graph = loss_graph(loss, shapes)
    x = np.random.default_rng(2).normal(size=(7, FEATURES)).astype(np.float32)
    y = loss.encode(targets(loss, shapes, 7))
    machine = machine_of(graph, x, y, 3, UpdateRule("sgd", {"rate": 0.1, "l2": 0.0}))
    expected = evaluated(graph, x, y, copies(machine.parameters()), training=False)
    assert machine.evaluate("validation").loss == pytest.approx(expected[graph.loss], rel=1e-5)


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("optimizer"))
def test_an_optimizer_as_its_formula_over_many_steps(record, settings, shapes):
    optimizer = record(**settings)
    rule = ops.update(optimizer.update)
    assert rule.slots == optimizer.slots
    assert {*rule.knobs, "rate"} == {name for name, field in fields_of(optimizer).items() if field.live}
    numbers = {name: float(getattr(optimizer, name)) for name in (*rule.knobs, "rate")}
    graph = layer_graph(registry.find("layer", "dense")(units=3), ((4,),))
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(4, FEATURES)).astype(np.float32), rng.normal(size=(4, 3)).astype(np.float32)
    machine = machine_of(graph, x, y, 4, UpdateRule(optimizer.update, numbers))
    decays = {p.name: p.decays for p in graph.parameters}
    values = copies(machine.parameters())
    slots = {name: {slot: np.zeros_like(value) for slot in rule.slots} for name, value in values.items()}
    for step in range(20):
        machine.run(1)
        for name, gradient in copies(machine.gradients()).items():
            mine = numbers if decays[name] or not rule.decay else {**numbers, rule.decay: 0.0}
            rule.reference(values[name], gradient, slots[name], step, mine)
    for name, value in values.items():
        np.testing.assert_allclose(machine.parameters()[name], value, rtol=2e-5, atol=2e-6, err_msg=name)


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("schedule"))
def test_a_schedule_is_finite_within_bounds_and_pure(record, settings, shapes):
    schedule = record(**settings)
    for total in (1, 2, 1000):
        steps = np.arange(total)
        factors = schedule.factor(steps, total)
        assert factors.dtype == np.float64
        assert factors.shape == (total,)
        assert ((factors >= 0) & (factors <= 1)).all()
        one_by_one = np.concatenate([schedule.factor(np.array([step]), total) for step in steps])
        np.testing.assert_array_equal(one_by_one, factors)
        np.testing.assert_array_equal(schedule.rate(steps, total, 0.3), 0.3 * factors)


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("initializer"))
def test_an_initialiser_draws_finite_numbers_of_the_shape(record, settings, shapes):
    for shape in shapes:
        drawn = record(**settings).draw(np.random.default_rng(1), shape, 12, 5)
        assert drawn.shape == shape
        assert drawn.dtype == np.float32
        assert np.isfinite(drawn).all()


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("metric"))
def test_a_metric_is_best_for_the_right_answer(record, settings, shapes):
    metric = record(**settings)
    rng = np.random.default_rng(4)
    response, target = shapes
    if "regression" in metric.tasks:
        truth = rng.normal(size=target)
        right, wrong = truth.copy(), rng.normal(size=response)
    elif len(target) == 1 and response[1] > 1:
        truth = rng.integers(0, response[1], target)
        right, wrong = np.eye(response[1])[truth], np.eye(response[1])[(truth + 1) % response[1]]
    else:
        truth = rng.integers(0, 2, target)
        right, wrong = truth.reshape(response).astype(float), 1.0 - truth.reshape(response)
    best, worse = metric.compute(right, truth), metric.compute(wrong, truth)
    if math.isnan(best):
        assert len(truth) < 2
        return
    if metric.readout:
        assert math.isfinite(best)
        assert math.isfinite(worse)
        return
    assert best > worse if metric.higher_is_better else best < worse

"""Dropout while training: one mask forwards and backwards, its share, its scale, its randomness, its live rate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.core import registry
from playground.core.fields import Real, fields_of
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network

UNITS, RATE = 20_000, 0.3


def machine_of(seed: int = 1, layers: int = 1) -> Machine:
    """The input 1 times a row of weights, dropout, and the mean square: the gradient of a weight says whether it was kept."""
    g = GraphBuilder()
    dense = registry.find("layer", "dense")(units=UNITS, bias=False)
    x = g.take_input(TensorType((1,)))
    with g.of("dense", dense):
        x = dense.build(g, x)
    for at in range(layers):
        dropout = registry.find("layer", "dropout")(rate=RATE)
        with g.of(f"dropout{at}", dropout):
            x = dropout.build(g, x)
    target = g.take_target(x.type)
    with g.of("loss", None):
        graph = g.finish(x, g.op("mean_squared_error", x, target))
    plan = plan_network(graph, batch=1, update=UpdateRule("sgd", {"rate": 0.0, "l2": 0.0}), samples={"train": 1})
    machine = Machine(plan)
    machine.initialise(seed)
    machine.load("train", np.ones((1, 1)), np.zeros((1, UNITS)))
    return machine


def step(machine: Machine) -> tuple[np.ndarray, float]:
    """Which units were kept, and the loss of the step."""
    assert machine.run(1).status == "done"
    kept = machine.gradients()["dense.weight"][0] != 0
    return kept.copy(), float(machine.ring()[(machine.step - 1) % len(machine.ring()), 0])


def share_fits(kept: np.ndarray, rate: float) -> bool:
    """Within five standard errors."""
    return abs(kept.mean() - (1 - rate)) <= 5 * math.sqrt(rate * (1 - rate) / kept.size)


def test_one_mask_forwards_and_backwards():
    machine = machine_of()
    weights = machine.parameters()["dense.weight"][0].astype(np.float64)
    for _ in range(3):
        kept, loss = step(machine)
        assert share_fits(kept, RATE)
        y = np.where(kept, weights / (1 - RATE), 0.0)
        assert loss == pytest.approx((y**2).mean(), rel=1e-5)
        expected = 2 * y / UNITS / (1 - RATE)
        np.testing.assert_allclose(machine.gradients()["dense.weight"][0], expected, rtol=1e-5)


def test_every_step_and_every_layer_has_its_own_mask_and_every_seed_its_own_series():
    machine, again, other = machine_of(), machine_of(), machine_of(seed=2)
    first, second = step(machine)[0], step(machine)[0]
    np.testing.assert_array_equal(first, step(again)[0])
    for mask in (second, step(other)[0]):
        both = (first & mask).mean()
        assert both == pytest.approx((1 - RATE) ** 2, abs=0.02)  # as independent as two draws are
    twice = step(machine_of(layers=2))[0]
    assert twice.mean() == pytest.approx((1 - RATE) ** 2, abs=0.02)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5, 0.95])
def test_a_new_rate_counts_from_the_next_step_on(rate):
    machine = machine_of()
    assert share_fits(step(machine)[0], RATE)
    machine.knobs[machine.plan.knob_index["dropout0.rate"]] = rate
    assert share_fits(step(machine)[0], rate)


def test_every_share_that_is_hidden_changes_while_training():
    found = {
        layer.id: field.live
        for layer in registry.entries("layer")
        for name, field in fields_of(layer).items()
        if "hidden" in field.help and isinstance(field, Real)
    }
    assert len(found) >= 10, found
    assert all(found.values()), found

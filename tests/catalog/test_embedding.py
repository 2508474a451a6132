"""Embedding and positional encodings against torch: step after step, padding, tokens that are none, shared tables, refusals."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # torch's own usage

from playground.core import registry
from playground.core.samples import Samples
from playground.core.tensor import TensorType
from playground.data.prepare import prepare
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.errors import ShapeError
from playground.formats import onnx_file
from tests.every.evaluate import layer_graph
from tests.every.test_layers import machine_of
from tests.formats.models import model_of

RULES = {
    "sgd": ({"rate": 0.3, "l2": 0.0}, lambda p: torch.optim.SGD(p, lr=0.3)),
    "adamw": (
        {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "decay": 0.1},
        lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    ),
}


def embedding(**settings):
    return registry.find("layer", "embedding")(**settings)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("chains", [1, 3])
@pytest.mark.parametrize(("vocabulary", "padding"), [(5, -1), (5, 1), (403, -1), (403, 7)])
def test_many_steps_as_torch(vocabulary, padding, chains, rule):
    """More rows than tokens in a batch, and fewer; short batches at the end of an epoch; a table with a row of zeros."""
    numbers, optimizer = RULES[rule]
    graph = layer_graph(embedding(vocabulary=vocabulary, units=37, padding=padding), ((6,),))
    rng = np.random.default_rng(1)
    x = rng.integers(0, vocabulary, (11, 6)).astype(np.float32)
    x[rng.random(x.shape) < 0.2] = max(padding, 0)
    y = rng.normal(size=(11, 6, 37)).astype(np.float32)
    plan = plan_network(graph, batch=4, update=UpdateRule(rule, numbers), samples={"train": 11, "validation": 11}, chains=chains)
    machine = Machine(plan, shuffle=False)
    machine.initialise(3)
    machine.load("train", x, y)
    table = torch.nn.Embedding(vocabulary, 37, padding_idx=padding if padding >= 0 else None, dtype=torch.float64)
    with torch.no_grad():
        table.weight.copy_(torch.tensor(machine.parameters()["node.weight"].astype(np.float64)))
    stepper = optimizer(table.parameters())
    for _ in range(3):
        for start in range(0, 11, 4):
            stepper.zero_grad()
            tokens, wanted = torch.tensor(x[start : start + 4]).long(), torch.tensor(y[start : start + 4].astype(np.float64))
            F.mse_loss(table(tokens), wanted).backward()
            machine.run(1, threads=2)
            np.testing.assert_allclose(machine.gradients()["node.weight"], table.weight.grad.numpy(), rtol=1e-4, atol=1e-7)
            stepper.step()
    np.testing.assert_allclose(machine.parameters()["node.weight"], table.weight.detach().numpy(), rtol=2e-4, atol=2e-5)
    if padding >= 0:
        assert not machine.parameters()["node.weight"][padding].any()


@pytest.mark.parametrize("chains", [1, 3])
def test_short_rows_as_torchs_max_norm(chains):
    """Every look-up over many steps of SGD gives what torch's does, which shortens rows when they are looked up."""
    graph = layer_graph(embedding(vocabulary=23, units=19, padding=4, max_norm=1.5), ((6,),))
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 22, (8, 6)).astype(np.float32), 3 * rng.normal(size=(8, 6, 19)).astype(np.float32)
    plan = plan_network(graph, batch=4, update=UpdateRule("sgd", RULES["sgd"][0]), samples={"train": 8}, chains=chains)
    machine = Machine(plan, shuffle=False)
    machine.initialise(3)
    machine.load("train", x, y)
    started = np.linalg.norm(machine.parameters()["node.weight"].astype(np.float64), axis=1)
    np.testing.assert_allclose(started, np.where(np.arange(23) == 4, 0.0, 1.5), rtol=1e-6)
    table = torch.nn.Embedding(23, 19, padding_idx=4, max_norm=1.5, dtype=torch.float64)
    with torch.no_grad():
        table.weight.copy_(torch.tensor(machine.parameters()["node.weight"].astype(np.float64)))
    stepper = torch.optim.SGD(table.parameters(), lr=20.0)
    machine.set_knob("rate", 20.0)
    for step in range(6):
        start = 4 * (step % 2)
        stepper.zero_grad()
        found = table(torch.tensor(x[start : start + 4]).long())
        np.testing.assert_allclose(machine.predict(x[start : start + 4]), found.detach().numpy(), rtol=1e-5, atol=1e-6)
        F.mse_loss(found, torch.tensor(y[start : start + 4].astype(np.float64))).backward()
        machine.run(1, threads=2)
        stepper.step()
        lengths = np.linalg.norm(machine.parameters()["node.weight"], axis=1)
        assert (lengths <= 1.5 + 1e-5).all()
        assert step or 0 < (lengths < 1.49).sum() < 23
    np.testing.assert_array_equal(machine.parameters()["node.weight"][22] != 0.0, True)


def test_the_limit_of_rows_moves_while_it_trains_and_is_off_at_zero():
    graph = layer_graph(embedding(vocabulary=5, units=7, max_norm=2.0), ((3,),))
    rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
    machine = Machine(plan_network(graph, batch=2, update=rule, samples={"train": 2}), shuffle=False)
    machine.initialise(1)
    machine.load("train", np.zeros((2, 3), np.float32), np.zeros((2, 3, 7), np.float32))
    for limit, length in ((2.0, 2.0), (0.0, 2.0), (0.5, 0.5)):
        machine.set_knob("node.max_norm", limit)
        machine.run(1)
        np.testing.assert_allclose(np.linalg.norm(machine.parameters()["node.weight"], axis=1), length, rtol=1e-5)


@pytest.mark.parametrize("vocabulary", [4, 300])
@pytest.mark.parametrize("bad", [-1.0, -1e30, 0.5, 2.5, 300.0, 1e30, np.inf, -np.inf, np.nan])
def test_what_is_no_token_stops_the_run_and_changes_nothing(vocabulary, bad):
    machine, x, y = machine_of(layer_graph(embedding(vocabulary=vocabulary, units=20), ((5,),)), 4, 4, 2)
    x[2, 3] = bad
    machine.load("train", x, y)
    before = machine.state_sha256()
    assert machine.run(3).status == "fault"
    assert machine.state_sha256() == before
    found = np.isnan(machine.predict(x)).all(axis=2)
    assert found[2, 3]
    assert found.sum() == 1


def test_a_step_after_a_refused_one_finds_a_clean_gradient():
    graph = layer_graph(embedding(vocabulary=300, units=20), ((5,),))
    machine, x, y = machine_of(graph, 4, 4, 2)
    fresh, _, _ = machine_of(graph, 4, 4, 2)
    bad = x.copy()
    bad[0, 0], bad[1] = 1000.0, 299.0
    machine.load("train", bad, y)
    assert machine.run(1).status == "fault"
    machine.load("train", x, y)
    assert machine.run(1).status == fresh.run(1).status == "done"
    np.testing.assert_array_equal(machine.gradients()["node.weight"], fresh.gradients()["node.weight"])


def test_threads_and_chains_change_no_bit_of_the_gradient():
    graph = layer_graph(embedding(vocabulary=9, units=50), ((6,),))
    found = []
    for chains, threads in ((1, 1), (2, 1), (2, 2), (3, 2)):
        machine, _, _ = machine_of(graph, 7, 7, chains)
        machine.run(1, threads=threads)
        found.append(machine.gradients()["node.weight"].copy())
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_a_table_that_two_read():
    """Both add to one gradient, and nothing of the step before is left in it."""
    g = GraphBuilder()
    x = g.take_input(TensorType((3,), tokens=50))
    start = registry.find("initializer", "normal")(deviation=1.0)
    with g.of("node", None):
        table = g.parameter("weight", (50, 8), start, fan_in=50, fan_out=8)
        y = g.op("add", g.op("embedding", x, table), g.op("embedding", x, table, padding=4))
    target = g.take_target(y.type)
    with g.of("loss", None):
        graph = g.finish(y, g.op("mean_squared_error", y, target))
    machine, x, y = machine_of(graph, 2, 6)
    for start in (0, 2, 4):
        weight = torch.tensor(machine.parameters()["node.weight"].astype(np.float64), requires_grad=True)
        tokens = torch.tensor(x[start : start + 2]).long()
        twice = F.embedding(tokens, weight) + F.embedding(tokens, weight) * (tokens != 4)[..., None]
        F.mse_loss(twice, torch.tensor(y[start : start + 2].astype(np.float64))).backward()
        machine.run(1)
        np.testing.assert_allclose(machine.gradients()["node.weight"], weight.grad.numpy(), rtol=1e-4, atol=1e-7)


def test_a_mask_comes_with_the_padding_token():
    g = GraphBuilder()
    x = g.take_input(TensorType((5,), tokens=4))
    layer = embedding(vocabulary=4, units=3, padding=0, mask=True)
    with g.of("node", layer):
        y = layer.build(g, x)
    assert y.type.masked
    assert y.mask.shape == (5,)
    assert y.type.tokens == 0
    with g.of("node", layer):
        assert layer.build(g, g.masked(x, g.take_column("mask", TensorType((5,))))).type.masked


def test_padding_in_onnx_is_zero_whatever_the_table_holds(tmp_path):
    certificate = onnx_file.write(
        model_of(layer_graph(embedding(vocabulary=5, units=3, padding=2), ((7,),))), tmp_path / "net.onnx"
    )
    assert certificate.error <= certificate.allowed


@pytest.mark.parametrize(
    ("settings", "type", "says", "mend"),
    [
        ({}, TensorType((5,)), "needs tokens", ""),
        ({"vocabulary": 10}, TensorType((5,), tokens=30), "given 30", "set vocabulary 30"),
        ({"vocabulary": 10, "padding": 10}, TensorType((5,), tokens=3), "no token 10", "set padding -1"),
        ({"mask": True}, TensorType((5,), tokens=3), "a padding token", "set padding 0"),
        ({}, TensorType((5, 2), tokens=3), "a row of tokens", "insert flatten"),
    ],
)
def test_what_does_not_fit_is_refused(settings, type, says, mend):
    g = GraphBuilder()
    with pytest.raises(ShapeError, match=says) as refusal:
        embedding(**settings).build(g, g.take_input(type))
    assert refusal.value.mend == mend


def test_tokens_stay_tokens_only_where_numbers_merely_move():
    g = GraphBuilder()
    x = g.take_input(TensorType((6,), tokens=3))
    assert g.op("reshape", x, shape=(2, 3)).type.tokens == 3
    assert g.op("relu", x).type.tokens == 0


def test_tokens_are_never_scaled():
    x = np.random.default_rng(0).integers(0, 9, (20, 4)).astype(np.float32)
    samples = Samples(x, np.zeros((20, 1), np.float32), "regression", target_names=("y",))
    assert not np.array_equal(prepare(samples).train.x, x[prepare(samples).train.index])
    kept = prepare(dataclasses.replace(samples, tokens=9))
    np.testing.assert_array_equal(kept.train.x, x[kept.train.index])


def test_sinusoidal_codes_by_their_formula():
    g = GraphBuilder()
    layer = registry.find("layer", "positional_encoding")()
    with g.of("node", layer):
        graph = g.finish(layer.build(g, g.take_input(TensorType((50, 7)))))
    (constant,) = graph.constants
    for t in (0, 1, 13, 49):
        for i in range(7):
            angle = t / 10000 ** ((i - i % 2) / 7)
            assert constant.array[t, i] == pytest.approx(math.cos(angle) if i % 2 else math.sin(angle), abs=1e-6)
    assert not graph.parameters


@pytest.mark.parametrize("chains", [1, 2])
def test_learned_positions_as_torch(chains):
    graph = layer_graph(registry.find("layer", "positional_encoding")(code="learned"), ((3, 17),))
    machine, x, y = machine_of(graph, 5, 5, chains)
    tensors = {n: torch.tensor(v.astype(np.float64), requires_grad=True) for n, v in machine.parameters().items()}
    machine.run(1)
    spread = (torch.tensor(x.astype(np.float64)) @ tensors["spread0.weight"]).reshape(5, 3, 17)
    F.mse_loss(spread + tensors["node.position"], torch.tensor(y.astype(np.float64))).backward()
    for name, gradient in machine.gradients().items():
        np.testing.assert_allclose(gradient, tensors[name].grad.numpy(), rtol=1e-4, atol=1e-7, err_msg=name)

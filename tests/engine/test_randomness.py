"""Dropout and batch statistics inside a network: masks, scaling, evaluation, running statistics, independence of chains."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.core.tensor import TensorType
from playground.engine import rng as randomness
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph, Knob
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.engine.registers import FIRST_FREE_KNOB
from tests.engine.networks import Ones, Spread

ROWS, WIDTH = 12, 20
STILL = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})


def dropping(rate: float | Knob, *, twice: bool = False) -> Graph:
    """y = dropout(x·w), or that plus x·w, so that dropout's gradient has to be added."""
    g = GraphBuilder()
    x = g.take_input(TensorType((WIDTH,)))
    with g.of("scale", None):
        w = g.parameter("w", (WIDTH, WIDTH), Spread(), fan_in=4, fan_out=4)
        x = g.op("dense", x, w)
    with g.of("drop", None):
        y = g.op("dropout", x, rate=rate)
        y = g.op("add", y, x) if twice else y
    with g.of("loss", None):
        loss = g.op("mean_squared_error", y, g.take_target(TensorType((WIDTH,))))
    return g.finish(y, loss)


def machine(
    graph: Graph, x: np.ndarray, t: np.ndarray, chains: int = 2, batch: int = ROWS, update: UpdateRule = STILL
) -> Machine:
    m = Machine(plan_network(graph, batch=batch, update=update, samples={"train": len(x)}, chains=chains), shuffle=False)
    m.load("train", x, t)
    m.initialise(21)
    return m


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("chains", [1, 2, 3])
def test_dropout_uses_its_own_stream_forwards_and_backwards(chains: int, twice: bool) -> None:
    graph, rate = dropping(0.3, twice=twice), 0.3
    draw = np.random.default_rng(0)
    x, t = draw.normal(size=(ROWS, WIDTH)).astype("f4"), draw.normal(size=(ROWS, WIDTH)).astype("f4")
    m = machine(graph, x, t, chains)
    w = m.parameters()["scale.w"].astype(np.float64).copy()
    stream = randomness.FIRST_NODE_STREAM + graph.nodes[1].index
    for step in range(2):
        assert m.run(1).status == "done"
        u = randomness.uniforms(21, stream, step, ROWS * WIDTH).reshape(ROWS, WIDTH)
        mask = (u >= np.float32(rate)) / (1 - rate) + twice
        y = (x @ w) * mask
        assert m.ring()[step, 0] == pytest.approx(((y - t) ** 2).mean(), rel=1e-5)
        expected = x.T @ (2 * (y - t) / t.size * mask)
        np.testing.assert_allclose(m.gradients()["scale.w"], expected, rtol=1e-4, atol=1e-7)


def test_dropout_follows_its_knob_and_is_silent_in_evaluation() -> None:
    knob = Knob(FIRST_FREE_KNOB, "drop.rate", 0.0)
    graph = dropping(knob)
    x, t = np.ones((ROWS, WIDTH), "f4"), np.zeros((ROWS, WIDTH), "f4")
    m = machine(graph, x, t)
    w = m.parameters()["scale.w"]
    w[...] = np.eye(WIDTH)
    kept = []
    for rate in (0.0, 0.25, 0.9):
        m.knobs[FIRST_FREE_KNOB] = rate
        m.run(1)
        kept.append(float(m.ring()[m.step - 1, 0]) * (1 - rate) ** 2)
    assert kept[0] == 1.0
    assert kept[1] == pytest.approx(0.75, abs=0.12)
    assert kept[2] == pytest.approx(0.1, abs=0.08)
    np.testing.assert_array_equal(m.predict(x), x)


def normed(shape: tuple[int, ...]) -> Graph:
    g = GraphBuilder()
    x = g.take_input(TensorType(shape))
    c = shape[-1]
    with g.of("norm", None):
        gamma, beta = (g.parameter(name, (c,), Ones(), fan_in=c, fan_out=c) for name in ("gamma", "beta"))
        running = [g.statistic("running_mean", (c,), 0.0), g.statistic("running_variance", (c,), 1.0)]
        y = g.op("batch_norm", x, gamma, beta, *running, momentum=0.1, epsilon=1e-5)
    with g.of("loss", None):
        loss = g.op("mean_squared_error", y, g.take_target(TensorType(shape)))
    return g.finish(y, loss)


@pytest.mark.parametrize("shape", [(3,), (4, 18), (5, 3, 17)])
def test_running_statistics_follow_pytorch(shape: tuple[int, ...]) -> None:
    """With a short last batch, far from zero (where a naive sum of squares loses its digits), and then evaluated."""
    draw = np.random.default_rng(1)
    x = (draw.normal(size=(30, *shape)) * 0.5 + 40).astype("f4")
    m = machine(normed(shape), x, np.zeros_like(x), chains=3)
    layer = torch.nn.BatchNorm1d(shape[-1], momentum=0.1).double()
    layer.bias.data += 1
    channels_last = torch.from_numpy(x).double().movedim(-1, 1)
    for first in (0, 12, 24, 0):
        layer(channels_last[first : first + 12].reshape(len(channels_last[first : first + 12]), shape[-1], -1))
    assert m.run(4).status == "done"
    found = m.statistics()
    np.testing.assert_allclose(found["norm.running_mean"], layer.running_mean, rtol=1e-6)
    np.testing.assert_allclose(found["norm.running_variance"], layer.running_var, rtol=2e-4)
    layer.eval()
    with torch.no_grad():
        expected = layer(channels_last.reshape(30, shape[-1], -1)).reshape(30, shape[-1], *shape[:-1]).movedim(1, -1).numpy()
    np.testing.assert_allclose(m.predict(x), expected, rtol=1e-4, atol=1e-4)


def test_a_failed_step_leaves_running_statistics_alone() -> None:
    x = np.random.default_rng(2).normal(size=(24, 3)).astype("f4")
    x[12:, 1] = np.nan
    m = machine(normed((3,)), x, np.zeros_like(x))
    assert m.run(1).status == "done"
    before = {name: value.copy() for name, value in m.statistics().items()}
    assert m.run(1).status == "fault"
    for name, value in m.statistics().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("bad", [-1, 3, 1e9])
def test_a_class_that_does_not_exist_stops_the_run(bad: float) -> None:
    """It must not be used as an address."""
    g = GraphBuilder()
    x = g.take_input(TensorType((4,)))
    with g.of("dense", None):
        y = g.op("dense", x, g.parameter("w", (4, 3), Spread(), fan_in=4, fan_out=4))
    with g.of("loss", None):
        loss = g.op("softmax_cross_entropy", y, g.take_target(TensorType(())))
    t = np.zeros(12, "f4")
    t[5] = bad
    m = machine(g.finish(y, loss), np.ones((12, 4), "f4"), t)
    assert m.run(1).status == "fault"

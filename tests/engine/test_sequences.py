"""Sequences block by block: dense layers over steps against float64 NumPy, with short batches, any blocks, chains and threads."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core.tensor import TensorType
from playground.engine import storage
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network

from .networks import Spread

STEPS, COUNT, BATCH, RATE = 21, 11, 7, 0.3
SIZES = ((5, 9), (9, 6), (6, 3))


def network(weighted: bool) -> Graph:
    g = GraphBuilder()
    x = g.take_input(TensorType((STEPS, SIZES[0][0])))
    for n, (i, o) in enumerate(SIZES):
        with g.of(f"dense{n}", None):
            w = g.parameter("weight", (i, o), Spread(), fan_in=i, fan_out=o)
            b = g.parameter("bias", (o,), Spread(), fan_in=i, fan_out=o, decays=False)
            x = g.op("dense", x, w, b)
            x = g.op("relu", x) if n + 1 < len(SIZES) else x
    with g.of("loss", None):
        target = g.take_target(TensorType((STEPS,)))
        if weighted:
            weights = g.op("class_weights", target, classes=SIZES[-1][1], ignore=-1)
            return g.finish(x, g.op("softmax_cross_entropy", x, target, weights, weighted=True))
        return g.finish(x, g.op("softmax_cross_entropy", x, target))


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    return rng.normal(size=(COUNT, STEPS, SIZES[0][0])), rng.integers(0, SIZES[-1][1], (COUNT, STEPS))


def trained(graph: Graph, *, chains: int, threads: int = 1, steps: int = 5) -> Machine:
    x, y = data()
    plan = plan_network(
        graph, batch=BATCH, update=UpdateRule("sgd", {"rate": RATE, "l2": 0.0}), samples={"train": COUNT}, chains=chains
    )
    machine = Machine(plan, shuffle=False)
    machine.load("train", x, y)
    machine.initialise(2)
    assert machine.run(steps, threads=threads).status == "done"
    return machine


def step(parameters: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
    """One update in float64, and the mean loss before it."""
    rows, hidden = x.reshape(-1, x.shape[-1]), []
    for n in range(len(SIZES)):
        hidden.append(rows)
        rows = rows @ parameters[f"dense{n}.weight"] + parameters[f"dense{n}.bias"]
        rows = np.maximum(rows, 0) if n + 1 < len(SIZES) else rows
    p = np.exp(rows - rows.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    at = np.arange(len(p)), y.reshape(-1)
    loss = float(-np.log(p[at]).mean())
    p[at] -= 1
    dy = p / len(p)
    for n in reversed(range(len(SIZES))):
        weight = parameters[f"dense{n}.weight"]
        dx = (dy @ weight.T) * (hidden[n] > 0)
        parameters[f"dense{n}.weight"] = weight - RATE * hidden[n].T @ dy
        parameters[f"dense{n}.bias"] = parameters[f"dense{n}.bias"] - RATE * dy.sum(axis=0)
        dy = dx
    return loss


@pytest.mark.parametrize("chains", [1, 2, 3])
@pytest.mark.parametrize("positions", [1, 2 * STEPS, 10_000])
def test_blocks_of_any_size_train_as_numpy_does(monkeypatch, positions, chains):
    monkeypatch.setattr(storage, "BLOCK_POSITIONS", positions)
    monkeypatch.setattr(storage, "BLOCK_SEQUENCE", positions)
    machine = trained(network(False), chains=chains)
    start = Machine(machine.plan)
    start.initialise(2)
    expected = {name: values.astype(np.float64) for name, values in start.parameters().items()}
    x, y = data()
    losses = [step(expected, x[a:b], y[a:b]) for a, b in [(0, BATCH), (BATCH, COUNT)] * 2 + [(0, BATCH)]]
    np.testing.assert_allclose(machine.ring()[:5, 0], losses, rtol=2e-6)
    for name, values in machine.parameters().items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-4, atol=2e-6, err_msg=name)


def test_threads_change_no_bit_of_sequences(monkeypatch):
    monkeypatch.setattr(storage, "BLOCK_POSITIONS", STEPS)
    monkeypatch.setattr(storage, "BLOCK_SEQUENCE", 1)
    for weighted in (False, True):
        one, two = (trained(network(weighted), chains=3, threads=threads) for threads in (1, 2))
        assert one.state_sha256() == two.state_sha256()


def test_a_weighted_loss_does_not_part_forward_from_backward():
    """Its weights come of the targets alone: activations live no longer than with a loss without weights."""
    plain, weighted = (trained(network(given), chains=2, steps=1).plan for given in (False, True))
    own = 4 * 2 * BATCH * STEPS + 1_000  # targets and weights of the whole batch, sums on lines of their own
    assert weighted.activation_bound <= plain.activation_bound + own

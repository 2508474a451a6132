"""Whole programs: against PyTorch in float64, the same bits always, faults, short batches, snapshots."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from playground.engine import jit
from playground.engine.layout import Layout
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network

from .networks import Net, workload
from .torch_twin import train, twin

ADAM = UpdateRule("adam", {"rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "l2": 0.0})
MOMENTUM = UpdateRule("momentum", {"rate": 1e-2, "momentum": 0.9, "dampening": 0.0, "l2": 0.0})


def machine(
    name: str, samples: int = 150, chains: int = 2, update: UpdateRule | None = None, batch: int | None = None
) -> Machine:
    graph, shape, planned, classes = workload(name)
    batch = batch or planned
    rule = update or (MOMENTUM if name == "W9" else ADAM)
    plan = plan_network(graph, batch=batch, update=rule, samples={"train": samples, "validation": 40}, chains=chains)
    made = Machine(plan, shuffle=False)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(samples, *shape)).astype(np.float32), rng.integers(0, classes, samples)
    made.load("train", x, y)
    made.load("validation", x[:40], y[:40])
    made.initialise(7)
    made.x, made.y = x, y  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(("name", "steps"), [("W1", 30), ("W2", 20), ("W3", 10), ("W4", 8), ("W5", 4), ("W9", 4)])
def test_losses_follow_pytorch_in_double_precision(name: str, steps: int) -> None:
    m = machine(name)
    model = twin(m)
    kind = torch.optim.SGD(model.parameters(), 1e-2, momentum=0.9) if name == "W9" else torch.optim.Adam(model.parameters(), 1e-3)
    expected = train(model, kind, m.x, m.y, m.plan.batch, steps)  # type: ignore[attr-defined]
    assert m.run(steps).steps == steps
    # float32 against float64: rounding grows through Adam's division by small second moments.
    np.testing.assert_allclose(m.ring()[:steps, 0], expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["W1", "W2", "W3", "W4", "W9"])
def test_same_seed_same_bits_on_any_thread_count(name: str) -> None:
    hashes = set()
    for threads in (1, 2, 2):
        m = machine(name)
        m.run(3, threads=threads)
        m.run(2, threads=1)
        hashes.add(m.state_sha256())
    assert len(hashes) == 1
    other = machine(name)
    other.initialise(8)
    other.run(5)
    assert other.state_sha256() not in hashes


def test_a_run_in_pieces_equals_a_run_in_one() -> None:
    one, pieces = machine("W2"), machine("W2")
    one.run(20)
    for n in (1, 2, 7, 10):
        pieces.run(n)
    assert one.state_sha256() == pieces.state_sha256()


def test_restoring_a_snapshot_continues_with_the_same_numbers_even_across_epochs() -> None:
    m = machine("W2", samples=70)
    m.shuffle = True
    m.run(3)
    kept = m.snapshot()
    m.run(9)
    expected = m.state_sha256()
    m.restore(kept)
    assert m.step == 3
    m.run(9)
    assert m.state_sha256() == expected


def test_evaluation_and_prediction_leave_the_state_alone_and_agree() -> None:
    m = machine("W4")
    m.run(3)
    before = m.state_sha256()
    found = m.evaluate("validation")
    given = m.predict(m.x[:40])  # type: ignore[attr-defined]
    assert m.state_sha256() == before
    np.testing.assert_array_equal(found.outputs, given)
    model = twin(m)
    with torch.no_grad():
        logits = model(torch.from_numpy(m.x[:40]).double())  # type: ignore[attr-defined]
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(m.y[:40]))  # type: ignore[attr-defined]
    np.testing.assert_allclose(given, logits.numpy(), rtol=1e-4, atol=1e-5)
    assert found.loss == pytest.approx(loss.item(), rel=1e-5)


def test_a_nan_stops_before_the_update_and_is_named() -> None:
    for name in ("W1", "W3", "W4", "W9"):
        m, good = machine(name, samples=256), machine(name, samples=256)
        good.run(2)
        at_x = m.layout.windows["train"][0]
        width = int(np.prod(m.x.shape[1:]))  # type: ignore[attr-defined]
        m.F[at_x + 2 * m.plan.batch * width + 1] = np.nan
        ran = m.run(9)
        assert (ran.steps, ran.status) == (2, "fault")
        assert m.state_sha256() == good.state_sha256()
        fault = m.explain_fault()
        assert (fault.node, fault.direction, fault.step) == ("data", "forward", 2)


def test_a_weight_that_is_not_finite_is_traced_to_its_layer() -> None:
    m = machine("W2")
    m.parameters()["dense3.weight"][0, 0] = np.inf
    assert m.run(1).status == "fault"
    assert m.explain_fault().node == "dense3"


@pytest.mark.parametrize(("chains", "batches"), [(2, 1), (2, 2), (3, 1), (5, 2)])
def test_weights_that_chains_keep_to_themselves_give_the_numbers_of_one_chain(chains: int, batches: int) -> None:
    """Large weights on the input are multiplied range by range of features, and their gradient is squared as it is made; also with
    batches cut short and gathered, and a flat view."""
    net = Net((41, 19, 1)).flat().dense(93, "relu").dense(5)
    graph, rng = net.classify(), np.random.default_rng(3)
    x, y = rng.normal(size=(31, 41, 19, 1)).astype(np.float32), rng.integers(0, 5, 31)
    found = []
    for n in (1, chains):
        rule = dataclasses.replace(MOMENTUM, accumulate=batches)
        m = Machine(plan_network(graph, batch=7, update=rule, samples={"train": 31, "validation": 31}, chains=n))
        m.load("train", x, y)
        m.load("validation", x, y)
        m.initialise(5)
        assert m.run(6, threads=min(n, 2)).steps == 6
        found.append(
            (m.ring()[:6, [0, 2]].copy(), {name: a.copy() for name, a in m.parameters().items()}, m.evaluate("validation"))
        )
        assert ("take_features" in m.plan.disassemble()) == (n > 1)
        assert ("add_sums" in m.plan.disassemble()) == (n > 1 and batches == 1)
        if batches == 1:
            length = np.sqrt(sum((g.astype(float) ** 2).sum() for g in m.gradients().values()))
            assert m.ring()[5, 2] == pytest.approx(length, rel=1e-6)
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=2e-5)
    for name, expected in found[0][1].items():
        np.testing.assert_allclose(found[1][1][name], expected, rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(found[1][2].loss, found[0][2].loss, rtol=2e-5)


def test_knobs_work_at_the_next_step() -> None:
    m = machine("W2")
    m.run(2)
    before = m.parameters()["dense1.weight"].copy()
    m.set_knob("rate", 0.0)
    m.run(1)
    np.testing.assert_array_equal(m.parameters()["dense1.weight"], before)


def test_clipping_is_pytorchs() -> None:
    rule = UpdateRule("sgd", {"rate": 0.5, "l2": 0.0}, clip=0.1)
    m = machine("W2", update=rule)
    model = twin(m)
    x, y = torch.from_numpy(m.x[:64]).double(), torch.from_numpy(m.y[:64])  # type: ignore[attr-defined]
    torch.nn.functional.cross_entropy(model(x), y).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    torch.optim.SGD(model.parameters(), 0.5).step()
    m.run(1)
    assert m.ring()[0, 2] == pytest.approx(norm.item(), rel=1e-5)
    np.testing.assert_allclose(m.parameters()["dense1.weight"], model[0].weight.detach().numpy().T, rtol=1e-4, atol=1e-7)


def test_frozen_nodes_keep_their_weights() -> None:
    rule = UpdateRule("sgd", {"rate": 0.5, "l2": 0.0}, frozen=frozenset({"dense1"}), rate_factors={"dense3": 0.0})
    m = machine("W2", update=rule)
    before = {name: v.copy() for name, v in m.parameters().items()}
    m.run(2)
    for name, v in m.parameters().items():
        assert np.array_equal(v, before[name]) == (not name.startswith("dense5")), name


def test_observing_gives_every_nodes_output() -> None:
    graph = Net((2,)).dense(6, "relu").dense(3, "tanh").dense(2).classify()
    plan = plan_network(graph, batch=8, update=ADAM, samples={"train": 8}, observe=True)
    m = Machine(plan)
    m.initialise(0)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    seen = m.observe(x)
    assert set(seen) == {"dense1", "relu2", "dense3", "tanh4", "dense5"}
    p = m.parameters()
    np.testing.assert_allclose(seen["dense1"], x @ p["dense1.weight"] + p["dense1.bias"], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(seen["relu2"], np.maximum(seen["dense1"], 0))
    np.testing.assert_array_equal(seen["dense5"], m.predict(x))


def test_the_layout_travels_as_json() -> None:
    import json

    m = machine("W9")
    assert Layout.from_json(json.loads(json.dumps(m.layout.to_json()))) == m.layout


def test_nothing_compiles_after_the_first_step() -> None:
    m = machine("W4")
    m.run(1)
    m.evaluate("validation")
    before = len(jit.compilations)
    m.run(10, threads=2)
    m.evaluate("validation", threads=2)
    fresh = machine("W2")
    fresh.run(1)
    assert len(jit.compilations) == before


def test_times_of_instructions_name_layers_and_keep_the_state() -> None:
    m = machine("W4")
    m.run(2)
    before = m.state_sha256()
    times = m.time_instructions()
    assert m.state_sha256() == before
    assert {"conv1", "conv4", "dense8"} <= {node for node, _, _, _ in times}
    assert all(t > 0 for _, _, _, t in times)

"""The planner: no two live values overlap, less memory than a buffer each, the same numbers as separate buffers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.tensor import TensorType, Value
from playground.engine import handing, products
from playground.engine.builder import GraphBuilder
from playground.engine.emit import Task
from playground.engine.first_fit import Span, aligned, fit, lower_bound
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.engine.schedule import _segments

from .networks import Net, Spread, workload

SGD = UpdateRule("sgd", {"rate": 0.05, "l2": 0.0})

spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(1, 400)), min_size=1, max_size=40)


@given(spans)
def test_first_fit_keeps_live_buffers_apart(items: list[tuple[int, int, int]]) -> None:
    made = [Span(i, start, start + length, size) for i, (start, length, size) in enumerate(items)]
    at, top = fit(made)
    for a, b in itertools.combinations(made, 2):
        if a.end >= b.start and b.end >= a.start:
            assert at[a.key] + aligned(a.size) <= at[b.key] or at[b.key] + aligned(b.size) <= at[a.key]
    assert top >= lower_bound(made)
    assert all(at[s.key] % 16 == 0 for s in made)


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """Random networks with images, skips, views and fan-out."""
    g = GraphBuilder()
    side, channels = draw(st.integers(3, 6)), draw(st.integers(1, 3))
    front: list[Value] = [g.take_input(TensorType((side, side, channels)))]
    for n in range(draw(st.integers(1, 7))):
        x = front[draw(st.integers(0, len(front) - 1))]
        kind = draw(st.sampled_from(["conv", "relu", "tanh", "norm", "pool", "add", "reshape", "dense"]))
        with g.of(f"n{n}", None):
            if kind == "conv" and len(x.shape) == 3:
                filters, k = draw(st.integers(1, 5)), draw(st.sampled_from([1, 3]))
                w = g.parameter("weight", (k, k, x.shape[2], filters), Spread(), fan_in=9, fan_out=9)
                p = k // 2
                y = g.op("conv2d", x, w, stride=(1, 1), padding=(p, p, p, p), dilation=(1, 1), groups=1)
            elif kind in ("relu", "tanh"):
                y = g.op(kind, x)
            elif kind == "norm":
                c = x.shape[-1]
                gamma = g.parameter("gamma", (c,), Spread(), fan_in=c, fan_out=c)
                beta = g.parameter("beta", (c,), Spread(), fan_in=c, fan_out=c)
                mean, var = g.statistic("mean", (c,), 0.0), g.statistic("variance", (c,), 1.0)
                y = g.op("batch_norm", x, gamma, beta, mean, var, momentum=0.1, epsilon=1e-5)
            elif kind == "pool" and len(x.shape) == 3 and min(x.shape[:2]) >= 2:
                y = g.op("max_pool2d", x, kernel=(2, 2), stride=(1, 1), padding=(0, 0, 0, 0))
            elif kind == "add":
                same = [v for v in front if v.shape == x.shape]
                y = g.op("add", x, same[draw(st.integers(0, len(same) - 1))])
            elif kind == "reshape":
                y = g.op("reshape", x, shape=(x.type.count,))
            else:
                w = g.parameter("weight", (x.shape[-1], 4), Spread(), fan_in=x.shape[-1], fan_out=4)
                y = g.op("dense", x, w)
        front.append(y)
    with g.of("head", None):
        x = front[-1]
        flat = x if len(x.shape) == 1 else g.op("reshape", x, shape=(x.type.count,))
        w = g.parameter("weight", (flat.shape[0], 3), Spread(), fan_in=flat.shape[0], fan_out=3)
        y = g.op("dense", flat, w)
    with g.of("loss", None):
        loss = g.op("softmax_cross_entropy", y, g.take_target(TensorType(())))
    return g.finish(y, loss)


def run(graph: Graph, *, chains: int, threads: int, reuse: bool, batch: int = 6, steps: int = 5, count: int = 16) -> Machine:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(count, *graph.values[graph.input].type.shape)).astype(np.float32)
    y = rng.integers(0, 3, count)
    plan = plan_network(graph, batch=batch, update=SGD, samples={"train": count}, chains=chains, reuse=reuse)
    machine = Machine(plan)
    machine.load("train", x, y)
    machine.initialise(5)
    assert machine.run(steps, threads=threads).status == "done"
    return machine


@settings(max_examples=25, deadline=None)
@given(networks(), st.integers(1, 3))
def test_a_planned_run_equals_one_with_separate_buffers(graph: Graph, chains: int) -> None:
    planned = run(graph, chains=chains, threads=1, reuse=True)
    apart = run(graph, chains=chains, threads=1, reuse=False)
    assert planned.state_sha256() == apart.state_sha256()
    # every chain's region ends on a cache line of its own
    assert planned.plan.nbytes <= apart.plan.nbytes + 2 * 64 * chains


@st.composite
def residuals(draw: st.DrawFn) -> Graph:
    """Random networks of sums, in which a term is read before, beside and after its sum, by ops and by views."""
    g = GraphBuilder()
    front: list[Value] = []
    with g.of("first", None):
        x = g.take_input(TensorType((2, 3)))
        front.append(g.op("dense", x, g.parameter("weight", (3, 3), Spread(), fan_in=3, fan_out=3)))
    for n in range(draw(st.integers(2, 9))):
        x, other = (front[-1 - min(draw(st.integers(0, 3)), len(front) - 1)] for _ in range(2))
        kind = draw(st.sampled_from(["add", "add", "tanh", "relu", "dense", "reshape"]))
        with g.of(f"n{n}", None):
            if kind == "add":
                front.append(g.op("add", x, other))
            elif kind == "dense":
                front.append(g.op("dense", x, g.parameter("weight", (3, 3), Spread(), fan_in=3, fan_out=3)))
            elif kind == "reshape":
                front.append(g.op("reshape", g.op("reshape", x, shape=(6,)), shape=(2, 3)))
            else:
                front.append(g.op(kind, x))
    with g.of("head", None):
        total = g.op("add", *front[-draw(st.integers(2, 4)) :]) if len(front) > 1 else front[0]
        y = g.op("reshape", total, shape=(6,))
    with g.of("loss", None):
        loss = g.op("softmax_cross_entropy", y, g.take_target(TensorType(())))
    return g.finish(y, loss)


@settings(max_examples=80, deadline=None)
@given(residuals(), st.integers(1, 2))
def test_a_sum_hands_its_gradient_on_without_a_copy(graph: Graph, chains: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handing, "ADDED_TO", 1)
        handed = run(graph, chains=chains, threads=1, reuse=True)
    assert handed.state_sha256() == run(graph, chains=chains, threads=1, reuse=False).state_sha256()


def test_no_gradient_of_a_large_residual_block_is_copied() -> None:
    net = Net((32, 64)).dense(64)
    around = net.x
    net.dense(48, "tanh").dense(64)
    with net.g.of("sum", None):
        net.x = net.g.op("add", around, net.x)
    plan = plan_network(net.flat().dense(3).classify(), batch=4, update=SGD, samples={"train": 8})
    assert plan.train is not None
    assert "copy_lines" not in plan.train.kernels


@settings(max_examples=25, deadline=None)
@given(networks(), st.integers(1, 3))
def test_a_step_reads_nothing_that_it_did_not_write(graph: Graph, chains: int) -> None:
    clean, poisoned = (run(graph, chains=chains, threads=1, reuse=True, steps=0) for _ in range(2))
    at, count = poisoned.plan.pool
    for _ in range(5):
        poisoned.F[at : at + count] = np.nan
        assert poisoned.run(1).status == "done"
        clean.run(1)
    assert poisoned.state_sha256() == clean.state_sha256()


@settings(max_examples=10, deadline=None)
@given(networks())
def test_threads_change_no_bit(graph: Graph) -> None:
    one = run(graph, chains=3, threads=1, reuse=True)
    two = run(graph, chains=3, threads=2, reuse=True)
    assert one.state_sha256() == two.state_sha256()


@pytest.mark.parametrize("chains", [1, 2, 3])
def test_copies_of_operands_change_no_bit_of_a_run(chains: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide layers, by rows and by features, on several threads; no two chains of a stage copy to the same place."""
    graph, batch = Net((400,)).dense(1024, "relu").dense(256, "relu").dense(1024).dense(3).classify(), 70 * chains
    copied = run(graph, chains=chains, threads=2, reuse=True, batch=batch, count=batch)
    program = copied.plan.train
    assert program is not None
    made = 0
    for first, last, _ in program.stages:
        places: dict[int, int] = {}
        for chain in range(first, last):
            for row in range(*program.chains[chain]):
                opcode, *words = program.code[row]
                if program.kernels[opcode] == "plain_product" and words[26]:
                    assert places.setdefault(words[26], chain) == chain
                    made += not words[27]
    assert made >= 3 * chains
    monkeypatch.setattr(products, "copies", lambda rows, terms, b_step: False)
    plain = run(graph, chains=chains, threads=1, reuse=True, batch=batch, count=batch)
    assert plain.state_sha256() == copied.state_sha256()


@pytest.mark.parametrize("name", ["W1", "W2", "W3", "W4", "W5", "W9"])
def test_arena_is_close_to_what_must_live(name: str) -> None:
    graph, _, batch, _ = workload(name)
    plan = plan_network(graph, batch=batch, update=SGD, samples={}, ring=16)
    counted = sum(graph.values[p.value].type.count for p in graph.parameters) * 4 * 2
    assert plan.nbytes <= 1.15 * (counted + plan.activation_bound) + 16_000


def test_disassembly_names_node_op_and_direction() -> None:
    graph = Net((5,)).dense(3, "tanh").dense(2).classify()
    text = plan_network(graph, batch=4, update=SGD, samples={"train": 8}).disassemble()
    assert "dense1:dense:forward" in text
    assert "dense1:dense:backward" in text
    assert "loss:softmax_cross_entropy:forward" in text


@pytest.mark.parametrize(
    ("grains", "runs"),
    [
        ("bapab", ["ba", "p", "ab"]),
        ("abaapaa", ["abaa", "paa"]),
        ("paabap", ["p", "aaba", "p"]),
        ("aa", ["aa"]),
        ("papab", ["pap", "ab"]),
        ("", []),
    ],
)
def test_tasks_of_any_grain_go_by_the_blocks_beside_them(grains: str, runs: list[str]) -> None:
    """a: any, b: block, p: part. A large activation is used while its block is in the cache."""
    names = {"a": "any", "b": "block", "p": "part"}
    tasks = [Task("rows", lambda f: [], (), (), names[one], "", one, "") for one in grains]
    found = _segments(tasks)
    assert ["".join(task.op for task in segment.tasks) for segment in found] == runs
    assert all(segment.grain == ("block" if "b" in run else "part") for segment, run in zip(found, runs, strict=True))

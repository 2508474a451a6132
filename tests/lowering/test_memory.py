"""A network that does not fit into memory is refused with a batch that training takes, before anything is asked of the system."""

from __future__ import annotations

import math
import random
import time

import numpy as np
import pytest

from playground.core import registry
from playground.core.samples import Samples
from playground.document.edits import MoveNodes, ReplacePlanPart, SetField, SetPlan
from playground.document.project import Project
from playground.engine import free_memory
from playground.engine.plan import plan_network, size_of
from playground.lowering import Refused, inspect, lower
from playground.lowering import memory as rough
from playground.lowering.flow import Flow, flow_of
from playground.lowering.lowered import lowered
from playground.lowering.room import largest, largest_power
from playground.training.assembly import assemble
from playground.training.memory import DoesNotFit
from tests.lowering.projects import Step, chain, images, mended

HUGE: tuple[Step, ...] = (
    ("flatten", {}),
    ("dense", {"units": 1_000_000}),
    ("dense", {"units": 1_000_000}),
    ("dense", {"units": 10}),
)
WIDE: tuple[Step, ...] = (
    *[("conv2d", {"filters": 512, "kernel": (1, 1)})] * 2,
    ("batch_norm", {}),
    ("global_average_pool", {}),
    ("dense", {"units": 10}),
)


def test_a_layer_too_large_is_named() -> None:
    project, ids = chain(*HUGE)
    (problem,) = inspect(project, images()).problems
    assert problem.node == ids[3]
    assert problem.text.startswith("This needs ")
    assert problem.text.endswith("dense2 alone has 1,000,001,000,000 parameters; make it smaller.")
    with pytest.raises(Refused):
        lower(project, images())


def test_a_batch_too_large_is_refused_with_one_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "room", lambda: 4_000_000_000)
    project, _ = chain(*WIDE)
    samples = images(10, (256, 256, 1))
    project = SetPlan("training", "batch", 65_536).apply(project)
    began = time.perf_counter()
    problems = inspect(project, samples).problems
    assert time.perf_counter() - began < 5  # not even the words of such a plan are made
    assert [p.field for p in problems] == ["training.batch"]
    after = mended(project, problems[0])
    assert inspect(after, samples).problems == []
    assert f"Batch {after.training.batch} fits." in problems[0].text


def test_an_edit_that_moves_a_node_asks_for_no_plan_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "room", lambda: 4_000_000_000)
    project, ids = chain(*WIDE)
    samples = images(10, (256, 256, 1))
    project = SetPlan("training", "batch", 65_536).apply(project)
    asked: list[Project] = []
    monkeypatch.setattr(rough, "lowered", lambda *given: asked.append(given[0]) or lowered(*given))
    problems = inspect(project, samples).problems
    assert asked == [project]
    moved = MoveNodes({ids[1]: (500.0, 40.0)}).apply(project)
    assert inspect(moved, samples).problems == problems
    assert asked == [project]
    wider = SetField(ids[1], "filters", 256).apply(project)
    assert inspect(wider, samples).problems != problems
    assert asked == [project, wider]


def test_of_a_very_deep_network_training_says_whether_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "room", lambda: 40_000_000)
    monkeypatch.setattr(rough, "SMALL", 0)
    project, _ = chain(("flatten", {}), *[("dense", {"units": 64})] * rough.MOST_NODES, ("dense", {"units": 10}))
    project, samples = SetPlan("training", "batch", 4096).apply(project), images()
    assert inspect(project, samples).problems == []
    with pytest.raises(DoesNotFit) as caught:
        assemble(project, samples)
    assemble(SetPlan("training", "batch", caught.value.batch).apply(project), samples)


def test_a_network_that_the_plan_gets_into_memory_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Activations share memory, so the sum over the layers may be far above what the run takes."""
    project, _ = chain(*[("conv2d", {"filters": 64}), ("relu", {})] * 8, ("global_average_pool", {}), ("dense", {"units": 10}))
    project, samples = SetPlan("training", "batch", 64).apply(project), images(10, (64, 64, 3))
    size = assemble(project, samples).plan.size.whole_run
    least = 64 * sum(made.count for made in _flow(project, samples).types.values())
    assert size < 4 * least
    monkeypatch.setattr(rough, "SMALL", 0)
    monkeypatch.setattr(free_memory, "room", lambda: size)
    assert inspect(project, samples).problems == []
    assemble(project, samples)
    monkeypatch.setattr(free_memory, "room", lambda: size - 1)
    assert [problem.field for problem in inspect(project, samples).problems] == ["training.batch"]


def _flow(project: Project, samples: Samples) -> Flow:
    return flow_of(project, samples)


def some_network(rng: random.Random) -> tuple[Project, Samples]:
    """Dense layers or convolutions of any width, trained in any way on samples of any number."""
    parts: list[Step] = []
    if rng.random() < 0.5:
        shape: tuple[int, ...] = (rng.choice((16, 100, 400)),)
        for _ in range(rng.randint(1, 5)):
            parts += [("dense", {"units": rng.choice((16, 200, 1000, 2500))}), (rng.choice(("relu", "tanh", "dropout")), {})]
    else:
        side = rng.choice((8, 16, 32))
        shape = (side, side, rng.choice((1, 3)))
        for _ in range(rng.randint(1, 4)):
            parts.append(("conv2d", {"filters": rng.choice((4, 16, 48)), "kernel": rng.choice(((1, 1), (3, 3)))}))
            parts += [(one, {}) for one in ("batch_norm", "relu") if rng.random() < 0.6]
        parts.append(("flatten", {}))
    count = rng.choice((64, 300, 2000))
    samples = Samples(np.ones((count, *shape), np.float32), np.arange(count) % 3, "classification", ("a", "b", "c"))
    project, _ = chain(*parts, ("dense", {"units": 3}))
    optimizer = registry.find("optimizer", rng.choice(("sgd", "momentum", "adam")))()
    project = ReplacePlanPart("training", "optimizer", optimizer).apply(project)
    for field, value in (("batch", rng.choice((33, 500, 4096))), ("averaging", rng.choice(("none", "ema")))):
        project = SetPlan("training", field, value).apply(project)
    return project, samples


def agrees(project: Project, samples: Samples, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """What is said of a network when there is only this share of what it takes between one sample in a batch and its batch."""
    made, batch = lowered(project, samples), project.training.batch
    monkeypatch.setattr(free_memory, "room", lambda: None)
    prepared = assemble(SetPlan("training", "batch", 2).apply(project), samples)
    counts = {name: rows for name, (_, _, rows) in prepared.plan.layout.windows.items() if name != "window"}
    window = 4096 if math.prod(samples.shape) <= 64 else 0

    def needed(rows: int) -> int:
        return size_of(made.graph, batch=rows, update=made.update, samples=counts, window=window).whole_run

    assert needed(2) == prepared.plan.size.whole_run
    room = int(needed(1) + share * (needed(batch) - needed(1)))
    monkeypatch.setattr(free_memory, "room", lambda: room)
    assert rough.rough_bytes(project, samples, _flow(project, samples)) + 100_000_000 > rough.NEAR * needed(batch)
    monkeypatch.setattr(rough, "SMALL", 0)
    monkeypatch.setattr(rough, "NEAR", 0.0)
    found = inspect(project, samples)
    if needed(batch) <= room:
        assert not found.errors
        return
    (problem,) = found.errors
    after = mended(project, problem)
    assert f"Batch {after.training.batch} fits." in problem.text
    assert not inspect(after, samples).errors
    assert assemble(after, samples).plan.size.whole_run <= room  # training asks the plan that it makes
    twice = 2 * after.training.batch
    assert twice >= batch or needed(twice) > room
    try:
        assemble(SetPlan("training", "batch", batch).apply(project), samples)
    except (DoesNotFit, Refused):
        return
    raise AssertionError("training takes what the problem refuses")


@pytest.mark.parametrize("seed", range(12))
def test_a_batch_that_is_named_is_taken_by_training(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    agrees(*some_network(rng), monkeypatch, rng.uniform(0.1, 0.9))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_batch_that_is_named_is_taken_by_training_for_a_hundred_networks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    agrees(*some_network(rng), monkeypatch, rng.uniform(0.02, 1.1))


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_the_size_is_that_of_the_plan(batch: int) -> None:
    for seed in range(6):
        project, samples = some_network(random.Random(seed))
        made, counts = lower(project, samples), {"train": samples.count, "validation": 9}
        size = size_of(made.graph, batch=batch, update=made.update, samples=counts)
        assert plan_network(made.graph, batch=batch, update=made.update, samples=counts).size == size


def test_a_batch_that_is_found_fits_where_less_may_take_more() -> None:
    def needed(batch: int) -> int:
        return batch * 100 + (1000 if batch % 16 == 8 else 0)

    for room in range(100, 10_000, 70):
        for found in (largest(needed, 100, room), largest_power(needed, 100, room)):
            assert found == 0 or needed(found) <= room

"""A network that does not fit into memory is refused with what does, before anything is asked of the system."""

from __future__ import annotations

import pytest

from playground.document.edits import SetPlan
from playground.engine.plan import plan_network
from playground.lowering import Refused, inspect, lower
from playground.lowering.memory import free_memory
from tests.lowering.projects import chain, images, mended

HUGE = (("flatten", {}), ("dense", {"units": 1_000_000}), ("dense", {"units": 1_000_000}), ("dense", {"units": 10}))


def test_a_layer_too_large_is_named():
    project, ids = chain(*HUGE)
    (problem,) = inspect(project, images()).problems
    assert problem.node == ids[3]
    assert problem.text.startswith("This needs 16,0")
    assert problem.text.endswith("dense2 alone has 1,000,001,000,000 parameters; make it smaller.")
    with pytest.raises(Refused):
        lower(project, images())


def test_a_batch_too_large_is_refused_with_one_that_fits():
    project, _ = chain(
        *[("conv2d", {"filters": 512, "kernel": (1, 1)})] * 2, ("global_average_pool", {}), ("dense", {"units": 10})
    )
    samples = images(10, (256, 256, 1))
    project = SetPlan("training", "batch", 65_536).apply(project)
    problems = inspect(project, samples).problems
    assert [p.field for p in problems] == ["training.batch"]
    after = mended(project, problems[0])
    assert inspect(after, samples).problems == []
    assert 1 <= after.training.batch < 65_536
    assert f"Batch {after.training.batch} fits." in problems[0].text


@pytest.mark.parametrize("units", [5_000, 20_000])
def test_the_estimate_is_the_least_that_the_plan_takes(units):
    """Never more than the plan's own figure, or a network that fits would be refused; and close where weights dominate."""
    project, _ = chain(("flatten", {}), ("dense", {"units": units}), ("dense", {"units": units}), ("dense", {"units": 10}))
    samples = images()
    lowered_size = 4 * 4 * inspect(project, samples).total_parameters  # value, gradient, two slots of Adam
    if lowered_size > (free_memory() or 0):
        pytest.skip("this machine has too little memory free")
    lowered = lower(project, samples)
    plan = plan_network(lowered.graph, batch=32, update=lowered.update, samples={"train": samples.count})
    assert lowered_size <= plan.nbytes <= 1.1 * lowered_size


def test_this_machine_says_how_much_is_free():
    free = free_memory()
    assert free is None or 10**7 < free < 10**15

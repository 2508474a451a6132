"""Averaged weights against torch.optim.swa_utils.AveragedModel; evaluation with them; restarts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn

from playground.engine.layout import Layout
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.engine.rule import Averaging
from tests.engine.networks import Net

SAMPLES, BATCH = 22, 4
STEPS_OF_EPOCH = 6


def machine_of(averaging: Averaging | None, accumulate: int = 1, chains: int = 2) -> Machine:
    update = UpdateRule(
        "momentum", {"rate": 0.1, "momentum": 0.9, "dampening": 0.0, "l2": 0.0}, averaging=averaging, accumulate=accumulate
    )
    graph = Net((5, 4, 2)).conv(3, act="").norm("relu").flat().dense(3).classify()
    samples = {"train": SAMPLES, "validation": 7}
    machine = Machine(plan_network(graph, batch=BATCH, update=update, samples=samples, chains=chains, observe=True))
    machine.initialise(2)
    rng = np.random.default_rng(2)
    for split, count in samples.items():
        machine.load(split, rng.normal(size=(count, 5, 4, 2)), rng.integers(0, 3, count))
    return machine


class Holder(torch.nn.Module):
    """Our parameters and statistics as torch's parameters and buffers."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        for name, view in machine.parameters().items():
            self.register_parameter(name.replace(".", "_"), torch.nn.Parameter(torch.tensor(view.astype(float))))
        for name, view in machine.statistics().items():
            self.register_buffer(name.replace(".", "_"), torch.tensor(view.astype(float)))

    def follow(self, machine: Machine) -> None:
        state = {**machine.parameters(), **machine.statistics()}
        self.load_state_dict({name.replace(".", "_"): torch.tensor(view.astype(float)) for name, view in state.items()})


def agree(machine: Machine, theirs: AveragedModel, rtol: float = 2e-5) -> None:
    expected = theirs.module.state_dict()
    assert set(machine.averages()) == {*machine.parameters(), *machine.statistics()}
    for name, view in machine.averages().items():
        np.testing.assert_allclose(view, expected[name.replace(".", "_")].numpy(), rtol=rtol, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("decay", [0.9, 0.99, 0.0])
def test_a_moving_average_as_torch(decay):
    machine = machine_of(Averaging("ema", decay))
    model = Holder(machine)
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    for _ in range(20):
        machine.run(1)
        model.follow(machine)
        theirs.update_parameters(model)
        agree(machine, theirs)
    assert machine.averaged == 20


def test_a_moving_average_that_begins_later():
    machine = machine_of(Averaging("ema", 0.9, start=2))
    machine.run(2 * STEPS_OF_EPOCH)
    assert machine.averaged == 0
    machine.run(1)
    for name, view in machine.averages().items():
        np.testing.assert_array_equal(view, {**machine.parameters(), **machine.statistics()}[name])


@pytest.mark.parametrize(("start", "every", "unit"), [(0, 1, "epochs"), (1, 2, "epochs"), (0, 1, "steps"), (1, 4, "steps")])
def test_the_mean_of_weights_as_torch(start, every, unit):
    machine = machine_of(Averaging("swa", 0.0, start, every, unit))
    model = Holder(machine)
    theirs = AveragedModel(model, multi_avg_fn=get_swa_multi_avg_fn(), use_buffers=True)
    taken = 0
    for step in range(1, 6 * STEPS_OF_EPOCH + 1):
        machine.run(1)
        epoch = -(-step // STEPS_OF_EPOCH)
        if unit == "epochs":
            due = step % STEPS_OF_EPOCH == 0 and epoch > start and (epoch - start - 1) % every == 0
        else:
            due = epoch > start and step % every == 0
        if due:
            taken += 1
            model.follow(machine)
            theirs.update_parameters(model)
        assert machine.averaged == taken
    agree(machine, theirs)


def test_epochs_end_where_steps_gather_several_batches():
    machine = machine_of(Averaging("swa", unit="epochs"), accumulate=4)
    assert [int(machine.run(1).steps and machine.averaged) for _ in range(4)] == [0, 1, 1, 2]


def test_evaluation_with_the_averaged_weights_leaves_the_state():
    machine = machine_of(Averaging("ema", 0.8))
    machine.run(15)
    before = machine.state_sha256()
    raw, averaged = machine.evaluate("validation"), machine.evaluate("validation", averaged=True)
    x = np.random.default_rng(5).normal(size=(3, 5, 4, 2)).astype(np.float32)
    seen = {name: value.copy() for name, value in machine.observe(x, averaged=True).items()}
    predicted = machine.predict(x, averaged=True)
    assert machine.state_sha256() == before
    assert raw.loss != averaged.loss
    for name, view in machine.averages().items():
        {**machine.parameters(), **machine.statistics()}[name][...] = view
    assert machine.evaluate("validation").loss == averaged.loss
    np.testing.assert_array_equal(machine.predict(x), predicted)
    np.testing.assert_array_equal(machine.observe(x)["dense5"], seen["dense5"])


def test_without_an_average_the_present_weights_are_judged():
    off, late = machine_of(None), machine_of(Averaging("ema", 0.8, start=100))
    for machine in (off, late):
        machine.run(3)
        assert machine.averaged == 0
        assert machine.evaluate("validation", averaged=True).loss == machine.evaluate("validation").loss
    assert off.layout.averages == {}
    assert "average" not in off.plan.train.kernels
    np.testing.assert_array_equal(off.parameters()["dense5.weight"], late.parameters()["dense5.weight"])


def test_threads_and_a_restart_change_no_bit():
    whole = machine_of(Averaging("swa", unit="steps", every=3))
    whole.run(20)
    other = machine_of(Averaging("swa", unit="steps", every=3))
    other.run(8, threads=2)
    kept = other.snapshot()
    other.initialise(9)
    other.restore(kept)
    other.run(12, threads=2)
    assert whole.state_sha256() == other.state_sha256()
    assert Layout.from_json(whole.layout.to_json()) == whole.layout

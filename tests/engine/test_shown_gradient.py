"""The gradient that lies in the arena after a step is that of the loss, whatever is clipped and penalised: it is what is shown of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.engine import ops
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from tests.engine.networks import Net

INPUTS, CLASSES, ROWS, STRENGTH = 6, 3, 12, 0.1
RULES = {
    "sgd": ({"rate": 0.05, "l2": 0.0}, lambda p: torch.optim.SGD(p, lr=0.05)),
    "momentum": (
        {"rate": 0.05, "momentum": 0.9, "dampening": 0.0, "l2": 0.02},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.02),
    ),
    "adam": (
        {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6, "l2": 0.0},
        lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-6),
    ),
    "adamw": (
        {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6, "decay": 0.0},
        lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-6, weight_decay=0.0),
    ),
}


def machine_of(rule: UpdateRule, batch: int = ROWS, chains: int = 1, units: int = 9) -> Machine:
    graph = Net((INPUTS,)).dense(units, "tanh").dense(CLASSES).classify()
    machine = Machine(plan_network(graph, batch=batch, update=rule, samples={"train": ROWS}, chains=chains), shuffle=False)
    machine.initialise(4)
    rng = np.random.default_rng(4)
    machine.load("train", rng.normal(size=(ROWS, INPUTS)), rng.integers(0, CLASSES, ROWS))
    return machine


def length(tensors: dict[str, np.ndarray]) -> float:
    return float(np.sqrt(sum((g.astype(float) ** 2).sum() for g in tensors.values())))


class Twin:
    """The same network in torch, in float64; steps with PyTorch's own clipping."""

    def __init__(self, machine: Machine, make) -> None:
        self.w = {name: torch.tensor(view.astype(float), requires_grad=True) for name, view in machine.parameters().items()}
        rng = np.random.default_rng(4)
        self.x = torch.tensor(rng.normal(size=(ROWS, INPUTS)).astype(np.float32).astype(float))
        self.y = torch.tensor(rng.integers(0, CLASSES, ROWS))
        self.optimizer = make(self.w.values())  # every parameter of these networks decays

    def gradients(self) -> dict[str, np.ndarray]:
        first, second = sorted({name.split(".")[0] for name in self.w})
        hidden = torch.tanh(self.x @ self.w[f"{first}.weight"] + self.w[f"{first}.bias"])
        logits = hidden @ self.w[f"{second}.weight"] + self.w[f"{second}.bias"]
        self.optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, self.y).backward()
        return {name: t.grad.numpy().copy() for name, t in self.w.items()}

    def step(self, clip: float, value: float, strength: float) -> None:
        """L2 after clipping, as the weight decay of PyTorch's optimizers, here of any optimizer."""
        if value:
            torch.nn.utils.clip_grad_value_(list(self.w.values()), value)
        if clip:
            torch.nn.utils.clip_grad_norm_(list(self.w.values()), clip)
        for t in self.w.values():
            t.grad += strength * t.detach()
        self.optimizer.step()


@pytest.mark.parametrize(("batch", "accumulate", "chains"), [(ROWS, 1, 1), (5, 3, 1), (4, 3, 2)])
@pytest.mark.parametrize("value", [0.0, 0.01])
@pytest.mark.parametrize("clip", [0.0, 0.001, 100.0])
@pytest.mark.parametrize("penalty", ["", "l2"])
@pytest.mark.parametrize("id", RULES)
def test_the_norm_is_that_of_the_gradients_that_are_there_and_both_are_torchs(
    id, penalty, clip, value, batch, accumulate, chains
):
    numbers, make = RULES[id]
    strengths = {"strength": STRENGTH} if penalty else {}
    rule = UpdateRule(id, numbers, clip, clip_value=value, accumulate=accumulate, penalty=penalty, penalty_numbers=strengths)
    machine = machine_of(rule, batch, chains)
    twin = Twin(machine, make)
    for step in range(4):
        assert machine.run(1).status == "done"
        expected, found = twin.gradients(), machine.gradients()
        for name, gradient in expected.items():
            np.testing.assert_allclose(found[name], gradient, rtol=1e-3, atol=1e-5, err_msg=name)
        assert machine.ring()[step, 2] == pytest.approx(length(found), rel=1e-5)
        assert machine.ring()[step, 2] == pytest.approx(length(expected), rel=1e-4)
        twin.step(clip, value, STRENGTH if penalty else 0.0)
    for name, view in machine.parameters().items():
        np.testing.assert_allclose(view, twin.w[name].detach().numpy(), rtol=1e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("id", [entry.id for entry in registry.entries("optimizer")])
def test_every_optimizer_leaves_the_gradient_of_the_loss(id):
    made = registry.find("optimizer", id)()
    numbers = {name: float(getattr(made, name)) for name in ("rate", *ops.update(made.update).knobs)}
    free = UpdateRule(made.update, numbers)
    bound = UpdateRule(made.update, numbers, 0.001, clip_value=0.01, penalty="l2", penalty_numbers={"strength": 0.3})
    plain, other = machine_of(free), machine_of(bound)
    plain.run(1)
    other.run(1)
    for name, gradient in plain.gradients().items():
        np.testing.assert_array_equal(other.gradients()[name], gradient, err_msg=name)
    assert plain.ring()[0, 2] == other.ring()[0, 2] == pytest.approx(length(other.gradients()), rel=1e-5)


def test_a_norm_of_many_numbers_that_several_chains_take():
    rule = UpdateRule("sgd", RULES["sgd"][0], 0.001, clip_value=0.01, penalty="l2", penalty_numbers={"strength": 0.3})
    machine = machine_of(rule, chains=2, units=2000)
    assert machine.plan.train is not None
    assert "add_squares" in machine.plan.train.kernels
    machine.run(1, threads=2)
    assert machine.ring()[0, 2] == pytest.approx(length(machine.gradients()), rel=1e-5)


def test_a_limit_that_is_set_while_it_runs_is_one_that_was_planned():
    numbers = RULES["adam"][0]
    planned, live, never = (machine_of(UpdateRule("adam", numbers, clip_value=limit)) for limit in (0.01, 0.0, 0.0))
    live.set_knob("clip_value", 0.01)
    for machine in (planned, live, never):
        machine.run(3)
    assert planned.state_sha256() == live.state_sha256() != never.state_sha256()
    for machine in (planned, live):
        machine.set_knob("clip_value", 0.0)
        machine.run(1)
    assert planned.state_sha256() == live.state_sha256()

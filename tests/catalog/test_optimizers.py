"""Optimizers in the engine against torch's: the same network, data and start, 100 steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.lowering.schedule import lowered_momentum


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. (2023), which torch does not have."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                b1, b2 = group["betas"]
                c = torch.lerp(p.grad, m, b1)
                p.sub_(group["lr"] * (torch.sign(c) + group["weight_decay"] * p))
                m.lerp_(p.grad, 1 - b2)


class Lamb(torch.optim.Optimizer):
    """Algorithm 2 of You et al. (2020), which torch does not have."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                s = self.state[p]
                s["t"] = s.get("t", 0) + 1
                m, v = s.setdefault("m", torch.zeros_like(p)), s.setdefault("v", torch.zeros_like(p))
                b1, b2 = group["betas"]
                m.lerp_(p.grad, 1 - b1)
                v.lerp_(p.grad**2, 1 - b2)
                r = m / (1 - b1 ** s["t"]) / ((v / (1 - b2 ** s["t"])).sqrt() + group["eps"]) + group["weight_decay"] * p
                ratio = p.norm() / r.norm()
                p.sub_(group["lr"] * (ratio if 0 < ratio < float("inf") else 1.0) * r)


STEPS, ROWS, INPUTS, HIDDEN, OUTPUTS = 100, 16, 5, 7, 3
CASES = [
    ("sgd", {"rate": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
    ("sgd", {"rate": 0.1, "l2": 0.02}, lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.02)),
    ("momentum", {"rate": 0.02, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)),
    ("momentum", {"rate": 0.02, "momentum": 0.5, "l2": 0.02}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.5, weight_decay=0.02)),
    ("momentum", {"rate": 0.02, "momentum": 0.9, "dampening": 0.4, "l2": 0.02},
     lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, dampening=0.4, weight_decay=0.02)),
    ("nesterov", {"rate": 0.02, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True)),
    ("nesterov", {"rate": 0.02, "l2": 0.02}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.02)),
    ("adam", {}, lambda p: torch.optim.Adam(p)),
    ("adam", {"rate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "l2": 0.02},
     lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.02)),
    ("adamw", {}, lambda p: torch.optim.AdamW(p)),
    ("adamw", {"rate": 0.01, "decay": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
    ("adagrad", {"rate": 0.05}, lambda p: torch.optim.Adagrad(p, lr=0.05)),
    ("adagrad", {"rate": 0.1, "slowing": 0.05, "l2": 0.02}, lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.05, weight_decay=0.02)),
    ("adagrad", {"rate": 0.1, "slowing": 0.02, "initial_accumulator": 0.3},
     lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.02, initial_accumulator_value=0.3)),
    ("adadelta", {}, lambda p: torch.optim.Adadelta(p)),
    ("adadelta", {"rate": 2.0, "rho": 0.8, "epsilon": 1e-4, "l2": 0.02},
     lambda p: torch.optim.Adadelta(p, lr=2.0, rho=0.8, eps=1e-4, weight_decay=0.02)),
    ("rmsprop", {"rate": 0.002}, lambda p: torch.optim.RMSprop(p, lr=0.002)),
    ("rmsprop", {"rate": 0.0003, "alpha": 0.9, "momentum": 0.7, "l2": 0.02},
     lambda p: torch.optim.RMSprop(p, lr=0.0003, alpha=0.9, momentum=0.7, weight_decay=0.02)),
    ("rmsprop", {"rate": 0.001, "centred": True, "epsilon": 1e-3},
     lambda p: torch.optim.RMSprop(p, lr=0.001, centered=True, eps=1e-3)),
    ("rmsprop", {"rate": 0.001, "centred": True, "epsilon": 1e-2, "momentum": 0.5},
     lambda p: torch.optim.RMSprop(p, lr=0.001, centered=True, eps=1e-2, momentum=0.5)),
    ("adamax", {}, lambda p: torch.optim.Adamax(p)),
    ("adamax", {"rate": 0.003, "beta1": 0.8, "beta2": 0.99, "l2": 0.02},
     lambda p: torch.optim.Adamax(p, lr=0.003, betas=(0.8, 0.99), weight_decay=0.02)),
    ("amsgrad", {}, lambda p: torch.optim.Adam(p, amsgrad=True)),
    ("amsgrad", {"rate": 0.01, "beta1": 0.8, "beta2": 0.9, "l2": 0.02},
     lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.9), weight_decay=0.02, amsgrad=True)),
    ("nadam", {}, lambda p: torch.optim.NAdam(p)),
    ("nadam", {"rate": 0.003, "beta1": 0.8, "beta2": 0.95, "slope": 0.05, "l2": 0.02},
     lambda p: torch.optim.NAdam(p, lr=0.003, betas=(0.8, 0.95), momentum_decay=0.05, weight_decay=0.02)),
    ("radam", {}, lambda p: torch.optim.RAdam(p)),
    ("radam", {"rate": 0.01, "beta1": 0.8, "beta2": 0.95, "l2": 0.02},
     lambda p: torch.optim.RAdam(p, lr=0.01, betas=(0.8, 0.95), weight_decay=0.02)),
    ("lion", {"rate": 0.001}, lambda p: Lion(p, lr=0.001)),
    ("lion", {"rate": 0.002, "beta1": 0.8, "decay": 0.1}, lambda p: Lion(p, lr=0.002, betas=(0.8, 0.99), weight_decay=0.1)),
    ("lamb", {}, lambda p: Lamb(p)),
    ("lamb", {"rate": 0.01, "beta1": 0.8, "decay": 0.1}, lambda p: Lamb(p, lr=0.01, betas=(0.8, 0.999), weight_decay=0.1)),
]  # fmt: skip


def machine_of(update: UpdateRule, chains: int | None = None) -> tuple[Machine, np.ndarray, np.ndarray]:
    """Two dense layers and squares: nothing here has a kink that rounding could cross."""
    g = GraphBuilder()
    x = g.take_input(TensorType((INPUTS,)))
    for name, units in (("first", HIDDEN), ("second", OUTPUTS)):
        layer = registry.find("layer", "dense")(units=units)
        with g.of(name, layer):
            x = layer.build(g, x)
    target = g.take_target(x.type)
    with g.of("loss", None):
        graph = g.finish(x, g.op("mean_squared_error", x, target))
    machine = Machine(plan_network(graph, batch=ROWS, update=update, samples={"train": ROWS}, chains=chains), shuffle=False)
    machine.initialise(3)
    rng = np.random.default_rng(3)
    data = rng.normal(size=(ROWS, INPUTS)).astype(np.float32), rng.normal(size=(ROWS, OUTPUTS)).astype(np.float32)
    machine.load("train", *data)
    return machine, *data


@pytest.mark.parametrize(("id", "settings", "make"), CASES)
def test_a_hundred_steps_as_torch(id, settings, make):
    optimizer = registry.find("optimizer", id)(**settings)
    numbers = {name: float(getattr(optimizer, name)) for name in optimizer.__dataclass_fields__}
    machine, x, y = machine_of(UpdateRule(optimizer.update, numbers))
    tensors = {name: torch.tensor(view.astype(np.float64), requires_grad=True) for name, view in machine.parameters().items()}
    theirs = make([{"params": [t for n, t in tensors.items() if n.endswith("weight")]}])
    theirs.add_param_group({"params": [t for n, t in tensors.items() if n.endswith("bias")], "weight_decay": 0.0})
    start = {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}
    rows, wanted = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    for _ in range(STEPS):
        theirs.zero_grad()
        hidden = rows @ tensors["first.weight"] + tensors["first.bias"]
        torch.nn.functional.mse_loss(hidden @ tensors["second.weight"] + tensors["second.bias"], wanted).backward()
        theirs.step()
    assert machine.run(STEPS).steps == STEPS
    for name, view in machine.parameters().items():
        expected = tensors[name].detach().numpy()
        scale = np.abs(expected).max()
        assert np.abs(expected - start[name]).max() > 0.01 * scale  # it did move
        # Single precision against torch in double: only rounding may show. Where steps are divided by a root it grows faster, in
        # torch's own single precision too.
        most = 1e-6 if id in ("sgd", "momentum", "nesterov") else 2.5e-6
        assert np.abs(view - expected).max() <= most * scale, name


@pytest.mark.parametrize(
    ("schedule", "update", "theirs", "steered"),
    [
        (
            ("one_cycle", {}),
            ("momentum", {"rate": 0.02, "momentum": 0.95}),
            lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.95),
            lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.02, total_steps=1000),
        ),
        (
            ("cyclic", {"up": 41, "mode": "exp_range", "shrink": 0.997}),
            ("nadam", {"rate": 0.003}),
            lambda p: torch.optim.NAdam(p, lr=0.003),
            lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.0003, 0.003, step_size_up=41, mode="exp_range", gamma=0.997),
        ),
    ],
    ids=["one_cycle", "cyclic"],
)
def test_a_thousand_steps_with_a_schedule_of_rate_and_momentum_as_torch(schedule, update, theirs, steered):
    """With the defaults of torch for the momentum."""
    optimizer = registry.find("optimizer", update[0])(**update[1])
    numbers = {name: float(getattr(optimizer, name)) for name in optimizer.__dataclass_fields__}
    machine, x, y = machine_of(UpdateRule(optimizer.update, numbers))
    tensors = {name: torch.tensor(view.astype(np.float64), requires_grad=True) for name, view in machine.parameters().items()}
    theirs = theirs(list(tensors.values()))
    steered = steered(theirs)
    rows, wanted = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    for step in range(1000):
        theirs.zero_grad()
        hidden = rows @ tensors["first.weight"] + tensors["first.bias"]
        torch.nn.functional.mse_loss(hidden @ tensors["second.weight"] + tensors["second.bias"], wanted).backward()
        theirs.step()
        if step < 999:
            steered.step()
    mine, steps = registry.find("schedule", schedule[0])(**schedule[1]), np.arange(1000)
    factors = np.stack([mine.factor(steps, 1000), *lowered_momentum(mine, steps, 1000)], axis=1)
    assert machine.run(1000, factors).steps == 1000
    for name, view in machine.parameters().items():
        expected = tensors[name].detach().numpy()
        assert np.abs(view - expected).max() <= 5e-6 * np.abs(expected).max(), name


@pytest.mark.parametrize(("id", "settings", "make"), CASES)
def test_the_formula_in_double_precision_as_torch(id, settings, make):
    optimizer = registry.find("optimizer", id)(**settings)
    numbers = {name: float(getattr(optimizer, name)) for name in optimizer.__dataclass_fields__}
    rule = ops.update(optimizer.update)
    rng = np.random.default_rng(3)
    value, goal = rng.normal(size=11), rng.normal(size=11)
    tensor = torch.tensor(value, requires_grad=True)
    theirs = make([tensor])
    slots = {slot: np.zeros_like(value) for slot in rule.slots}
    for step in range(STEPS):
        tensor.grad = torch.tensor(np.sin(value - goal) + 0.1 * rng.normal(size=11))
        rule.reference(value, tensor.grad.numpy(), slots, step, numbers)
        theirs.step()
    # torch keeps NAdam's product of momenta in single precision whatever the weights are in
    np.testing.assert_allclose(value, tensor.detach().numpy(), rtol=1e-8 if id == "nadam" else 1e-12)


def test_full_batch_descent_of_least_squares_as_in_closed_form():
    """Gradient descent is SGD with all samples in a batch: w_k = w* + (I - rate·H)^k (w_0 - w*)."""
    g = GraphBuilder()
    x = g.take_input(TensorType((INPUTS,)))
    layer = registry.find("layer", "dense")(units=1, bias=False)
    with g.of("only", layer):
        y = layer.build(g, x)
    target = g.take_target(y.type)
    with g.of("loss", None):
        graph = g.finish(y, g.op("mean_squared_error", y, target))
    machine = Machine(plan_network(graph, batch=40, update=UpdateRule("sgd", {"rate": 0.1, "l2": 0.0}), samples={"train": 40}))
    machine.initialise(1)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, INPUTS)), rng.normal(size=(40, 1))
    machine.load("train", x, y)
    x, y = x.astype(np.float32).astype(float), y.astype(np.float32).astype(float)
    start = machine.parameters()["only.weight"].astype(float)
    machine.run(STEPS)
    best = np.linalg.lstsq(x, y, rcond=None)[0]
    steps = np.linalg.matrix_power(np.eye(INPUTS) - 0.1 * 2 / 40 * x.T @ x, STEPS)
    np.testing.assert_allclose(machine.parameters()["only.weight"], best + steps @ (start - best), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("id", ["nadam", "lamb", "rmsprop"])
def test_the_same_bits_on_any_number_of_threads(id):
    optimizer = registry.find("optimizer", id)()
    numbers = {name: float(getattr(optimizer, name)) for name in optimizer.__dataclass_fields__}
    found = []
    for threads in (1, 2):
        machine, _, _ = machine_of(UpdateRule(optimizer.update, numbers), chains=3)
        machine.run(7, threads=threads)
        found.append(machine.state_sha256())
    assert found[0] == found[1]

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

STEPS, ROWS, INPUTS, HIDDEN, OUTPUTS = 100, 16, 5, 7, 3
CASES = [
    ("sgd", {"rate": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
    ("sgd", {"rate": 0.1, "l2": 0.02}, lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.02)),
    ("momentum", {"rate": 0.02, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)),
    ("momentum", {"rate": 0.02, "momentum": 0.5, "l2": 0.02}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.5, weight_decay=0.02)),
    ("nesterov", {"rate": 0.02, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True)),
    ("nesterov", {"rate": 0.02, "l2": 0.02}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.02)),
    ("adam", {}, lambda p: torch.optim.Adam(p)),
    ("adam", {"rate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "l2": 0.02},
     lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.02)),
    ("adamw", {}, lambda p: torch.optim.AdamW(p)),
    ("adamw", {"rate": 0.01, "decay": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
]  # fmt: skip


def machine_of(update: UpdateRule) -> tuple[Machine, np.ndarray, np.ndarray]:
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
    machine = Machine(plan_network(graph, batch=ROWS, update=update, samples={"train": ROWS}), shuffle=False)
    machine.initialise(3)
    rng = np.random.default_rng(3)
    data = rng.normal(size=(ROWS, INPUTS)).astype(np.float32), rng.normal(size=(ROWS, OUTPUTS)).astype(np.float32)
    machine.load("train", *data)
    return machine, *data


@pytest.mark.parametrize(("id", "settings", "make"), CASES)
def test_a_hundred_steps_as_torch(id, settings, make):
    optimizer = registry.find("optimizer", id)(**settings)
    numbers = {name: getattr(optimizer, name) for name in optimizer.__dataclass_fields__}
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
        # Single precision against torch in double: only rounding may show, and that of 100 steps comes to 1.6e-6 at most.
        assert np.abs(view - expected).max() <= 2e-6 * scale, name


@pytest.mark.parametrize(("id", "settings", "make"), CASES)
def test_the_formula_in_double_precision_as_torch(id, settings, make):
    optimizer = registry.find("optimizer", id)(**settings)
    numbers = {name: getattr(optimizer, name) for name in optimizer.__dataclass_fields__}
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
    np.testing.assert_allclose(value, tensor.detach().numpy(), rtol=1e-12)

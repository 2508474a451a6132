"""Penalties and constraints around optimizers: against torch, the formulas, and scikit-learn's lasso."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from tests.every.catalogue import examples
from tests.every.evaluate import layer_graph

ROWS, INPUTS, HIDDEN, OUTPUTS = 12, 5, 7, 3
SGD = {"rate": 0.1, "l2": 0.0}


def machine_of(update: UpdateRule, chains: int | None = None) -> Machine:
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
    for view in machine.parameters().values():
        view[...] = rng.normal(size=view.shape)
    machine.load("train", rng.normal(size=(ROWS, INPUTS)), rng.normal(size=(ROWS, OUTPUTS)))
    return machine


def numbers_of(spec) -> dict[str, float]:
    return {f.name: float(getattr(spec, f.name)) for f in dataclasses.fields(spec)}


@pytest.mark.parametrize("limit", [0.0, 0.05])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw", "lion", "lamb", "nadam"])
@pytest.mark.parametrize(("record", "settings", "shapes"), examples("penalty"))
def test_a_penalty_around_an_optimizer_as_their_formulas(record, settings, shapes, optimizer, limit):
    penalty, made = record(**settings), registry.find("optimizer", optimizer)()
    if penalty.id == "none":
        return
    numbers, strengths = numbers_of(made), numbers_of(penalty)
    rule, kept = ops.update(made.update), ops.penalty(penalty.id)
    update = UpdateRule(
        made.update, numbers, clip=0.7, clip_value=limit, penalty=penalty.id, penalty_numbers=strengths,
        decay_factors={"second": 0.5}, rate_factors={"first": 2.0},
    )  # fmt: skip
    machine = machine_of(update, chains=2)
    values = {name: view.astype(float) for name, view in machine.parameters().items()}
    slots = {name: {slot: np.zeros_like(value) for slot in rule.slots} for name, value in values.items()}
    twin = machine_of(dataclasses.replace(update, penalty="", penalty_numbers={}, clip_value=0.0), chains=2)
    for step in range(6):
        for name, view in twin.parameters().items():
            view[...] = machine.parameters()[name]
        twin.run(1)  # the gradient of the loss alone
        machine.run(1)
        for name, gradient in twin.gradients().items():
            np.testing.assert_array_equal(machine.gradients()[name], gradient, err_msg=name)
        found = {name: gradient.astype(float) for name, gradient in twin.gradients().items()}
        if limit:
            found = {name: gradient.clip(-np.float32(limit), np.float32(limit)) for name, gradient in found.items()}
        norm = np.sqrt(sum((g**2).sum() for g in found.values()))
        for name, value in values.items():
            rate = numbers["rate"] * (2.0 if name.startswith("first") else 1.0)
            factor = 0.0 if name.endswith("bias") else 0.5 if name.startswith("second") else 1.0
            scaled = {key: number * factor for key, number in strengths.items()} if penalty.id != "max_norm" else strengths
            gradient = found[name] * min(1.0, 0.7 / (norm + 1e-6))
            gradient += kept.gradient(value, scaled)
            value *= kept.shrink(scaled, rate)
            mine = {**numbers, "rate": rate}
            if rule.decay:
                mine[rule.decay] *= factor
            rule.reference(value, gradient, slots[name], step, mine)
            if factor:
                kept.reference(value, scaled, rate)
    for name, value in values.items():
        np.testing.assert_allclose(machine.parameters()[name], value, rtol=3e-5, atol=3e-6, err_msg=name)


def test_l2_as_the_weight_decay_of_torch():
    machine = machine_of(
        UpdateRule("adam", numbers_of(registry.find("optimizer", "adam")()), penalty="l2", penalty_numbers={"strength": 0.3})
    )
    tensors = {name: torch.tensor(view.astype(float), requires_grad=True) for name, view in machine.parameters().items()}
    theirs = torch.optim.Adam([t for n, t in tensors.items() if n.endswith("weight")], weight_decay=0.3)
    theirs.add_param_group({"params": [t for n, t in tensors.items() if n.endswith("bias")], "weight_decay": 0.0})
    at_x, at_y, _ = machine.layout.windows["train"]
    x = torch.tensor(machine.F[at_x : at_x + ROWS * INPUTS].reshape(ROWS, INPUTS).astype(float))
    y = torch.tensor(machine.F[at_y : at_y + ROWS * OUTPUTS].reshape(ROWS, OUTPUTS).astype(float))
    for _ in range(30):
        theirs.zero_grad()
        hidden = x @ tensors["first.weight"] + tensors["first.bias"]
        torch.nn.functional.mse_loss(hidden @ tensors["second.weight"] + tensors["second.bias"], y).backward()
        theirs.step()
    machine.run(30)
    for name, view in machine.parameters().items():
        np.testing.assert_allclose(view, tensors[name].detach().numpy(), rtol=1e-5, atol=1e-6)


def test_adam_with_decoupled_decay_is_adamw():
    adamw = numbers_of(registry.find("optimizer", "adamw")())
    adam = {key: value for key, value in adamw.items() if key != "decay"} | {"l2": 0.0}
    one = machine_of(UpdateRule("adamw", {**adamw, "decay": 0.2}))
    other = machine_of(UpdateRule("adam", adam, penalty="decoupled", penalty_numbers={"strength": 0.2}))
    for machine in (one, other):
        machine.run(50)
    for name, view in one.parameters().items():
        np.testing.assert_allclose(other.parameters()[name], view, rtol=2e-6, atol=1e-6)


def linear(x: np.ndarray, y: np.ndarray, **rule) -> Machine:
    """Full-batch descent of a linear regression."""
    g = GraphBuilder()
    value = g.take_input(TensorType((x.shape[1],)))
    layer = registry.find("layer", "dense")(units=1)
    with g.of("only", layer):
        value = layer.build(g, value)
    target = g.take_target(value.type)
    with g.of("loss", None):
        graph = g.finish(value, g.op("mean_squared_error", value, target))
    machine = Machine(plan_network(graph, batch=len(x), update=UpdateRule("sgd", **rule), samples={"train": len(x)}))
    machine.initialise(0)
    machine.load("train", x, y)
    return machine


@pytest.mark.parametrize("alpha", [0.3, 1.0, 10.0])
def test_the_lasso_reaches_the_support_of_scikit_learn(alpha):
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import Lasso

    x, y = load_diabetes(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    expected = Lasso(alpha=alpha, tol=1e-12, max_iter=1_000_000).fit(x, y).coef_
    # scikit-learn halves the squared error; the engine's loss does not, so its strength is twice alpha
    machine = linear(x, y[:, None], numbers={"rate": 0.1, "l2": 0.0}, penalty="l1", penalty_numbers={"strength": 2 * alpha})
    machine.run(20_000)
    found = machine.parameters()["only.weight"][:, 0]
    assert ((found != 0.0) == (expected != 0.0)).all()
    assert 0 < np.count_nonzero(expected) < len(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-2)


def test_the_elastic_net_as_scikit_learn():
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import ElasticNet

    x, y = load_diabetes(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    expected = ElasticNet(alpha=2.0, l1_ratio=0.7, tol=1e-12, max_iter=1_000_000).fit(x, y).coef_
    strengths = {"l1": 2 * 2.0 * 0.7, "l2": 2 * 2.0 * 0.3}
    machine = linear(x, y[:, None], numbers={"rate": 0.1, "l2": 0.0}, penalty="elastic_net", penalty_numbers=strengths)
    machine.run(3000)
    found = machine.parameters()["only.weight"][:, 0]
    assert ((found != 0.0) == (expected != 0.0)).all()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_max_norm_bounds_every_unit_and_leaves_the_short_ones():
    machine = machine_of(UpdateRule("sgd", {"rate": 0.0, "l2": 0.0}, penalty="max_norm", penalty_numbers={"limit": 2.0}))
    before = machine.parameters()["first.weight"].astype(float)
    machine.run(1)
    after = machine.parameters()["first.weight"]
    lengths = np.linalg.norm(before, axis=0)
    assert (lengths < 2).any()
    assert (lengths > 2).any()
    np.testing.assert_allclose(np.linalg.norm(after, axis=0), np.minimum(lengths, 2.0), rtol=1e-6)
    np.testing.assert_array_equal(after[:, lengths < 2], before[:, lengths < 2].astype(np.float32))


@pytest.mark.parametrize(
    ("id", "settings", "shape"),
    [
        ("conv_transpose2d", {"filters": 6, "kernel": (3, 2), "groups": 2}, (4, 3, 34)),
        ("conv_transpose2d", {"filters": 5, "kernel": (2, 2), "groups": 5}, (3, 3, 5)),
        ("conv_transpose1d", {"filters": 1, "kernel": 5}, (4, 3)),
        ("conv2d", {"filters": 6, "kernel": (3, 2), "groups": 2}, (4, 3, 8)),
        ("embedding", {"vocabulary": 9, "units": 5}, (4,)),
        ("lstm", {"units": 3}, (4, 5)),
    ],
)
def test_max_norm_bounds_what_feeds_a_unit_as_keras_does(id, settings, shape):
    """Keras: norms over all axes of a layer's weights but that of its units; torch keeps a transposed filter on its second axis."""
    layer = registry.find("layer", id)(**settings)
    rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0}, penalty="max_norm", penalty_numbers={"limit": 1.5})
    graph = layer_graph(layer, (shape,))
    machine = Machine(plan_network(graph, batch=2, update=rule, samples={"train": 2}, chains=2), shuffle=False)
    machine.initialise(3)
    rng = np.random.default_rng(3)
    for view in machine.parameters().values():
        units = (view.shape[-2], 1) if id.startswith("conv_transpose") and view.ndim > 1 else (view.shape[-1],)
        view[...] = rng.normal(size=view.shape) * np.resize([0.05, 1.0], units)
    machine.load(
        "train", np.zeros((2, *graph.values[graph.input].type.shape)), np.zeros((2, *graph.values[graph.target].type.shape))
    )
    before = {name: torch.tensor(view.astype(float)) for name, view in machine.parameters().items() if name.startswith("node.")}
    machine.run(1)
    for name, weight in before.items():
        if weight.ndim < 2:
            expected = weight
        elif id.startswith("conv_transpose"):
            # renorm bounds each slice of an axis by itself, like Keras over all other axes
            parts = [torch.renorm(part, 2, weight.ndim - 2, 1.5) for part in weight.chunk(getattr(layer, "groups", 1), -1)]
            expected = torch.cat(parts, -1)
        else:
            expected = torch.renorm(weight, 2, weight.ndim - 1, 1.5)
        assert weight.ndim < 2 or weight.shape[-2] == 1 or 0.0 < float((expected == weight).double().mean()) < 1.0
        np.testing.assert_allclose(machine.parameters()[name], expected, rtol=1e-5, atol=1e-6)

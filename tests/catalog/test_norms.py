"""Normalisations in training against torch: gradients, masks of steps, running statistics, extreme values, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # torch's own usage

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.errors import ShapeError
from playground.formats import onnx_file
from tests.catalog.test_layers import ORACLES
from tests.every.evaluate import layer_graph, loss_of
from tests.every.test_layers import copies, directions, machine_of, slope
from tests.formats.models import model_of

CASES = [
    ("layer_norm", {}, (9, 37)),
    ("layer_norm", {"axes": 2, "bias": False}, (3, 5, 7)),
    ("layer_norm", {"affine": False}, (130,)),
    ("rms_norm", {"epsilon": 1e-5}, (6, 50)),
    ("group_norm", {"groups": 3}, (4, 5, 18)),
    ("group_norm", {"groups": 2, "affine": False}, (7, 34)),
    ("instance_norm", {"affine": True}, (5, 3, 19)),
]


def made(id: str, **settings):
    return registry.find("layer", id)(**settings)


@pytest.mark.parametrize("chains", [1, 3])
@pytest.mark.parametrize(("id", "settings", "shape"), CASES)
def test_gradients_as_torch(id, settings, shape, chains):
    layer = made(id, **settings)
    graph = layer_graph(layer, (shape,))
    machine, x, y = machine_of(graph, 7, 7, chains)
    for name, view in machine.parameters().items():
        if name.startswith("node"):
            view += 0.3 * np.random.default_rng(1).normal(size=view.shape).astype(np.float32)
    tensors = {n: torch.tensor(v.astype(np.float64), requires_grad=True) for n, v in machine.parameters().items()}
    assert machine.run(1).status == "done"
    spread = (torch.tensor(x.astype(np.float64)) @ tensors["spread0.weight"]).reshape(-1, *shape)
    own = {name.rpartition(".")[2]: tensor for name, tensor in tensors.items() if name.startswith("node.")}
    loss = F.mse_loss(ORACLES[id](layer, own, spread), torch.tensor(y.astype(np.float64)))
    loss.backward()
    assert machine.ring()[0, 0] == pytest.approx(loss.item(), rel=1e-5)
    for name, gradient in machine.gradients().items():
        wanted = tensors[name].grad.numpy()
        np.testing.assert_allclose(gradient, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max(), err_msg=name)


@pytest.mark.parametrize("shape", [(6,), (3, 5, 6), (5, 6)])
def test_batch_norm_trains_and_evaluates_as_torch(shape):
    graph = layer_graph(made("batch_norm", momentum=0.3), (shape,))
    machine, x, _ = machine_of(graph, 4, 4, 2)
    norm = torch.nn.BatchNorm1d(6, momentum=0.3).double()
    for _ in range(3):
        weight = machine.parameters()["spread0.weight"].astype(np.float64)
        with torch.no_grad():
            norm(torch.tensor(x.astype(np.float64) @ weight).reshape(-1, 6))
        machine.run(1)
    found = machine.statistics()
    np.testing.assert_allclose(found["node.running_mean"], norm.running_mean.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["node.running_variance"], norm.running_var.numpy(), rtol=1e-5)


TOKENS, STEPS, WIDTH, PADDING = 6, 5, 4, 2


def masked_graph(layer, width: int = WIDTH) -> Graph:
    """Rows for tokens, one of which counts as padding although its row is not zero; then the layer."""
    g = GraphBuilder()
    x = g.take_input(TensorType((STEPS,), tokens=TOKENS))
    with g.of("rows", None):
        start = registry.find("initializer", "normal")(deviation=1.0)
        rows = g.parameter("weight", (TOKENS, width), start, fan_in=TOKENS, fan_out=width)
        h = g.masked(g.op("embedding", x, rows), g.op("token_mask", x, padding=PADDING))
    with g.of("node", layer):
        y = layer.build(g, h)
    assert y.mask is not None
    target = g.take_target(y.type)
    with g.of("loss", None):
        return g.finish(y, g.op("mean_squared_error", y, target))


MASKED = [("batch_norm", {}), ("group_norm", {"groups": 2}), ("instance_norm", {}), ("layer_norm", {}), ("rms_norm", {})]


@pytest.mark.parametrize("chains", [1, 2])
@pytest.mark.parametrize(("id", "settings"), MASKED)
def test_a_masked_gradient_by_central_differences(id, settings, chains):
    graph = masked_graph(made(id, **settings))
    machine, x, y = machine_of(graph, 5, 5, chains)
    assert (x == PADDING).any()
    tensors = {**copies(machine.parameters()), **copies(machine.statistics())}
    assert machine.run(1).status == "done"
    assert machine.ring()[0, 0] == pytest.approx(loss_of(graph, x, y, tensors), rel=1e-5)
    rng = np.random.default_rng(3)
    for name, gradient in machine.gradients().items():
        for direction in directions(rng, gradient.shape):
            wanted = slope(graph, x, y, tensors, name, direction)
            length = float(np.abs(gradient.astype(np.float64) * direction).sum())
            assert float((gradient * direction).sum()) == pytest.approx(wanted, rel=1e-3, abs=1e-4 * length + 1e-6), name


@pytest.mark.parametrize(("id", "settings"), MASKED[:3])
def test_padding_influences_nothing_that_is_there(id, settings):
    graph = masked_graph(made(id, **settings))
    found = []
    for noise in (0.0, 100.0):
        machine, x, _ = machine_of(graph, 5, 5, 2)
        machine.parameters()["rows.weight"][PADDING] += noise
        machine.run(1)
        assert not machine.gradients()["rows.weight"][PADDING].any()
        found.append([machine.ring()[0, 0], *(v.copy() for v in machine.statistics().values()), machine.predict(x)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not found[0][-1][x == PADDING].any()


def test_masked_statistics_are_those_of_the_steps_that_are_there():
    machine, x, _ = machine_of(masked_graph(made("batch_norm", momentum=1.0)), 5, 5, 2)
    there = machine.parameters()["rows.weight"].astype(np.float64)[x[x != PADDING].astype(int)]
    machine.run(1)
    found = machine.statistics()
    np.testing.assert_allclose(found["node.running_mean"], there.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["node.running_variance"], there.var(axis=0, ddof=1), rtol=1e-5)


@pytest.mark.parametrize(("id", "settings"), MASKED)
def test_a_batch_of_nothing_but_padding(id, settings):
    machine, x, y = machine_of(masked_graph(made(id, **settings)), 5, 5, 2)
    machine.load("train", np.full_like(x, PADDING), y)
    before = {name: view.copy() for name, view in machine.statistics().items()}
    assert machine.run(2).status == "done"
    for name, view in machine.statistics().items():
        np.testing.assert_array_equal(view, before[name])


@pytest.mark.parametrize(("id", "settings"), MASKED)
def test_a_masked_network_in_onnx(id, settings, tmp_path):
    certificate = onnx_file.write(model_of(masked_graph(made(id, **settings))), tmp_path / "net.onnx")
    assert certificate.error <= certificate.allowed


@pytest.mark.parametrize("id", ["layer_norm", "group_norm", "instance_norm", "batch_norm"])
def test_large_means_and_constant_rows(id):
    """A spread of 1 around 10,000 keeps its digits; where nothing varies the result is the shift, not a division by zero."""
    graph = layer_graph(made(id), ((6, 8),))
    machine, x, _ = machine_of(graph, 5, 5)
    weight = machine.parameters()["spread0.weight"]
    rng = np.random.default_rng(0)
    x[:] = 0.0
    x[:, 0], x[:, 1] = 1.0, rng.normal(size=5)
    weight[0], weight[1] = 10_000.0 + rng.normal(size=48), rng.normal(size=48)
    rows = (x.astype(np.float64) @ weight.astype(np.float64)).reshape(5, 6, 8)
    axes = {"layer_norm": (2,), "instance_norm": (1,), "group_norm": (1, 2)}.get(id)
    if axes is not None:
        off = rows - rows.mean(axis=axes, keepdims=True)
        wanted = off / np.sqrt(rows.var(axis=axes, keepdims=True) + 1e-5)
        np.testing.assert_allclose(machine.predict(x), wanted, atol=5e-3)
    weight[:] = 0.0
    weight[0] = 3.0
    assert not machine.predict(x * 0).any()
    machine.load("train", np.ones_like(x), np.zeros((5, 6, 8)))
    assert machine.run(2).status == "done"
    assert machine.ring()[0, 0] == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize(
    ("id", "settings", "shape", "says", "mend"),
    [
        ("layer_norm", {"axes": 3}, (4, 5), "normalises 3 axes", "set axes 2"),
        ("rms_norm", {"axes": 2}, (4,), "normalises 2 axes", "set axes 1"),
        ("layer_norm", {}, (), "at least one axis", "insert flatten"),
        ("group_norm", {"groups": 4}, (3, 3, 6), "4 equal groups", "set groups 3"),
        ("group_norm", {"groups": 6}, (6,), "more than one number", "set groups 1"),
        ("instance_norm", {}, (6,), "several positions", "image"),
        ("instance_norm", {}, (1, 1, 6), "more than one position", ""),
        ("positional_encoding", {}, (6,), "a sequence", "sequence"),
    ],
)
def test_what_does_not_fit_is_refused(id, settings, shape, says, mend):
    g = GraphBuilder()
    with pytest.raises(ShapeError, match=says) as refusal:
        made(id, **settings).build(g, g.take_input(TensorType(shape)))
    assert refusal.value.mend == mend


def test_padding_and_time_are_not_normalised_together():
    with pytest.raises(ShapeError, match="padding") as refusal:
        masked_graph(made("layer_norm", axes=2))
    assert refusal.value.mend == "set axes 1"


def test_batch_norm_of_features_asks_for_two_samples():
    assert made("batch_norm").least_batch((TensorType((5,)),)) == 2
    assert made("batch_norm").least_batch((TensorType((4, 5)),)) == 1

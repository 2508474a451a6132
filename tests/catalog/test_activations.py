"""Activations in the engine against torch: ordinary, extreme and odd numbers, NaN, learned slopes; what counts as saturated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # torch's own usage

from playground.core import registry
from playground.core.spec import Layer
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.kernel import kernel
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.engine.vocabulary import erf, load, log1p, normal_cdf, store, vabs
from playground.formats import onnx_file
from playground.training.saturation import Saturation, saturations
from tests.catalog.through import STILL, against_torch, run
from tests.engine.bench import Bench
from tests.formats.models import model_of

ORACLES = {
    "gelu": lambda layer, p, x: F.gelu(x, approximate="tanh" if layer.form == "tanh" else "none"),
    "hard_sigmoid": lambda layer, p, x: F.hardsigmoid(x),
    "hardswish": lambda layer, p, x: F.hardswish(x),
    "log_softmax": lambda layer, p, x: F.log_softmax(x, axis_of(layer)),
    "maxout": lambda layer, p, x: pieces_of(layer, F.linear(x, p["weight"].T, p.get("bias"))).amax(-2),
    "prelu": lambda layer, p, x: torch.where(x < 0, x * p["slope"], x),
    "silu": lambda layer, p, x: F.silu(x),
    "softplus": lambda layer, p, x: F.softplus(x, layer.beta, threshold=40),
}


def axis_of(layer) -> int:
    """The layer's axis, of samples with the batch in front."""
    return layer.axis if layer.axis < 0 else layer.axis + 1


def pieces_of(layer, sums: torch.Tensor) -> torch.Tensor:
    return sums.reshape(*sums.shape[:-1], layer.pieces, layer.units)


def layer_of(id: str, **settings) -> Layer:
    return registry.find("layer", id)(**settings)


ELEMENTWISE = [
    ("gelu", {}), ("gelu", {"form": "tanh"}), ("silu", {}), ("softplus", {}), ("softplus", {"beta": 0.3}), ("softplus", {"beta": 20.0}),
    ("hard_sigmoid", {}), ("hardswish", {}), ("sigmoid", {}), ("tanh", {}), ("relu", {}), ("leaky_relu", {}), ("elu", {"alpha": 0.7}),
]  # fmt: skip
TORCH = {
    **{id: ORACLES[id] for id in ("gelu", "silu", "softplus", "hard_sigmoid", "hardswish")},
    "sigmoid": lambda layer, p, x: torch.sigmoid(x),
    "tanh": lambda layer, p, x: torch.tanh(x),
    "relu": lambda layer, p, x: F.relu(x),
    "leaky_relu": lambda layer, p, x: F.leaky_relu(x, layer.slope),
    "elu": lambda layer, p, x: F.elu(x, layer.alpha),
}


@pytest.mark.parametrize(("id", "settings"), ELEMENTWISE)
@pytest.mark.parametrize("shape", [(1,), (17,), (1001,), (5, 3), (3, 5, 7)])
def test_elementwise_as_torch(id, settings, shape):
    layer = layer_of(id, **settings)
    x = np.random.default_rng(len(shape)).normal(size=shape, scale=3).astype(np.float32)
    against_torch(layer, lambda x: TORCH[id](layer, {}, x), [x], atol=2e-6)


@pytest.mark.parametrize(("id", "settings"), ELEMENTWISE)
def test_extremes_as_torch(id, settings):
    layer = layer_of(id, **settings)
    sizes = [1e-30, 1e-6, 1e-3, 0.5, 1.0, 2.9999, 3.0001, 5.0, 12.0, 20.0, 50.0, 87.0, 89.0, 200.0, 1e4]
    x = np.array([0.125, *sizes, *(-each for each in sizes)], np.float32)
    ran = against_torch(layer, lambda x: TORCH[id](layer, {}, x), [x], atol=2e-6)
    assert np.isfinite(ran.y).all()


@pytest.mark.parametrize(("id", "settings"), [*ELEMENTWISE, ("prelu", {}), ("log_softmax", {}), ("softmax", {})])
def test_nan_stays_nan(id, settings):
    """A fault must not be hidden by an activation; with a NaN in it a step changes nothing and is reported."""
    g, layer = GraphBuilder(), layer_of(id, **settings)
    x = g.take_input(TensorType((19,)))
    with g.of("node", layer):
        y = layer.build(g, x)
    with g.of("loss", None):
        graph = g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))
    machine = Machine(plan_network(graph, batch=1, update=STILL, samples={"train": 1}))
    machine.initialise(0)
    data = np.linspace(-2, 2, 19, dtype=np.float32)
    data[7] = np.nan
    assert np.isnan(machine.predict(data[None])[0, 7])


@pytest.mark.parametrize("id", ["softmax", "log_softmax"])
@pytest.mark.parametrize("classes", [1, 2, 3, 5, 15, 16, 17, 33, 100])
def test_softmax_as_torch(id, classes):
    layer, rng = layer_of(id), np.random.default_rng(classes)
    function = {"softmax": F.softmax, "log_softmax": F.log_softmax}[id]
    for shape in ((classes,), (1, classes), (17, classes), (3, 7, classes)):
        x = rng.normal(size=shape, scale=4).astype(np.float32)
        against_torch(layer, lambda x: function(x, -1), [x], atol=2e-6)


@pytest.mark.parametrize("id", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(1,), (7,), (1, 1, 1), (5, 3), (1, 19), (19, 1), (3, 5, 17), (2, 3, 2, 5)])
def test_softmax_along_every_axis_as_torch(id, shape):
    function, rng = {"softmax": F.softmax, "log_softmax": F.log_softmax}[id], np.random.default_rng(len(shape))
    x = rng.normal(size=shape, scale=4).astype(np.float32)
    x[..., -1] += 1e4
    for axis in range(-len(shape), len(shape)):
        ran = against_torch(layer_of(id, axis=axis), lambda x, axis=axis: function(x, axis), [x], atol=2e-6)
        assert np.isfinite(ran.y).all()


def test_shares_along_another_axis_are_no_distributions_for_a_loss():
    assert [layer_of("softmax", axis=axis).gives_of(2) for axis in (-1, 1, 0, -2)] == ["probabilities", "probabilities", "", ""]
    assert layer_of("log_softmax", axis=0).gives_of(1) == "log_probabilities"


@pytest.mark.parametrize("id", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 2, 17)])
def test_softmax_over_masked_steps_leaves_the_absent_ones_out(id, shape, tmp_path):
    """Samples are masks, from which dense weights make what is shared out; ONNX and the formula agree with torch on present steps."""
    g = GraphBuilder()
    mask = g.take_input(TensorType((6,)))
    normal = registry.find("initializer", "normal")(deviation=2.0)
    with g.of("in", None):
        bias = g.parameter("b", (math.prod(shape),), normal, fan_in=1, fan_out=1)
        weight = g.parameter("w", (6, math.prod(shape)), normal, fan_in=1, fan_out=1)
        x = g.masked(g.op("reshape", g.op("dense", mask, weight, bias), shape=shape), mask)
    with g.of("node", layer_of(id, axis=0)):
        y = layer_of(id, axis=0).build(g, x)
    assert y.mask is mask
    graph = g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))
    marks = np.array([[1, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1], [0] * 6, [1] * 6], np.float32)
    machine = Machine(plan_network(graph, batch=4, update=STILL, samples={"train": 4}, chains=2), shuffle=False)
    machine.initialise(2)
    target = np.random.default_rng(0).normal(size=(4, *shape)).astype(np.float32)
    machine.load("train", marks, target)
    w, b = (torch.tensor(machine.parameters()[f"in.{name}"].astype(np.float64), requires_grad=True) for name in "wb")
    there = torch.tensor(marks).bool().reshape(4, 6, *(1,) * (len(shape) - 1)).expand(4, *shape)
    x = (torch.tensor(marks).double() @ w + b).reshape(4, *shape).masked_fill(~there, -1e30)
    shares = (F.softmax if id == "softmax" else F.log_softmax)(x, 1)
    expected = torch.where(there, shares, 0.0)
    np.testing.assert_allclose(machine.predict(marks), expected.detach(), rtol=1e-5, atol=2e-6)
    F.mse_loss(expected, torch.tensor(target).double()).backward()
    machine.run(1)
    for name, tensor in (("in.w", w), ("in.b", b)):
        np.testing.assert_allclose(machine.gradients()[name], tensor.grad, rtol=1e-4, atol=1e-6)
    certificate = onnx_file.write(model_of(graph), tmp_path / "net.onnx")
    assert certificate.error <= certificate.allowed


@pytest.mark.parametrize("id", ["softmax", "log_softmax"])
@pytest.mark.parametrize("classes", [3, 19])
def test_softmax_of_extremes_as_torch(id, classes):
    layer = layer_of(id)
    function = {"softmax": F.softmax, "log_softmax": F.log_softmax}[id]
    x = np.zeros((6, classes), np.float32)
    x[0, 0], x[1], x[2], x[3, 1], x[4, 2] = 1e4, 1e4, -1e4, -1e4, 89.0
    x[5] = np.linspace(-1e4, 1e4, classes)
    ran = against_torch(layer, lambda x: function(x, -1), [x], atol=2e-6)
    assert np.isfinite(ran.y).all()
    shares = ran.y if id == "softmax" else np.exp(ran.y)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("shape", [(1,), (5,), (16,), (37,), (4, 3), (3, 5, 7), (2, 3, 16), (2, 9, 1)])
@pytest.mark.parametrize("slopes", ["one", "channel"])
def test_prelu_as_torch(shape, slopes):
    n = 1 if slopes == "one" else shape[-1]
    rng = np.random.default_rng(n)
    x, slope = rng.normal(size=shape).astype(np.float32), rng.normal(size=n).astype(np.float32)  # slopes of either sign
    layer = layer_of("prelu", slopes=slopes)
    against_torch(layer, lambda x, slope: F.prelu(x.reshape(-1, shape[-1]), slope).reshape(x.shape), [x], {"slope": slope})


def test_prelu_starts_at_a_quarter_as_in_torch():
    layer = layer_of("prelu")
    x = np.array([-2.0, 3.0])
    np.testing.assert_array_equal(layer.curve(x), F.prelu(torch.tensor(x), torch.nn.PReLU().weight.double()).detach().numpy())


@pytest.mark.parametrize(("units", "pieces"), [(1, 2), (3, 5), (16, 2), (17, 3)])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_maxout_as_torch(units, pieces, shape):
    layer, rng = layer_of("maxout", units=units, pieces=pieces), np.random.default_rng(units)
    tensors = {
        "weight": rng.normal(size=(4, units * pieces)).astype(np.float32),
        "bias": rng.normal(size=units * pieces).astype(np.float32),
    }
    x = rng.normal(size=shape).astype(np.float32)

    def function(x, weight, bias):
        return pieces_of(layer, F.linear(x, weight.T, bias)).max(-2).values

    against_torch(layer, function, [x], tensors, atol=1e-5)


def test_of_equal_pieces_only_the_first_learns():
    layer = layer_of("maxout", units=2, pieces=3)
    weight = np.tile(np.array([[1.0, -1.0]], np.float32), (1, 3))
    ran = run(layer, [np.ones(1, np.float32)], {"weight": weight, "bias": np.zeros(6, np.float32)})
    assert (ran.parameters["bias"][:2] != 0).all()
    assert (ran.parameters["bias"][2:] == 0).all()


def test_maxout_is_an_absolute_value_with_two_pieces():
    x = np.linspace(-3, 3, 13, dtype=np.float32)[:, None]
    weight = np.array([[1.0, -1.0]], np.float32)
    ran = run(layer_of("maxout", units=1, pieces=2), [x], {"weight": weight, "bias": np.zeros(2, np.float32)})
    np.testing.assert_array_equal(ran.y, np.abs(x))


@pytest.mark.parametrize("id", ["relu", "sigmoid", "tanh", "hard_sigmoid", "elu", "softplus"])
def test_saturated_is_where_the_curve_is_flat(id):
    layer = layer_of(id)
    x = np.linspace(-8, 8, 4001)
    y, h = layer.curve(x), 1e-4
    slopes = (layer.curve(x + h) - layer.curve(x - h)) / (2 * h)
    mask = layer.saturated(y)
    assert mask.shape == y.shape
    assert mask.dtype == bool
    assert np.abs(slopes[mask & (np.abs(x) > 1e-3) & (np.abs(np.abs(x) - 3) > 1e-3)]).max() < 0.021
    assert slopes[~mask & (np.abs(np.abs(x) - 3) > 1e-3)].min() > 0.009
    assert 0 < mask.mean() < 1


def test_a_hard_swish_is_stuck_below_minus_3():
    x = np.array([-9.0, -3.0, -2.9, -1.5, 0.4, 7.0])
    layer = layer_of("hardswish")
    np.testing.assert_array_equal(layer.saturated(layer.curve(x)), x <= -3)


def test_layers_that_always_pass_a_gradient_have_nothing_saturated():
    for id in ("leaky_relu", "prelu", "log_softmax", "dense"):
        assert layer_of(id).saturated(np.zeros(3), np.zeros(3)) is None


@pytest.mark.parametrize(("id", "settings"), [("gelu", {}), ("gelu", {"form": "tanh"}), ("silu", {})])
def test_a_curve_that_turns_back_is_judged_by_what_it_read(id, settings):
    """Outputs near 0 come from two places; far below zero the slope stays within 0.01 of zero, at the lowest point it only crosses it."""
    layer, h = layer_of(id, **settings), 1e-4
    x = np.linspace(-12, 12, 24_001)
    y = layer.curve(x)
    assert layer.saturated(y) is None
    slopes = (layer.curve(x + h) - layer.curve(x - h)) / (2 * h)
    wanted = (np.abs(slopes) < 0.01) & (x < x[y.argmin()] - 0.5)
    mask = layer.saturated(y, x)
    assert (mask != wanted).sum() <= 1  # the threshold falls between two of these numbers
    assert 0.2 < mask.mean() < 0.4


@pytest.mark.parametrize("shape", [(200, 1), (300, 5), (40, 7, 12)])
def test_a_softmax_saturates_where_all_its_slopes_vanish(shape):
    """Against the matrix of slopes, diag(p) - p·pᵀ, of every place."""
    rng = np.random.default_rng(shape[-1])
    x = rng.normal(size=shape) * rng.uniform(0.5, 12, (*shape[:-1], 1))
    y = np.exp(x - x.max(-1, keepdims=True))
    y /= y.sum(-1, keepdims=True)
    slopes = y[..., None] * np.eye(shape[-1]) - y[..., None] * y[..., None, :]
    wanted = np.abs(slopes).max(axis=(-2, -1)) < 0.99 * 0.01
    mask = layer_of("softmax").saturated(y)
    assert mask.shape == shape[:-1]
    np.testing.assert_array_equal(mask, wanted)
    (found,) = saturations({"soft": layer_of("softmax")}, {"soft": y}).values()
    assert found.share == wanted.mean()
    assert math.isnan(found.dead)
    assert shape[-1] == 1 or 0.1 < found.share < 0.9


@kernel
def special_words_test(F, R, w, k):
    """words: x n out: one row of outputs for each word."""
    for j in range(0, w[1], 16):
        v, r, o = load(F, w[0] + j, w[1] - j), w[1] - j, w[2] + j
        store(F, o, r, erf(v))
        store(F, o + w[1], r, normal_cdf(v))
        store(F, o + 2 * w[1], r, log1p(vabs(v)))


def test_accuracy_of_erf_normal_cdf_and_log1p():
    x = np.concatenate([np.linspace(-12, 12, 3001), np.logspace(-12, 1, 500), [0.0, 1e4, -1e4]]).astype(np.float32)
    bench = Bench(x=x.shape, y=(3, len(x)))
    bench["x"] = x
    bench.run([("special_words_test", bench.at("x"), len(x), bench.at("y"))])
    v = x.astype(np.float64)
    np.testing.assert_allclose(bench["y"][0], [math.erf(each) for each in v], rtol=8e-7, atol=0)
    np.testing.assert_allclose(bench["y"][1], [0.5 * math.erfc(-each * math.sqrt(0.5)) for each in v], rtol=2e-5, atol=1e-30)
    np.testing.assert_allclose(bench["y"][2], np.log1p(np.abs(v)), rtol=4e-7, atol=0)


def test_shares_of_saturated_outputs_and_of_dead_units():
    """A unit that is stuck for some samples alone is not dead; one that is stuck for all is."""
    layers = {name: layer_of(name) for name in ("relu", "sigmoid", "gelu")}
    y = np.array([[[0.0, 2.0, 0.0], [0.0, 1.0, 3.0]], [[0.0, 0.5, 0.0], [0.0, 0.0, 0.2]]])
    found = saturations(
        layers, {"relu": y, "sigmoid": np.array([[0.001, 0.5], [0.999, 0.4], [0.995, 0.02]]), "gelu": y, "other": y}
    )
    assert set(found) == {"relu", "sigmoid"}, "what a GELU read is not known"
    assert saturations({"gelu": layers["gelu"]}, {"gelu": y}, inputs={"gelu": y - 5.0})["gelu"] == Saturation(10 / 12, 1 / 3)
    assert found["relu"] == Saturation(share=7 / 12, dead=1 / 3)
    assert found["sigmoid"] == Saturation(share=0.5, dead=0.5)
    assert saturations(layers, {"relu": np.zeros((0, 3))}) == {}


def test_a_network_with_dead_units_shows_them():
    """What `observe` gives of a run goes straight into the shares."""
    g, dense, relu = GraphBuilder(), layer_of("dense", units=4), layer_of("relu")
    x = g.take_input(TensorType((3,)))
    with g.of("dense", dense):
        y = dense.build(g, x)
    with g.of("relu", relu):
        y = relu.build(g, y)
    machine = Machine(plan_network(g.finish(y), batch=8, update=None, samples={}, observe=True))
    machine.initialise(0)
    machine.parameters()["dense.bias"][:] = [0.0, -100.0, 100.0, -100.0]
    outputs = machine.observe(np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32))
    found = saturations({"dense": dense, "relu": relu}, outputs)
    assert set(found) == {"relu"}
    assert found["relu"].dead == 0.5
    assert 0.5 <= found["relu"].share < 0.75

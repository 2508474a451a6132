"""Start values: their moments and bounds against torch.nn.init on the same shapes, over many draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.core.filters import InGroups
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from tests.catalog.through import run

FAN_IN, FAN_OUT = 400, 300
init = torch.nn.init
CASES = [
    ("zeros", {}, init.zeros_),
    ("constant", {"value": 0.7}, lambda w: init.constant_(w, 0.7)),
    ("uniform", {}, lambda w: init.uniform_(w, -0.07, 0.07)),
    ("uniform", {"low": 0.5, "high": 2.0}, lambda w: init.uniform_(w, 0.5, 2.0)),
    ("normal", {}, lambda w: init.normal_(w, 0.0, 0.01)),
    ("normal", {"mean": 1.0, "deviation": 0.3}, lambda w: init.normal_(w, 1.0, 0.3)),
    ("xavier_uniform", {}, init.xavier_uniform_),
    ("xavier_uniform", {"gain": 5 / 3}, lambda w: init.xavier_uniform_(w, gain=init.calculate_gain("tanh"))),
    ("xavier_normal", {}, init.xavier_normal_),
    ("he_uniform", {}, lambda w: init.kaiming_uniform_(w, nonlinearity="relu")),
    ("he_uniform", {"slope": 0.2, "fan": "out"}, lambda w: init.kaiming_uniform_(w, a=0.2, mode="fan_out")),
    ("he_normal", {}, lambda w: init.kaiming_normal_(w, nonlinearity="relu")),
    ("he_normal", {"slope": 0.2, "fan": "out"}, lambda w: init.kaiming_normal_(w, a=0.2, mode="fan_out")),
    ("lecun_normal", {}, lambda w: init.kaiming_normal_(w, nonlinearity="linear")),
    ("lecun_uniform", {}, lambda w: init.kaiming_uniform_(w, nonlinearity="linear")),
    ("truncated_normal", {}, lambda w: init.trunc_normal_(w, 0.0, 0.05, -0.1, 0.1)),
    ("truncated_normal", {"mean": 1.0, "deviation": 0.3, "cut": 0.5}, lambda w: init.trunc_normal_(w, 1.0, 0.3, 0.85, 1.15)),
    ("orthogonal", {}, init.orthogonal_),
    ("orthogonal", {"gain": 1.5}, lambda w: init.orthogonal_(w, 1.5)),
    ("fan_in_uniform", {}, lambda w: init.kaiming_uniform_(w, a=math.sqrt(5))),
]


@pytest.mark.parametrize(("id", "settings", "oracle"), CASES)
def test_moments_as_torch(id, settings, oracle):
    spec = registry.find("initializer", id)(**settings)
    mine = spec.draw(np.random.default_rng(3), (FAN_IN, FAN_OUT), FAN_IN, FAN_OUT).astype(np.float64)
    torch.manual_seed(5)
    theirs = oracle(torch.empty(FAN_OUT, FAN_IN)).double().numpy()
    spread = theirs.std()
    n = mine.size
    assert abs(mine.mean() - theirs.mean()) <= 6 * spread * math.sqrt(2 / n)
    # The standard error of a standard deviation is at most sigma / sqrt(2 n) for these shapes.
    assert abs(mine.std() - spread) <= 6 * spread / math.sqrt(n)
    flatness = ((mine - mine.mean()) ** 4).mean() / max(mine.var() ** 2, 1e-30)
    expected = ((theirs - theirs.mean()) ** 4).mean() / max(theirs.var() ** 2, 1e-30)
    assert flatness == pytest.approx(expected, rel=0.05)
    if flatness < 2.0 and spread:
        assert np.abs(mine - mine.mean()).max() == pytest.approx(np.abs(theirs - theirs.mean()).max(), rel=1e-2)


@pytest.mark.parametrize(("id", "settings", "oracle"), CASES)
def test_draws_depend_on_the_generator_alone(id, settings, oracle):
    spec = registry.find("initializer", id)(**settings)
    first, second = (spec.draw(np.random.default_rng(9), (3, 5, 7, 2), 105, 30) for _ in range(2))
    assert first.dtype == np.float32
    assert first.shape == (3, 5, 7, 2)
    np.testing.assert_array_equal(first, second)


def test_a_uniform_with_its_ends_swapped_draws_between_them():
    drawn = registry.find("initializer", "uniform")(low=1.0, high=-1.0).draw(np.random.default_rng(0), (999,), 1, 1)
    assert drawn.min() >= -1.0
    assert drawn.max() <= 1.0
    assert drawn.std() == pytest.approx(1 / math.sqrt(3), rel=0.1)


@pytest.mark.parametrize("shape", [(40, 30), (7, 30), (5, 1), (1, 5), (1, 1), (3, 5, 7, 11), (1, 1, 3, 20), (9,)])
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_orthogonal_weights_keep_lengths(shape, gain):
    """torch.nn.init.orthogonal_ flattens (units, inputs, ...) into units rows: our matrix of inputs rows is its transpose."""
    drawn = registry.find("initializer", "orthogonal")(gain=gain).draw(np.random.default_rng(4), shape, 1, 1).astype(np.float64)
    flat = drawn.reshape(-1, shape[-1] if len(shape) > 1 else 1)
    square = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
    np.testing.assert_allclose(square, gain**2 * np.eye(len(square)), atol=3e-6)
    if len(shape) > 1:
        theirs = init.orthogonal_(torch.empty(shape[-1], *shape[:-1]), gain).double().numpy().reshape(shape[-1], -1).T
        np.testing.assert_allclose(theirs.T @ theirs if len(square) == shape[-1] else theirs @ theirs.T, square, atol=1e-5)


def test_orthogonal_draws_are_even_over_all_rotations():
    """The trace of an even random rotation of n axes has mean 0 and variance 1 (Diaconis and Shahshahani, 1994)."""
    spec, rng = registry.find("initializer", "orthogonal")(), np.random.default_rng(1)
    traces = np.array([np.trace(spec.draw(rng, (5, 5), 5, 5)) for _ in range(4000)])
    assert abs(traces.mean()) < 5 / math.sqrt(4000)
    assert traces.var() == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("shape", [(4, 4), (40, 30), (7, 30), (1, 1)])
def test_identity_matrices_as_torch(shape):
    drawn = registry.find("initializer", "identity")().draw(np.random.default_rng(0), shape, 1, 1)
    np.testing.assert_array_equal(drawn, init.eye_(torch.empty(shape)).numpy())


@pytest.mark.parametrize("shape", [(3, 5, 5), (4, 7, 3), (3, 5, 7, 11), (2, 4, 5, 3), (1, 1, 3, 3), (3, 2, 1, 4, 6)])
def test_identity_kernels_as_torch(shape):
    """Ours are (..., inputs, filters); torch's are (filters, inputs, ...)."""
    drawn = registry.find("initializer", "identity")(gain=0.5).draw(np.random.default_rng(0), shape, 1, 1)
    theirs = init.dirac_(torch.empty(shape[-1], shape[-2], *shape[:-2])).numpy()
    np.testing.assert_array_equal(drawn, 0.5 * np.moveaxis(theirs, (0, 1), (-1, -2)))


@pytest.mark.parametrize(("shape", "groups"), [((3, 5, 2, 6), 3), ((4, 1, 7), 7), ((3, 1, 4), 2)])
def test_identity_kernels_in_groups_as_torch(shape, groups):
    start = InGroups(registry.find("initializer", "identity")(), groups)
    drawn = start.draw(np.random.default_rng(0), shape, 1, 1)
    theirs = init.dirac_(torch.empty(shape[-1], shape[-2], *shape[:-2]), groups).numpy()
    np.testing.assert_array_equal(drawn, np.moveaxis(theirs, (0, 1), (-1, -2)))


@pytest.mark.parametrize("id", ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"])
def test_an_identity_start_passes_every_channel_of_a_grouped_layer_on(id):
    """With a kernel of 1 and a stride of 1 the layer is the identity at the start, of twice as many filters one half of them."""
    flat = id.endswith("1d")
    start, one = registry.find("initializer", "identity")(), 1 if flat else (1, 1)
    for filters, groups in ((6, 1), (6, 3), (6, 6), (12, 3)):
        layer = registry.find("layer", id)(filters=filters, groups=groups, kernel=one, stride=one, start=start)
        x = np.random.default_rng(1).normal(size=(5, 6) if flat else (3, 4, 6)).astype(np.float32)
        y = run(layer, [x]).y.reshape(*x.shape[:-1], groups, -1)
        np.testing.assert_allclose(y[..., : 6 // groups], x.reshape(*x.shape[:-1], groups, -1), rtol=1e-6)
        assert not y[..., 6 // groups :].any()


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("id", ["conv_transpose1d", "conv_transpose2d"])
def test_fans_of_transposed_convolutions_are_those_of_the_signal(id, groups):
    """The reverse of torch's and Keras', which take the weight's axes as they stand; the layers' texts say so."""
    flat, channels, filters = id.endswith("1d"), 4, 6
    layer = registry.find("layer", id)(filters=filters, groups=groups, kernel=3 if flat else (3, 3))
    g = GraphBuilder()
    with g.of("node", layer):
        graph = g.finish(layer.build(g, g.take_input(TensorType((5, channels) if flat else (5, 7, channels)))))
    weight = graph.parameters[0]
    theirs = getattr(torch.nn, "ConvTranspose1d" if flat else "ConvTranspose2d")(channels, filters, 3, groups=groups)
    fan_in, fan_out = init._calculate_fan_in_and_fan_out(theirs.weight)
    assert (weight.fan_in * groups, weight.fan_out) == (fan_out, fan_in * groups)
    # keras.initializers.compute_fans of a kernel (..., filters, channels): area times the last axis but one, and the last.
    shape = graph.values[weight.value].type.shape
    area = math.prod(shape[:-2])
    assert (area * shape[-2], area * shape[-1]) == (fan_in, fan_out)


def test_he_by_the_fan_out_starts_a_transposed_convolution_as_torch_by_the_fan_in():
    theirs = init.kaiming_normal_(torch.nn.ConvTranspose2d(64, 96, 3).weight, nonlinearity="relu").detach().numpy()
    drawn = registry.find("initializer", "he_normal")(fan="out").draw(np.random.default_rng(1), (3, 3, 96, 64), 9 * 64, 9 * 96)
    assert drawn.std() == pytest.approx(float(theirs.std()), rel=0.02)


def test_an_identity_convolution_passes_an_image_on():
    kernel = registry.find("initializer", "identity")().draw(np.random.default_rng(0), (3, 5, 4, 4), 1, 1)
    image = torch.randn(2, 4, 7, 9)
    weights = torch.from_numpy(np.ascontiguousarray(np.moveaxis(kernel, (0, 1), (2, 3)).swapaxes(0, 1)))
    torch.testing.assert_close(torch.nn.functional.conv2d(image, weights, padding="same"), image)


def test_the_defaults_that_were_promised():
    made = {id: registry.find("initializer", id)() for id in ("uniform", "normal", "constant")}
    assert (made["uniform"].low, made["uniform"].high) == (-0.07, 0.07)
    assert (made["normal"].mean, made["normal"].deviation) == (0.0, 0.01)
    assert made["constant"].value == 0.0


def test_nothing_lies_beyond_the_cut():
    spec = registry.find("initializer", "truncated_normal")(mean=2.0, deviation=0.5, cut=1.5)
    drawn = spec.draw(np.random.default_rng(8), (200, 300), 1, 1)
    assert np.abs(drawn - 2.0).max() <= 0.75 + 1e-6
    assert np.abs(drawn - 2.0).max() > 0.749

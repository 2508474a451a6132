"""Convolutions, transposed ones, pools, upsampling and the spatial transformer against PyTorch in float64."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.lowering.facts import facts

#: Layers that these tests hold against torch.
PROVEN = {
    "average_pool1d",
    "conv1d",
    "conv_transpose1d",
    "conv_transpose2d",
    "global_max_pool",
    "max_pool1d",
    "spatial_transformer",
    "upsample",
    "upsample1d",
}

F = torch.nn.functional


def make(id: str, **settings: Any) -> Layer:
    return registry.find("layer", id)(**settings)  # type: ignore[return-value]


class Case:
    """A layer in the engine with its inputs made of parameters, so that every gradient can be read."""

    def __init__(self, layer: Layer, shapes: list[tuple[int, ...]], rows: int = 1, chains: int = 1, seed: int = 0) -> None:
        g = GraphBuilder()
        x = g.take_input(TensorType((1,)))
        normal = registry.find("initializer", "normal")(deviation=0.7)  # type: ignore[call-arg]
        values = []
        for at, shape in enumerate(shapes):
            count = int(np.prod(shape))
            with g.of(f"in{at}", None):
                y = g.op("dense", x, g.parameter("w", (1, count), normal, fan_in=1, fan_out=1))
                values.append(y if len(shape) == 1 else g.op("reshape", y, shape=shape))
        with g.of("node", layer):
            y = layer.build(g, *values)
        assert isinstance(y, Value)
        target = g.take_target(y.type)
        with g.of("loss", None):
            graph = g.finish(y, g.op("mean_squared_error", y, target))
        rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
        machine = Machine(plan_network(graph, batch=rows, update=rule, samples={"train": rows}, chains=chains), shuffle=False)
        machine.initialise(seed)
        rng = np.random.default_rng(seed)
        self.scale = np.ones((rows, 1), np.float32) + 0.1 * np.arange(rows, dtype=np.float32)[:, None]
        self.target = rng.normal(size=(rows, *y.shape)).astype(np.float32)
        machine.load("train", self.scale, self.target)
        held = machine.parameters()
        self.parameters = {name: np.array(value, np.float64) for name, value in held.items()}
        self.inputs = [
            (self.scale @ held[f"in{at}.w"]).reshape(rows, *shape).astype(np.float64) for at, shape in enumerate(shapes)
        ]
        self.y = np.array(machine.predict(self.scale))
        assert machine.run(1).status == "done"
        self.gradients = {name: np.array(value) for name, value in machine.gradients().items()}

    def compare(self, function: Callable[..., torch.Tensor], names: tuple[str, ...]) -> None:
        """function: the layer in PyTorch, from inputs and the named parameters, in our layouts and giving ours."""
        inputs = [torch.tensor(x, requires_grad=True) for x in self.inputs]
        parameters = [torch.tensor(self.parameters[f"node.{name}"], requires_grad=True) for name in names]
        y = function(*inputs, *parameters)
        np.testing.assert_allclose(self.y, y.detach().numpy(), rtol=2e-5, atol=2e-5)
        F.mse_loss(y, torch.tensor(self.target, dtype=torch.float64)).backward()
        for name, parameter in zip(names, parameters, strict=True):
            close(self.gradients[f"node.{name}"], parameter.grad)
        for at, x in enumerate(inputs):
            assert x.grad is not None
            through = self.scale.T.astype(np.float64) @ x.grad.numpy().reshape(len(self.scale), -1)
            close(self.gradients[f"in{at}.w"], through)


def close(found: np.ndarray, expected: Any) -> None:
    expected = np.asarray(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5 * max(float(np.abs(expected).max(initial=0.0)), 1e-3))


def names_of(layer: Any) -> tuple[str, ...]:
    return ("weight", "bias") if layer.bias else ("weight",)


CONV1D = [
    ({"filters": 5}, (9, 3)),
    ({"filters": 5, "kernel": 4, "dilation": 2}, (11, 3)),
    ({"filters": 6, "kernel": 5, "stride": 3, "padding": "valid", "groups": 2}, (17, 4)),
    ({"filters": 6, "kernel": 2, "stride": 5, "padding": "valid"}, (17, 4)),
    ({"filters": 7, "kernel": 3, "padding": "causal", "dilation": 4}, (13, 2)),
    ({"filters": 7, "kernel": 4, "padding": "causal", "stride": 2}, (13, 2)),
    ({"filters": 7, "kernel": 3, "padding": "explicit", "amount": 5, "stride": 2}, (8, 2)),
    ({"filters": 18, "kernel": 3, "groups": 18}, (8, 18)),
    ({"filters": 33, "kernel": 1, "bias": False}, (5, 17)),
    ({"filters": 3, "kernel": 7}, (1, 5)),
    ({"filters": 5, "kernel": 4, "dilation": 2, "border": "reflect"}, (11, 3)),
    ({"filters": 4, "padding": "causal", "kernel": 5, "stride": 2, "border": "edge"}, (6, 2)),
    ({"filters": 4, "padding": "explicit", "amount": 5, "groups": 2, "border": "wrap"}, (5, 4)),
]


@pytest.mark.parametrize(("settings", "shape"), CONV1D)
@pytest.mark.parametrize(("rows", "chains"), [(1, 1), (5, 2)])
def test_conv1d(settings, shape, rows, chains):
    layer: Any = make("conv1d", **settings)
    reach = layer.dilation * (layer.kernel - 1)
    windows = -(-shape[0] // layer.stride)
    total = max((windows - 1) * layer.stride + reach + 1 - shape[0], 0)
    pads = {
        "same": (total // 2, total - total // 2),
        "valid": (0, 0),
        "causal": (reach, 0),
        "explicit": (layer.amount, layer.amount),
    }[layer.padding]

    mode = {"zeros": "constant", "edge": "replicate", "wrap": "circular"}.get(layer.border, layer.border)

    def twin(x, w, b=None):
        x = F.pad(x.permute(0, 2, 1), pads, mode=mode)
        return F.conv1d(x, w.permute(2, 1, 0), b, layer.stride, 0, layer.dilation, layer.groups).permute(0, 2, 1)

    Case(layer, [shape], rows, chains).compare(twin, names_of(layer))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_is_pytorchs_same_at_stride_1():
    for kernel, dilation in ((2, 1), (3, 2), (4, 3), (5, 1)):
        layer = make("conv1d", filters=3, kernel=kernel, dilation=dilation)

        def twin(x, w, b, dilation=dilation):
            return F.conv1d(x.permute(0, 2, 1), w.permute(2, 1, 0), b, padding="same", dilation=dilation).permute(0, 2, 1)

        Case(layer, [(9, 2)]).compare(twin, ("weight", "bias"))


def test_causal_sees_nothing_later():
    """Changing a step changes no earlier output."""
    layer = make("conv1d", filters=4, kernel=3, padding="causal", dilation=2)
    g = GraphBuilder()
    x = g.take_input(TensorType((9, 2)))
    with g.of("node", layer):
        graph = g.finish(layer.build(g, x))
    machine = Machine(plan_network(graph, batch=2, update=None, samples={}, window=2), shuffle=False)
    machine.initialise(1)
    a = np.random.default_rng(0).normal(size=(1, 9, 2)).astype(np.float32)
    b = a.copy()
    b[0, 5:] = 100.0
    np.testing.assert_array_equal(machine.predict(a)[0, :5], machine.predict(b)[0, :5])
    assert (machine.predict(a)[0, 5:] != machine.predict(b)[0, 5:]).all()


TRANSPOSED = [
    ({"filters": 5, "kernel": (3, 2), "stride": (2, 3), "padding": "valid"}, (4, 3, 2)),
    ({"filters": 5, "kernel": (4, 4), "stride": (2, 2), "padding": "explicit", "amount": (1, 1)}, (4, 3, 6)),
    ({"filters": 5, "kernel": (3, 5), "padding": "explicit", "amount": (1, 2), "output_padding": (1, 1)}, (4, 3, 6)),
    ({"filters": 4, "kernel": (3, 3), "stride": (1, 1), "padding": "explicit", "amount": (3, 2)}, (7, 6, 3)),
    ({"filters": 4, "kernel": (2, 3), "stride": (2, 1), "dilation": (3, 2), "padding": "valid"}, (3, 5, 3)),
    (
        {
            "filters": 4,
            "kernel": (2, 2),
            "stride": (2, 1),
            "dilation": (3, 4),
            "padding": "explicit",
            "amount": (1, 0),
            "output_padding": (2, 3),
        },
        (3, 2, 3),
    ),
    ({"filters": 6, "kernel": (3, 3), "groups": 2, "padding": "valid"}, (3, 4, 4)),
    ({"filters": 9, "kernel": (2, 3), "groups": 3, "stride": (1, 2), "dilation": (2, 2), "padding": "valid"}, (3, 4, 6)),
    ({"filters": 19, "kernel": (3, 3), "groups": 19, "stride": (2, 2), "padding": "valid"}, (3, 4, 19)),
    ({"filters": 3, "kernel": (1, 1), "stride": (3, 2), "padding": "valid", "bias": False}, (2, 3, 4)),
    ({"filters": 3, "kernel": (2, 1), "stride": (5, 4), "padding": "valid"}, (2, 3, 4)),
    ({"filters": 33, "kernel": (4, 4), "padding": "valid"}, (1, 1, 17)),
]


@pytest.mark.parametrize(("settings", "shape"), TRANSPOSED)
@pytest.mark.parametrize(("rows", "chains"), [(1, 1), (5, 2)])
def test_conv_transpose2d(settings, shape, rows, chains):
    layer: Any = make("conv_transpose2d", **settings)
    amount, more = (layer.amount, layer.output_padding) if layer.padding == "explicit" else ((0, 0), (0, 0))

    def twin(x, w, b=None):
        y = F.conv_transpose2d(
            x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b, layer.stride, amount, more, layer.groups, layer.dilation
        )
        return y.permute(0, 2, 3, 1)

    Case(layer, [shape], rows, chains).compare(twin, names_of(layer))


@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 5), (5, 2)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (3, 2)])
def test_transposed_same_multiplies_by_the_stride_and_reverses_a_same_convolution(kernel, stride):
    """It is the gradient of a "same" convolution from the large image to the small one, with the same weights."""
    layer: Any = make("conv_transpose2d", filters=3, kernel=kernel, stride=stride, bias=False)
    shape = (3, 4, 2)
    found = facts(layer, (TensorType(shape),)).type
    assert found is not None
    assert found.shape == (3 * stride[0], 4 * stride[1], 3)
    total = [max(k - s, 0) for k, s in zip(kernel, stride, strict=True)]
    pads = (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2)

    def twin(x, w):
        large = torch.zeros(len(x), 3, *found.shape[:2], dtype=x.dtype, requires_grad=True)
        small = F.conv2d(F.pad(large, pads), w.permute(3, 2, 0, 1), None, stride)
        (y,) = torch.autograd.grad(small, large, x.permute(0, 3, 1, 2), create_graph=True)
        return y.permute(0, 2, 3, 1)

    Case(layer, [shape], 2).compare(twin, ("weight",))


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"filters": 5, "padding": "valid"}, (5, 3)),
        ({"filters": 4, "kernel": 5, "stride": 3, "padding": "explicit", "amount": 2, "output_padding": 1}, (4, 6)),
        ({"filters": 4, "kernel": 3, "stride": 1, "dilation": 2, "groups": 2, "padding": "valid"}, (4, 6)),
        ({"filters": 3, "kernel": 2, "stride": 5, "padding": "valid", "bias": False}, (1, 2)),
    ],
)
def test_conv_transpose1d(settings, shape):
    layer: Any = make("conv_transpose1d", **settings)
    amount, more = (layer.amount, layer.output_padding) if layer.padding == "explicit" else (0, 0)

    def twin(x, w, b=None):
        y = F.conv_transpose1d(
            x.permute(0, 2, 1), w.permute(2, 1, 0), b, layer.stride, amount, more, layer.groups, layer.dilation
        )
        return y.permute(0, 2, 1)

    Case(layer, [shape], 3, 2).compare(twin, names_of(layer))


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5, 2), (4, 3, 17), (2, 2, 1)])
@pytest.mark.parametrize("scale", [(1, 1), (2, 2), (3, 4), (5, 1)])
@pytest.mark.parametrize(
    ("mode", "aligned"), [("nearest", False), ("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True)]
)
def test_upsample(shape, scale, mode, aligned):
    more = {} if mode == "nearest" else {"align_corners": aligned}

    def twin(x):
        y = F.interpolate(x.permute(0, 3, 1, 2), scale_factor=tuple(map(float, scale)), mode=mode, **more)
        return y.permute(0, 2, 3, 1)

    Case(make("upsample", scale=scale, mode=mode, align_corners=aligned), [shape], 3, 2).compare(twin, ())


@pytest.mark.parametrize("shape", [(1, 3), (5, 2), (4, 17), (2, 1)])
@pytest.mark.parametrize("scale", [1, 2, 3, 8])
@pytest.mark.parametrize(("mode", "aligned"), [("nearest", False), ("linear", False), ("linear", True)])
def test_upsample1d(shape, scale, mode, aligned):
    more = {} if mode == "nearest" else {"align_corners": aligned}

    def twin(x):
        return F.interpolate(x.permute(0, 2, 1), scale_factor=float(scale), mode=mode, **more).permute(0, 2, 1)

    Case(make("upsample1d", scale=scale, mode=mode, align_corners=aligned), [shape], 3, 2).compare(twin, ())


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (7, 3), (0, 9)])
@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 4, 2), (3, 6, 19), (1, 7, 1)])
@pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid")
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("aligned", [False, True])
def test_spatial_transformer(shape, size, padding, aligned):
    def twin(x, theta):
        n, h, w, c = x.shape
        grid = F.affine_grid(theta, [n, c, size[0] or h, size[1] or w], align_corners=aligned)
        y = F.grid_sample(x.permute(0, 3, 1, 2), grid, mode="bilinear", padding_mode=padding, align_corners=aligned)
        return y.permute(0, 2, 3, 1)

    layer = make("spatial_transformer", size=size, padding=padding, align_corners=aligned)
    Case(layer, [shape, (2, 3)], 4, 2).compare(twin, ())


def warped(x: np.ndarray, theta: np.ndarray, **settings: Any) -> np.ndarray:
    """Images (n, h, w, c) under maps (n, 2, 3), by the engine."""
    g = GraphBuilder()
    both = g.take_input(TensorType((x[0].size + 6,)))
    eye = np.eye(x[0].size + 6, dtype=np.float32)
    image = g.op("reshape", g.op("dense", both, g.constant("a", eye[:, :-6])), shape=x.shape[1:])
    six = g.op("reshape", g.op("dense", both, g.constant("b", eye[:, -6:])), shape=(2, 3))
    with g.of("node", None):
        graph = g.finish(make("spatial_transformer", **settings).build(g, image, six))  # type: ignore[arg-type]
    machine = Machine(plan_network(graph, batch=len(x), update=None, samples={}, window=len(x)), shuffle=False)
    machine.initialise(0)
    return np.array(machine.predict(np.concatenate([x.reshape(len(x), -1), theta.reshape(len(x), 6)], 1).astype(np.float32)))


def test_identity_leaves_an_image_as_it_is_and_far_maps_give_zeros():
    x = np.random.default_rng(0).normal(size=(5, 4, 3, 2)).astype(np.float32)
    theta = np.tile(np.array([[1, 0, 0], [0, 1, 0]], np.float32), (5, 1, 1))
    theta[1] *= 1e30
    theta[2, 0, 2] = 50.0
    theta[3, 1, 2] = -1e38
    theta[4, 0, 1] = np.nan
    y = warped(x, theta)
    np.testing.assert_allclose(y[0], x[0], atol=1e-6)
    assert not y[1:4].any()
    assert np.isnan(y[4]).all()


@pytest.mark.parametrize("padding", ["border", "reflection"])
@pytest.mark.parametrize("aligned", [False, True])
def test_far_maps_show_the_rim_or_mirrors_as_torch_does(padding, aligned):
    """Places on the rim, on its mirrors and far beyond, in whole and half pixels; what is not finite gives NaN."""
    x = np.random.default_rng(0).normal(size=(7, 4, 3, 2)).astype(np.float32)
    theta = np.tile(np.array([[1, 0, 0], [0, 1, 0]], np.float32), (7, 1, 1))
    theta[1:5, 0, 2] = 1.0, -1.0, 7.0, -11.5
    theta[5, 1, 2], theta[6, 0, 1] = 1e30, np.inf
    y = warped(x, theta, padding=padding, align_corners=aligned)
    grid = F.affine_grid(torch.tensor(theta[:5]).double(), [5, 2, 4, 3], align_corners=aligned)
    image = torch.tensor(x[:5]).double().permute(0, 3, 1, 2)
    expected = F.grid_sample(image, grid, mode="bilinear", padding_mode=padding, align_corners=aligned).permute(0, 2, 3, 1)
    np.testing.assert_allclose(y[:5], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(y[0], x[0], atol=1e-6)
    assert np.isfinite(y[5]).all()
    assert np.isnan(y[6]).all()


POOLS1D = [
    ({}, (7, 3)),
    ({"kernel": 3, "stride": 1}, (5, 17)),
    ({"kernel": 2, "stride": 5}, (12, 2)),
    ({"kernel": 1, "stride": 1}, (1, 3)),
]


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        *POOLS1D,
        ({"kernel": 5, "stride": 2, "padding": "explicit", "amount": 2}, (8, 3)),
        ({"kernel": 3, "stride": 2, "partial": True}, (6, 5)),
        ({"kernel": 4, "stride": 3, "padding": "explicit", "amount": 2, "partial": True}, (7, 2)),
        ({"kernel": 2, "stride": 3, "padding": "explicit", "amount": 1, "partial": True}, (5, 17)),
    ],
)
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pool1d(settings, shape, kind):
    layer: Any = make(f"{kind}_pool1d", **settings)
    amount = layer.amount if layer.padding == "explicit" else 0

    def twin(x):
        x = x.permute(0, 2, 1)
        if kind == "max":
            return F.max_pool1d(x, layer.kernel, layer.stride, amount, layer.dilation, layer.partial).permute(0, 2, 1)
        return F.avg_pool1d(x, layer.kernel, layer.stride, amount, layer.partial, layer.counted).permute(0, 2, 1)

    Case(layer, [shape], 3, 2).compare(twin, ())


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"kernel": 3, "stride": 1, "dilation": 2}, (9, 3)),
        ({"kernel": 2, "stride": 5, "dilation": 3}, (14, 17)),
        ({"kernel": 3, "stride": 2, "padding": "explicit", "amount": 1, "dilation": 4, "partial": True}, (9, 2)),
        ({"kernel": 2, "stride": 3, "padding": "explicit", "amount": 1, "dilation": 2, "partial": True}, (5, 5)),
        ({"kernel": 3, "stride": 1, "padding": "explicit", "amount": 1, "dilation": 4}, (8, 4)),
        ({"kernel": 1, "stride": 1, "dilation": 4096}, (1, 3)),
    ],
)
def test_max_pool_of_dilated_windows(settings, shape):
    layer: Any = make("max_pool1d", **settings)
    amount = layer.amount if layer.padding == "explicit" else 0

    def steps(x):
        y = F.max_pool1d(x.permute(0, 2, 1), layer.kernel, layer.stride, amount, layer.dilation, layer.partial)
        return y.permute(0, 2, 1)

    Case(layer, [shape], 3, 2).compare(steps, ())
    pairs = {name: (1, value) for name, value in settings.items() if name in ("kernel", "stride", "dilation")}
    flat: Any = make("max_pool2d", **{**settings, **pairs, "amount": (0, amount)})
    upright: Any = make("max_pool2d", **{**settings, **{name: pair[::-1] for name, pair in pairs.items()}, "amount": (amount, 0)})
    for image, layer2d in (((1, *shape), flat), ((4, *shape), flat), ((shape[0], 2, shape[1]), upright)):

        def pixels(x, spec=layer2d):
            pad = spec.amount if spec.padding == "explicit" else 0
            y = F.max_pool2d(x.permute(0, 3, 1, 2), spec.kernel, spec.stride, pad, spec.dilation, spec.partial)
            return y.permute(0, 2, 3, 1)

        Case(layer2d, [image], 3, 2).compare(pixels, ())


def test_dilated_windows_are_as_many_as_torchs():
    """Over every extent, window, stride, padding and dilation that torch takes: as many windows, or a refusal where one sees nothing."""
    layers = itertools.product(range(1, 7), range(1, 4), (1, 4), range(4), range(1, 5), (False, True))
    for n, kernel, stride, amount, dilation, partial in layers:
        reach = dilation * (kernel - 1) + 1
        if 2 * amount > kernel or amount >= reach or n + 2 * amount < reach:
            continue
        settings = {"kernel": kernel, "stride": stride, "padding": "explicit", "amount": amount, "partial": partial}
        found = facts(make("max_pool1d", **settings, dilation=dilation), (TensorType((n, 1)),))
        expected = F.max_pool1d(torch.zeros(1, 1, n), kernel, stride, amount, dilation, partial)[0, 0]
        if bool(expected.isinf().any()):
            assert found.type is None
            assert found.mend == "set dilation 1"
        else:
            assert found.type is not None, (n, settings, dilation)
            assert found.type.shape[0] == len(expected), (n, settings, dilation)


@pytest.mark.parametrize("kind", ["max", "average"])
def test_partial_windows_are_as_many_as_torchs(kind):
    """Over every extent, window, stride and padding that both take."""
    pool = F.max_pool1d if kind == "max" else F.avg_pool1d
    for n, kernel, stride, amount in itertools.product(range(1, 8), range(1, 5), range(1, 6), range(3)):
        if 2 * amount > kernel or amount >= kernel or n + 2 * amount < kernel:
            continue  # torch takes at most half the window
        layer = make(f"{kind}_pool1d", kernel=kernel, stride=stride, padding="explicit", amount=amount, partial=True)
        found = facts(layer, (TensorType((n, 1)),)).type
        assert found is not None
        assert found.shape[0] == pool(torch.zeros(1, 1, n), kernel, stride, amount, ceil_mode=True).shape[-1], (
            n,
            kernel,
            stride,
            amount,
        )


def test_average_pools_of_older_files_leave_padding_out():
    for id in ("average_pool1d", "average_pool2d"):
        record = registry.dump(make(id, padding="explicit"))
        del record["fields"]["counted"], record["fields"]["partial"]
        assert registry.load({**record, "version": 1}) == make(id, padding="explicit", counted=False)


@pytest.mark.parametrize("shape", [(5, 3), (1, 4), (3, 4, 18), (1, 1, 2)])
def test_global_pools(shape):
    def largest(x):
        return x.flatten(1, -2).amax(1)

    def mean(x):
        return x.flatten(1, -2).mean(1)

    Case(make("global_max_pool"), [shape], 3, 2).compare(largest, ())
    Case(make("global_average_pool"), [shape], 3, 2).compare(mean, ())


@pytest.mark.parametrize(
    ("id", "settings", "shapes", "mend"),
    [
        ("conv1d", {}, ((3, 4, 5),), "sequence"),
        ("conv1d", {"groups": 2}, ((5, 3),), "set groups 1"),
        ("conv1d", {"kernel": 4, "padding": "valid"}, ((3, 2),), 'set padding "same"'),
        ("conv1d", {"padding": "explicit", "amount": 3, "border": "reflect"}, ((3, 2),), 'set border "zeros"'),
        ("conv2d", {"padding": "explicit", "amount": (1, 4), "border": "wrap"}, ((2, 3, 2),), 'set border "zeros"'),
        ("conv_transpose2d", {}, ((5, 3),), "image"),
        ("conv_transpose2d", {"groups": 3}, ((4, 4, 3),), "set groups 1"),
        ("conv_transpose2d", {"padding": "explicit", "amount": (4, 4)}, ((2, 2, 1),), 'set padding "same"'),
        ("conv_transpose2d", {"padding": "explicit", "output_padding": (2, 0)}, ((2, 2, 1),), "set output_padding [0, 0]"),
        ("conv_transpose1d", {"padding": "explicit", "output_padding": 2}, ((2, 1),), "set output_padding 0"),
        ("conv_transpose1d", {"padding": "explicit", "amount": 9}, ((2, 1),), 'set padding "same"'),
        ("conv_transpose1d", {}, ((2, 1, 1),), "sequence"),
        ("upsample", {}, ((5, 3),), "image"),
        ("upsample1d", {}, ((5, 3, 1),), "sequence"),
        ("max_pool1d", {}, ((1, 3),), 'set padding "same"'),
        ("average_pool1d", {"padding": "explicit", "amount": 2}, ((4, 3),), 'set padding "same"'),
        ("max_pool1d", {"dilation": 9}, ((5, 3),), "set dilation 1"),
        ("max_pool1d", {"dilation": 4, "padding": "same"}, ((1, 3),), "set dilation 1"),
        ("max_pool2d", {"dilation": (1, 6)}, ((4, 4, 3),), "set dilation [1, 1]"),
        ("max_pool2d", {"dilation": (4, 1), "padding": "same"}, ((1, 4, 3),), "set dilation [1, 1]"),
        ("max_pool2d", {"dilation": (1, 3), "padding": "explicit", "amount": (0, 4)}, ((4, 4, 3),), 'set padding "same"'),
        ("global_max_pool", {}, ((5,),), ""),
        ("spatial_transformer", {}, ((4, 3), (2, 3)), "image"),
        ("spatial_transformer", {}, ((4, 3, 1), (7,)), 'insert dense 1 {"units": 6}'),
    ],
)
def test_what_does_not_fit_is_refused_with_a_mend(id, settings, shapes, mend):
    layer = make(id, **settings)
    found = facts(layer, tuple(TensorType(shape) for shape in shapes))
    assert found.type is None
    assert found.reason.startswith("needs ")
    assert found.mend == mend

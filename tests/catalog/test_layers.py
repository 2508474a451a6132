"""Layers against torch: the NumPy references of the ops that they compose, on their examples. The engine is held to the references."""

from __future__ import annotations

import importlib
import pathlib
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # torch's own usage

from playground.core import registry
from playground.core.expression import parse
from playground.core.spec import Layer
from playground.core.window import padding_for, windows
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from tests.every.catalogue import examples
from tests.every.evaluate import draw, input_types

ROWS = 3
#: Borders of convolutions by torch's names.
BORDERS = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}
Tensors = dict[str, torch.Tensor]


def first(x: torch.Tensor) -> torch.Tensor:
    """Channels from last to second place."""
    return x.movedim(-1, 1)


def last(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(1, -1)


def padded(layer, x: torch.Tensor, fill: float, dilation: tuple[int, int] = (1, 1)) -> torch.Tensor:
    """The image with its padding around it; "same" by its definition: ceil(extent / stride) windows, the odd one at the end."""
    amounts = []
    for axis in (1, 0):
        n, k, s = x.shape[2 + axis], layer.kernel[axis], layer.stride[axis]
        if layer.padding == "same":
            total = max((int(np.ceil(n / s)) - 1) * s + dilation[axis] * (k - 1) + 1 - n, 0)
            amounts += [total // 2, total - total // 2]
        else:
            amounts += [layer.amount[axis] if layer.padding == "explicit" else 0] * 2
    border = getattr(layer, "border", "zeros")
    return F.pad(x, amounts, value=fill) if border == "zeros" else F.pad(x, amounts, mode=BORDERS[border])


def conv2d(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    image = padded(layer, first(x), 0.0, layer.dilation)
    weight = p["weight"].permute(3, 2, 0, 1)
    return last(F.conv2d(image, weight, p.get("bias"), layer.stride, 0, layer.dilation, layer.groups))


def average_pool2d(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    if layer.padding == "explicit":
        return last(F.avg_pool2d(first(x), layer.kernel, layer.stride, layer.amount, layer.partial, layer.counted))
    sums = F.avg_pool2d(padded(layer, first(x), 0.0), layer.kernel, layer.stride, ceil_mode=layer.partial)
    counts = F.avg_pool2d(padded(layer, torch.ones_like(first(x)), 0.0), layer.kernel, layer.stride, ceil_mode=layer.partial)
    return last(sums / counts)


def max_pool2d(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    image = padded(layer, first(x), -torch.inf, layer.dilation) if layer.padding == "same" else first(x)
    amount = layer.amount if layer.padding == "explicit" else 0
    return last(F.max_pool2d(image, layer.kernel, layer.stride, amount, layer.dilation, layer.partial))


def batch_norm(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    flat = x.reshape(-1, x.shape[-1])
    learned = p.get("gamma"), p.get("beta")
    y = F.batch_norm(flat, p["running_mean"], p["running_variance"], *learned, False, layer.momentum, layer.epsilon)
    return y.reshape(x.shape)


def group_norm(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    return last(F.group_norm(first(x), layer.groups, p.get("gamma"), p.get("beta"), layer.epsilon))


def instance_norm(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    return last(F.instance_norm(first(x), weight=p.get("gamma"), bias=p.get("beta"), eps=layer.epsilon))


def embedding(layer, p: Tensors, x: torch.Tensor) -> torch.Tensor:
    table = p["weight"].clone()
    if layer.padding >= 0:
        table[layer.padding] = 0.0
    return F.embedding(x.long(), table)


def positions(steps: int, features: int) -> torch.Tensor:
    """As in PyTorch's tutorial on Transformers: e to the power of -2i log(10000) / d."""
    t = torch.arange(steps, dtype=torch.float64)[:, None]
    rate = torch.exp(torch.arange(0, features, 2, dtype=torch.float64) * (-np.log(10000.0) / features))
    code = torch.zeros(steps, features, dtype=torch.float64)
    code[:, 0::2] = torch.sin(t * rate)
    code[:, 1::2] = torch.cos(t * rate)[:, : features // 2]
    return code.float().double()


ORACLES = {
    "add": lambda layer, p, *x: sum(x),
    "average_pool2d": average_pool2d,
    "batch_norm": batch_norm,
    "conv2d": conv2d,
    "dense": lambda layer, p, x: F.linear(x, p["weight"].T, p.get("bias")),
    "dropout": lambda layer, p, x: F.dropout(x, layer.rate, training=False),
    "elu": lambda layer, p, x: F.elu(x, layer.alpha),
    "embedding": embedding,
    "flatten": lambda layer, p, x: torch.flatten(x, 1),
    "global_average_pool": lambda layer, p, x: x.flatten(1, -2).mean(1),
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": lambda layer, p, x: F.layer_norm(
        x, x.shape[x.ndim - layer.axes :], p.get("gamma"), p.get("beta"), layer.epsilon
    ),
    "leaky_relu": lambda layer, p, x: F.leaky_relu(x, layer.slope),
    "max_pool2d": max_pool2d,
    "positional_encoding": lambda layer, p, x: x + p.get("position", positions(*x.shape[1:])),
    "relu": lambda layer, p, x: F.relu(x),
    "reshape": lambda layer, p, x: x.reshape(len(x), *[n or -1 for n in layer.shape]),
    "rms_norm": lambda layer, p, x: F.rms_norm(x, x.shape[x.ndim - layer.axes :], p.get("gamma"), layer.epsilon),
    "sigmoid": lambda layer, p, x: torch.sigmoid(x),
    "softmax": lambda layer, p, x: F.softmax(x, layer.axis if layer.axis < 0 else layer.axis + 1),
    "tanh": lambda layer, p, x: torch.tanh(x),
}
#: Layers whose own test module holds them against torch with states, masks and gradients.
PROVEN: set[str] = set()
for _file in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
    if _file.stem != "test_layers":
        _module = importlib.import_module(f"tests.catalog.{_file.stem}")
        ORACLES |= getattr(_module, "ORACLES", {})
        PROVEN |= getattr(_module, "PROVEN", set())


@pytest.mark.parametrize(("record", "settings", "shapes"), [one for one in examples("layer") if one.values[0].id in ORACLES])
def test_evaluation_as_torch(record, settings, shapes):
    layer: Layer = record(**settings)
    rng = np.random.default_rng(8)
    g = GraphBuilder()
    inputs = [g.take_input(type) for type in input_types(layer, shapes)]
    with g.of("node", layer):
        graph = g.finish(layer.build(g, *inputs))
    x = [draw(rng, each.type, ROWS).astype(np.float64) for each in inputs]
    values = {value.index: each for value, each in zip(inputs, x, strict=True)}
    tensors: Tensors = {}
    for held in (*graph.parameters, *graph.statistics):
        drawn = rng.normal(size=graph.values[held.value].type.shape)
        values[held.value] = np.abs(drawn) if "variance" in held.name else drawn
        tensors[held.name.rpartition(".")[2]] = torch.tensor(values[held.value])
    values |= {constant.value: constant.array.astype(np.float64) for constant in graph.constants}
    for node in graph.nodes:
        found = ops.find(node.op).results([values[i] for i in node.inputs], node.attributes, training=False)
        values |= zip(node.outputs, found, strict=True)
    expected = ORACLES[record.id](layer, tensors, *[torch.tensor(each) for each in x])
    assert values[graph.output].shape == (ROWS, *graph.values[graph.output].type.shape) == tuple(expected.shape)
    np.testing.assert_allclose(values[graph.output], expected.numpy(), rtol=1e-10, atol=1e-12)


def test_every_layer_has_an_oracle():
    assert set(ORACLES) | PROVEN == {record.id for record in registry.entries("layer")}


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_gives_ceil_of_extent_over_stride(stride, kernel, dilation):
    for n in range(1, 12):
        args = ((n, n + 1), (kernel, kernel), (stride, stride))
        padding = padding_for("same", (0, 0), *args, (dilation, dilation))
        out = windows(*args, padding, (dilation, dilation))
        assert out == (-(-n // stride), -(-(n + 1) // stride))
        assert 0 <= padding[2] - padding[0] <= 1
        assert max(padding) <= dilation * (kernel - 1)


#: How parameters start whose name ends like this: by the last word of the name.
STARTS = {
    "weight": "he_normal",
    "bias": "zeros",
    "beta": "zeros",
    "gamma": "constant",
    "slope": "constant",
    "value": "constant",
    "position": "normal",
}
#: Layers that say something else in their help texts.
OTHERS = {
    "embedding": {"weight": "normal"},
    **{id: {"weight": "xavier_uniform"} for id in ("additive_attention", "multi_head_attention")},
    **{f"transformer_{part}_block": {"weight": "xavier_uniform"} for part in ("encoder", "decoder")},
    **{id: dict.fromkeys(("weight", "recurrent", "bias"), "fan_in_uniform") for id in ("simple_rnn", "gru", "lstm")},
}
#: Learned numbers that are none of a model's size: no penalty pulls at them.
SPARED = {"bias", "beta", "gamma", "slope", "value", "position"}


@pytest.mark.parametrize(("record", "settings", "shapes"), examples("layer"))
def test_weights_and_biases_start_as_documented(record, settings, shapes):
    """As He normal, biases and shifts at zero, gains at one, and otherwise as OTHERS has it."""
    g = GraphBuilder()
    layer = record(**settings)
    inputs = [g.take_input(type) for type in input_types(layer, shapes)]
    with g.of("node", layer):
        built = layer.build(g, *inputs, *[None] * (len(layer.ports) - len(inputs)))
        graph = g.finish(built[0] if isinstance(built, tuple) else built)
    starts = {**STARTS, **OTHERS.get(record.id, {})}
    learned = {one.name for one in parse(layer.function).learned} if record.id == "expression" else set()
    for parameter in graph.parameters:
        name = re.sub(r"(_[0-9]+)?(_reverse)?$", "", parameter.name.rpartition(".")[2])
        kind = name.rpartition("_")[2]
        shape = graph.values[parameter.value].type.shape
        if name in learned:
            assert (parameter.start.id, parameter.decays) == ("constant", False)
            continue
        assert start_of(parameter.start).id == starts[kind], parameter.name
        assert parameter.decays == (kind not in SPARED), parameter.name
        if kind == "gamma":
            np.testing.assert_array_equal(parameter.start.draw(np.random.default_rng(0), (3,), 3, 3), 1.0)
        if name == "weight" and starts[kind] == "he_normal":
            made = torch.empty(*reversed(shape))
            if record.id.startswith("conv_transpose"):  # what every step or pixel of the output sees, as in a convolution
                made = torch.empty(layer.filters, shape[-1] // layer.groups, *shape[:-2])
            fans = torch.nn.init._calculate_fan_in_and_fan_out(made)
            assert (parameter.fan_in, parameter.fan_out) == fans


def start_of(start):
    """The start that a layer adds something to, or takes a row or a length of."""
    inner = getattr(start, "inner", getattr(start, "start", None))
    return start if inner is None else start_of(inner)


@pytest.mark.parametrize(
    ("id", "version", "added"),
    [
        ("max_pool1d", 1, {"partial": False, "dilation": 1}),
        ("max_pool1d", 2, {"dilation": 1}),
        ("max_pool2d", 1, {"partial": False, "dilation": (1, 1)}),
        ("max_pool2d", 2, {"dilation": (1, 1)}),
        ("softmax", 1, {"axis": -1}),
        ("log_softmax", 1, {"axis": -1}),
        ("upsample", 1, {"align_corners": False}),
        ("upsample1d", 1, {"align_corners": False}),
        ("embedding", 1, {"max_norm": 0.0}),
        ("spatial_transformer", 1, {"padding": "zeros", "align_corners": False}),
    ],
)
def test_settings_that_older_files_lack_leave_a_layer_as_it_was(id, version, added):
    layer = registry.find("layer", id)()
    dumped = registry.dump(layer)
    fields = {name: value for name, value in dumped["fields"].items() if name not in added}
    assert len(fields) == len(dumped["fields"]) - len(added)
    loaded = registry.load({**dumped, "version": version, "fields": fields})
    assert loaded == layer
    assert {name: getattr(loaded, name) for name in added} == added

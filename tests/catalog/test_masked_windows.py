"""Convolutions, pools and lengthening of masked sequences: gradients, absent steps that influence nothing, ONNX, and marks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.formats import onnx_file
from playground.lowering.facts import facts
from tests.every.evaluate import evaluated, loss_of
from tests.formats.models import model_of

F = torch.nn.functional


def make(id: str, **settings: Any) -> Layer:
    return registry.find("layer", id)(**settings)  # type: ignore[return-value]


STEPS, CHANNELS = 7, 3
MASKED = [
    *(
        ("conv1d", {"filters": 4, **more})
        for more in (
            {},
            {"kernel": 4, "stride": 2},
            {"kernel": 2, "padding": "valid"},
            {"padding": "valid", "stride": 2},
            {"padding": "causal", "dilation": 2},
            {"padding": "explicit", "amount": 2},
            {"padding": "explicit", "amount": 0},
        )
    ),
    *((f"{kind}_pool1d", more) for kind in ("max", "average") for more in ({}, {"kernel": 3, "stride": 1, "padding": "same"})),
    ("conv1d", {"border": "reflect", "kernel": 5}),
    ("max_pool1d", {"kernel": 3, "stride": 1, "dilation": 2}),
    ("max_pool1d", {"kernel": 2, "stride": 3, "dilation": 3, "padding": "explicit", "amount": 2, "partial": True}),
    ("average_pool1d", {"kernel": 4, "stride": 3, "padding": "explicit", "amount": 2, "partial": True}),
    ("global_max_pool", {}),
    ("global_average_pool", {}),
    *(
        ("conv_transpose1d", {"filters": 4, **more})
        for more in (
            {},
            {"padding": "valid", "stride": 3},
            {"padding": "explicit", "amount": 1, "output_padding": 1, "kernel": 5},
        )
    ),
    ("upsample1d", {"scale": 2}),
    ("upsample1d", {"scale": 3, "mode": "linear"}),
]
#: Any step may be absent, or all of them.
MASKS = np.array(
    [[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1, 1], [1, 0, 1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 0]],
    np.float32,
)


def masked_graph(layer: Layer) -> tuple[Graph, Value]:
    """The samples are the mask, from which a dense op makes a sequence that is far from zero where steps are absent."""
    g = GraphBuilder()
    mask = g.take_input(TensorType((STEPS,)))
    normal = registry.find("initializer", "normal")(deviation=1.0)  # type: ignore[call-arg]
    with g.of("in", None):
        w = g.parameter("w", (STEPS, STEPS * CHANNELS), normal, fan_in=1, fan_out=1)
        b = g.parameter("b", (STEPS * CHANNELS,), normal, fan_in=1, fan_out=1)
        x = g.masked(g.op("reshape", g.op("dense", mask, w, b), shape=(STEPS, CHANNELS)), mask)
    with g.of("node", layer):
        y = layer.build(g, x)
    assert isinstance(y, Value)
    target = g.take_target(y.type)
    with g.of("loss", None):
        return g.finish(y, g.op("mean_squared_error", y, target)), y


@pytest.mark.parametrize(("id", "settings"), MASKED)
def test_masked_gradients_by_central_differences(id, settings):
    graph, y = masked_graph(make(id, **settings))
    rule = UpdateRule("sgd", {"rate": 0.0, "l2": 0.0})
    machine = Machine(plan_network(graph, batch=5, update=rule, samples={"train": 5}, chains=2), shuffle=False)
    machine.initialise(3)
    rng = np.random.default_rng(1)
    target = rng.normal(size=(5, *y.shape)).astype(np.float32)
    machine.load("train", MASKS, target)
    tensors = {name: np.array(value, np.float64) for name, value in machine.parameters().items()}
    expected = evaluated(graph, MASKS, target, tensors, training=False)[graph.output]
    np.testing.assert_allclose(machine.predict(MASKS), expected, rtol=1e-5, atol=1e-5)
    machine.run(1)
    for name, gradient in machine.gradients().items():
        for _ in range(6):
            direction, h = rng.normal(size=gradient.shape), 1e-6
            high = loss_of(graph, MASKS, target, {**tensors, name: tensors[name] + h * direction})
            low = loss_of(graph, MASKS, target, {**tensors, name: tensors[name] - h * direction})
            length = float(np.abs(gradient * direction).sum())
            assert float((gradient * direction).sum()) == pytest.approx(
                (high - low) / (2 * h), rel=1e-3, abs=1e-4 * length + 1e-6
            )


@pytest.mark.parametrize(("id", "settings"), MASKED)
def test_absent_steps_influence_nothing_that_is_there(id, settings):
    graph, y = masked_graph(make(id, **settings))
    rng = np.random.default_rng(2)
    tensors = {p.name: rng.normal(size=graph.values[p.value].type.shape) for p in graph.parameters}
    target = np.zeros((5, *y.shape))
    values = evaluated(graph, MASKS, target, tensors, training=False)
    at = next(node.output for node in graph.nodes if node.op == "reshape" and node.owner == "in")
    marks = np.ones((5, 1)) if y.mask is None else values[y.mask.index]
    again = dict(values)
    again[at] = np.where(MASKS[..., None] == 0, 1e6 * rng.normal(size=values[at].shape), values[at])
    for node in graph.nodes:
        if node.owner == "node":
            again[node.output] = ops.find(node.op).reference([again[i] for i in node.inputs], node.attributes)
    found, before = again[graph.output], values[graph.output]
    there = marks.reshape(*marks.shape, *(1,) * (found.ndim - marks.ndim)) != 0
    np.testing.assert_allclose(np.where(there, found, 0), np.where(there, before, 0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("id", "settings"), MASKED)
def test_masked_layers_in_onnx(id, settings, tmp_path):
    graph, _ = masked_graph(make(id, **settings))
    certificate = onnx_file.write(model_of(graph), tmp_path / "net.onnx")
    assert certificate.error <= certificate.allowed


@pytest.mark.parametrize("padding", ["same", "causal", "valid", "explicit"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_padded_sequence_gives_as_many_windows_as_without_its_padding(padding, stride):
    """The mask of what comes out counts the windows that the present steps alone would give."""
    layer: Any = make("conv1d", filters=2, kernel=3, padding=padding, stride=stride, amount=2)
    graph, y = masked_graph(layer)
    tensors = {p.name: np.ones(graph.values[p.value].type.shape) for p in graph.parameters}
    for present in range(3, STEPS + 1):
        mask = (np.arange(STEPS) < present)[None].astype(np.float32)
        values = evaluated(graph, mask, np.zeros((1, *y.shape)), tensors, training=False)
        assert y.mask is not None
        alone = facts(layer, (TensorType((present, CHANNELS)),)).type
        assert alone is not None
        assert values[y.mask.index].sum() == alone.shape[0]


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_a_padded_sequence_is_lengthened_like_one_without_its_padding(mode):
    graph, y = masked_graph(make("upsample1d", scale=3, mode=mode))
    rng = np.random.default_rng(4)
    tensors = {p.name: rng.normal(size=graph.values[p.value].type.shape) for p in graph.parameters}
    for present in range(1, STEPS + 1):
        mask = (np.arange(STEPS) < present)[None].astype(np.float32)
        values = evaluated(graph, mask, np.zeros((1, *y.shape)), tensors, training=False)
        assert y.mask is not None
        np.testing.assert_array_equal(values[y.mask.index][0], np.arange(3 * STEPS) < 3 * present)
        x = next(values[node.output] for node in graph.nodes if node.op == "reshape" and node.owner == "in")
        more = {} if mode == "nearest" else {"align_corners": False}
        alone = F.interpolate(torch.tensor(x[:, :present]).permute(0, 2, 1), scale_factor=3.0, mode=mode, **more)
        np.testing.assert_allclose(values[graph.output][:, : 3 * present], alone.permute(0, 2, 1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kernel": 3},
        {"kernel": 5, "padding": "valid"},
        {"kernel": 3, "dilation": 3, "padding": "valid", "stride": 3},
        {"kernel": 5, "padding": "explicit", "amount": 1, "output_padding": 1},
    ],
)
def test_a_padded_sequence_is_spread_like_one_without_its_padding(settings):
    layer: Any = make("conv_transpose1d", filters=2, **settings)
    graph, y = masked_graph(layer)
    rng = np.random.default_rng(4)
    tensors = {p.name: rng.normal(size=graph.values[p.value].type.shape) for p in graph.parameters}
    for present in range(1, STEPS + 1):
        mask = (np.arange(STEPS) < present)[None].astype(np.float32)
        values = evaluated(graph, mask, np.zeros((1, *y.shape)), tensors, training=False)
        alone = facts(layer, (TensorType((present, CHANNELS)),)).type
        assert alone is not None
        assert y.mask is not None
        np.testing.assert_array_equal(values[y.mask.index][0], np.arange(y.shape[0]) < alone.shape[0])


def test_where_masked_sequences_meet_a_step_is_there_where_it_is_in_all():
    g = GraphBuilder()
    mask = g.take_input(TensorType((STEPS,)))
    with g.of("in", None):
        other = g.op("window_mask", mask, windows=STEPS, taps=1, dilation=1, stride=1, first=1, rule="all")
        plain = g.op("reshape", mask, shape=(STEPS, 1))
        one, two = g.masked(plain, mask), g.masked(plain, other)
    later = np.concatenate([MASKS[:, 1:], MASKS[:, -1:]], axis=1)
    for id, more in (("add", {}), ("multiply", {}), ("concat", {}), ("expression", {"function": "x + y"})):
        for inputs, expected in (((one, two), MASKS * later), ((plain, two), later), ((one, one), MASKS)):
            with g.of(f"{id}{len(expected)}", None):
                layer = make(id, **more)
                y = layer.build(g, *inputs)
            assert isinstance(y, Value)
            assert y.type.masked
            assert y.mask is not None
            values = evaluated(g.finish(y), MASKS, np.zeros((5, *y.shape)), {}, training=False)
            np.testing.assert_array_equal(values[y.mask.index], expected)

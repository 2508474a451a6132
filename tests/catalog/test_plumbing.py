"""Layers that move, join, gate, hide and disturb numbers, against torch and NumPy: shapes of every kind, masks, live settings."""

from __future__ import annotations

import itertools
import math

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F  # torch's own usage
from onnx.reference import ReferenceEvaluator

import playground as pg
from playground.core import registry
from playground.core.spec import Layer
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.errors import ShapeError
from playground.lowering.facts import facts
from tests.catalog.through import STILL, against_torch, graph_of, run

TORCH_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}


def padded(layer, p, x: torch.Tensor) -> torch.Tensor:
    """The batch axis first. Axis by axis: torch mirrors only the last axes of an image."""
    for axis, (before, after) in enumerate(itertools.zip_longest(layer.before, layer.after, fillvalue=0), 1):
        if before or after:
            turned = x.movedim(axis, -1)
            flat = turned.reshape(1, -1, turned.shape[-1])
            if layer.mode == "constant":
                flat = F.pad(flat, (before, after), value=layer.value)
            else:
                flat = F.pad(flat, (before, after), mode=TORCH_MODES[layer.mode])
            x = flat.reshape(*turned.shape[:-1], -1).movedim(-1, axis)
    return x


def sliced(layer, p, x: torch.Tensor) -> torch.Tensor:
    """By Python's own slices."""
    axis = layer.axis % (x.ndim - 1) + 1
    entries = list(range(x.shape[axis]))[layer.start :: layer.step]
    y = x.index_select(axis, torch.tensor(entries[: layer.count or None]))
    return y.squeeze(axis) if layer.drop and y.shape[axis] == 1 and y.ndim > 2 else y


def product(layer, p, *x: torch.Tensor) -> torch.Tensor:
    rank = max(each.ndim for each in x)
    full = [each.reshape(len(each), *[1] * (rank - each.ndim), *each.shape[1:]) for each in x]
    return math.prod(full[1:], start=full[0])


def constant(layer, p, x: torch.Tensor) -> torch.Tensor:
    given = torch.tensor(layer.values, dtype=x.dtype).reshape(layer.shape) if layer.values else None
    value = p.get("value", torch.full(layer.shape, layer.value, dtype=x.dtype) if given is None else given)
    return value.expand(len(x), *layer.shape)


ORACLES = {
    "concat": lambda layer, p, *x: torch.cat(x, layer.axis if layer.axis < 0 else layer.axis + 1),
    "constant": constant,
    "gaussian_noise": lambda layer, p, x: x,
    "gradient_reversal": lambda layer, p, x: x,
    "masking": lambda layer, p, x: x,
    "multiply": product,
    "pad": padded,
    "permute": lambda layer, p, x: x.permute(0, *(1 + i for i in layer.order)),
    "slice": sliced,
    "spatial_dropout": lambda layer, p, x: x,
}


def layer_of(id: str, **settings) -> Layer:
    return registry.find("layer", id)(**settings)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(math.prod(shape)).normal(size=shape).astype(np.float32)


def check(id: str, settings: dict, shapes: list[tuple[int, ...]], **more) -> None:
    """Exactly as the oracle: these layers only move numbers."""
    layer = layer_of(id, **settings)
    arrays = [numbers(*shape) for shape in shapes]
    against_torch(layer, lambda *x: ORACLES[id](layer, {}, *(each[None] for each in x))[0], arrays, **more)


@pytest.mark.parametrize(
    "shape", [(5,), (16, 32), (33, 18), (1, 7), (3, 2, 5), (17, 1, 16), (2, 3, 5, 4), (1, 1, 1), (2, 3, 2, 3, 2)]
)
def test_every_permutation_as_torch(shape):
    orders = list(itertools.permutations(range(len(shape))))
    for order in orders[:: max(1, len(orders) // 24)]:
        check("permute", {"order": order}, [shape])


@pytest.mark.parametrize("size", [15, 16, 17, 31, 48])
def test_transposes_of_all_block_sizes(size):
    for other in (1, 2, 15, 16, 33):
        check("permute", {"order": (1, 0)}, [(size, other)])
        check("permute", {"order": (2, 0, 1)}, [(2, size, other)])


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize(("start", "count", "step"), [(0, 1, 1), (1, 0, 1), (-2, 2, 1), (0, 0, 2), (2, 2, 3), (-5, 0, 4)])
def test_slices_as_python(axis, start, count, step):
    check("slice", {"axis": axis, "start": start, "count": count, "step": step}, [(6, 7, 9)])
    if axis < 1:
        check("slice", {"axis": axis, "start": start, "count": count, "step": step}, [(37,)])


@pytest.mark.parametrize("mode", list(TORCH_MODES))
@pytest.mark.parametrize(
    ("before", "after"), [((1,), (2,)), ((0, 2), (3, 0)), ((2, 0, 1), (0, 1, 1)), ((0, 0, 3), (0,)), ((0,), (0,))]
)
def test_padding_as_torch(mode, before, after):
    check("pad", {"before": before, "after": after, "mode": mode, "value": 0.75}, [(4, 5, 6)])
    if len(before) == 1:
        check("pad", {"before": before, "after": after, "mode": mode, "value": 0.75}, [(19,)])
        check("pad", {"before": before, "after": after, "mode": mode, "value": 0.75}, [(4, 17)])


def test_the_widest_padding_of_each_mode():
    check("pad", {"before": (4, 2), "after": (4, 2), "mode": "reflect"}, [(5, 3, 2)])
    check("pad", {"before": (5, 3), "after": (5, 3), "mode": "wrap"}, [(5, 3, 2)])
    check("pad", {"before": (20,), "after": (33,), "mode": "edge"}, [(1, 3)])


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_concatenation_along_every_axis(axis):
    shapes = []
    for n in (3, 1, 17):
        shape = [4, 5, 6]
        shape[axis] = n
        shapes.append(tuple(shape))
    check("concat", {"axis": axis}, shapes)
    if axis < 2:
        check("concat", {"axis": axis}, [shape[:2] for shape in shapes] if axis >= 0 else [(4, shape[-1]) for shape in shapes])


@pytest.mark.parametrize(
    "shapes",
    [
        [(7,), (7,)], [(3, 2, 5)] * 4, [(3, 2, 5), (5,)], [(3, 2, 1), (1,)], [(2, 3, 16), (16,)], [(2, 3, 37), (37,)],
        [(2, 3, 5), (3, 5)], [(4, 3), (4, 1)], [(3, 2, 19), (3, 2, 1)], [(5,), (3, 5)], [(3, 5), (5,), (3, 1), (3, 5)],
    ],
)  # fmt: skip
def test_products_as_torch(shapes):
    check("multiply", {}, shapes, atol=1e-5)


def test_a_product_with_itself_is_a_square():
    g, layer = GraphBuilder(), layer_of("multiply")
    x = g.take_input(TensorType((5,)))
    with g.of("node", layer):
        graph = g.finish(layer.build(g, x, x, x))
    assert len(graph.nodes) == 2
    machine = Machine(plan_network(graph, batch=2, update=None, samples={}))
    data = numbers(2, 5)
    np.testing.assert_allclose(machine.predict(data), data**3, rtol=1e-6)


@pytest.mark.parametrize("shape", [(1,), (7,), (4, 3), (3, 2, 5)])
def test_a_constant_is_the_same_whatever_comes_in(shape):
    ran = run(layer_of("constant", shape=shape, value=0.5), [numbers(4)])
    np.testing.assert_array_equal(ran.y, np.full(shape, 0.5, np.float32))
    assert not ran.gradients[0].any()
    value = numbers(*shape)
    layer = layer_of("constant", shape=shape, trained=True)
    against_torch(layer, lambda x, value: value, [numbers(4)], {"value": value})
    given = tuple(map(float, value.reshape(-1)))
    np.testing.assert_array_equal(run(layer_of("constant", shape=shape, values=given), [numbers(4)]).y, value)
    graph = graph_of(layer_of("constant", shape=shape, values=given, trained=True), [(4,)])
    (learned,) = [one for one in graph.parameters if one.owner == "node"]
    np.testing.assert_array_equal(learned.start.draw(np.random.default_rng(0), shape, 1, 1), value)


@pytest.mark.parametrize("trained", [False, True])
def test_a_spatial_transformer_can_start_from_the_image_as_it_is(trained, tmp_path):
    """As its help says; through a file, and read by an ONNX runtime."""
    made = pg.Project()
    made.add(pg.dataset("digits"), name="data")
    made.add(pg.layer("flatten"), "data", name="flat")
    made.add(pg.layer("dense", units=6, start="zeros"), "flat", name="turn")
    made.add(pg.layer("constant", shape=(6,), values=(1, 0, 0, 0, 1, 0), trained=trained), "flat", name="still")
    made.add(pg.layer("add"), "turn", "still", name="theta")
    made.add(pg.layer("spatial_transformer"), "data", "theta", name="turned")
    made.add(pg.layer("flatten"), "turned", name="flat2")
    made.add(pg.loss("cross_entropy"), made.add(pg.layer("dense", units=10), "flat2"))
    made.set(epochs=1, optimizer=pg.optimizer("sgd", rate=0.0))
    made.save(tmp_path / "net.play")
    made = pg.Project.load(tmp_path / "net.play")
    assert made.node("still").spec.values == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    made.train()
    x = made.samples().x[:5]
    found = made.observe(x)
    np.testing.assert_array_equal(found["theta"], np.tile(np.float32([1, 0, 0, 0, 1, 0]), (5, 1)))
    assert np.ptp((found["turned"] - found["turned"].mean()) / found["turned"].std() - (x - x.mean()) / x.std()) < 1e-4
    made.export(tmp_path / "net.onnx")
    given = ReferenceEvaluator(onnx.load(tmp_path / "net.onnx")).run(None, {"input": x})[0]
    np.testing.assert_allclose(given, found["dense1"], atol=1e-4)


@pytest.mark.parametrize(
    ("id", "settings", "shapes", "words", "mend"),
    [
        ("permute", {"order": (1, 0)}, [(3, 2, 5)], "permutation of 0, 1, 2", "set order [1, 0, 2]"),
        ("permute", {"order": (0, 0)}, [(3, 2)], "permutation", "set order [1, 0]"),
        ("slice", {"axis": 2}, [(3, 2)], "has 2 axes", "set axis -1"),
        ("slice", {"start": 5}, [(5,)], "has 5 entries", "set start 0"),
        ("slice", {"start": 3, "count": 3}, [(5,)], "at most 2 entries", "set count 0"),
        ("pad", {"before": (1, 1)}, [(5,)], "in front for 2 axes", "set before [1]"),
        ("pad", {"before": (5,), "after": (0,), "mode": "reflect"}, [(5, 2)], "less than the extent", 'set mode "constant"'),
        ("pad", {"before": (6,), "after": (0,), "mode": "wrap"}, [(5, 2)], "at most the extent", 'set mode "constant"'),
        ("concat", {"axis": 0}, [(3, 2), (3, 4)], "all axes but axis 0", "insert flatten"),
        ("concat", {"axis": 3}, [(3, 2), (3, 4)], "has 2 axes", "set axis -1"),
        ("concat", {}, [(3, 2), (3,)], "equally many axes", "insert flatten"),
        ("multiply", {}, [(3, 2), (3,)], "repeated along the largest", "match shapes"),
        ("constant", {"shape": (2, 3), "values": (1.0, 2.0)}, [(3,)], "hold, 6, or none; it has 2", "set shape [2]"),
        ("spatial_dropout", {}, [(3,)], "a sequence or an image", "image"),
        ("masking", {}, [(3,)], "needs a sequence", "sequence"),
        ("prelu", {}, [()], "at least one axis", "insert flatten"),
        ("maxout", {}, [()], "at least one axis", "insert flatten"),
        ("log_softmax", {}, [()], "at least one axis", "insert flatten"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_mend(id, settings, shapes, words, mend):
    g = GraphBuilder()
    with pytest.raises(ShapeError, match=words.replace("[", r"\[")) as refusal:
        layer_of(id, **settings).build(g, *(g.take_input(TensorType(shape)) for shape in shapes))
    assert refusal.value.mend == mend


# What changes numbers only while training


def trained(layers: list[Layer], shape: tuple[int, ...], rows: int = 4, chains: int = 1, seed: int = 1) -> Machine:
    """A learned tensor of ones, repeated for every sample, through the layers; the target is zero."""
    g = GraphBuilder()
    x = g.take_input(TensorType((1,)))
    with g.of("start", None):
        ones = registry.find("initializer", "constant")(value=1.0)
        y = g.op("repeat_tensor", x, g.parameter("value", shape, ones, fan_in=1, fan_out=1))
    for at, layer in enumerate(layers):
        with g.of(f"node{at}", layer):
            y = layer.build(g, y)
    with g.of("loss", None):
        graph = g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))
    samples = {"train": rows, "validation": rows}
    machine = Machine(plan_network(graph, batch=rows, update=STILL, samples=samples, chains=chains), shuffle=False)
    machine.initialise(seed)
    for split in samples:
        machine.load(split, np.zeros((rows, 1), np.float32), np.zeros((rows, *shape), np.float32))
    return machine


def gradient(machine: Machine, threads: int = 1) -> np.ndarray:
    """What arrives at the tensor of ones, times the count of numbers over 2: the sum over the samples of the outputs' slopes."""
    assert machine.run(1, threads=threads).status == "done"
    found = machine.gradients()["start.value"]
    return found.copy() * found.size / 2


def loss(machine: Machine) -> float:
    return float(machine.ring()[(machine.step - 1) % len(machine.ring()), 0])


def test_spatial_dropout_hides_whole_channels_of_a_sample_forwards_and_backwards():
    rate, channels = 0.3, 4000
    machine = trained([layer_of("spatial_dropout", rate=rate)], (3, 2, channels), rows=1)
    for _ in range(2):
        slopes = gradient(machine)
        kept = slopes[0, 0] != 0
        assert ((slopes != 0) == kept).all()
        np.testing.assert_allclose(slopes[:, :, kept], (1 - rate) ** -2, rtol=1e-5)
        assert abs(kept.mean() - (1 - rate)) < 5 * math.sqrt(rate * (1 - rate) / channels)
        assert loss(machine) == pytest.approx(kept.mean() / (1 - rate) ** 2, rel=1e-4)
    assert machine.evaluate("validation").loss == pytest.approx(1.0)


def test_spatial_dropout_draws_for_every_sample_and_step_and_follows_its_rate():
    machine = trained([layer_of("spatial_dropout", rate=0.5)], (2, 3, 500), rows=4)
    first, second = gradient(machine), gradient(machine)
    assert (first != second).any()
    shares = np.unique(np.round(first * 4 * (1 - 0.5) ** 2))
    assert set(shares) == {0, 1, 2, 3, 4}  # samples keep different channels
    machine.knobs[machine.plan.knob_index["node0.rate"]] = 0.0
    np.testing.assert_allclose(gradient(machine), 1.0, rtol=1e-6)


@pytest.mark.parametrize("id", ["spatial_dropout", "gaussian_noise"])
def test_randomness_does_not_depend_on_threads(id):
    found = []
    for threads in (1, 2):
        machine = trained([layer_of(id)], (3, 2, 5), rows=7, chains=2)
        assert machine.run(3, threads=threads).status == "done"
        found.append((machine.ring()[:3, 0].tolist(), machine.gradients()["start.value"].tolist()))
    assert found[0] == found[1]


def noise_of(machine: Machine) -> np.ndarray:
    """With one sample and a factor of 1, the slope of the loss at the output is 1 + noise."""
    return gradient(machine).ravel() - 1.0


def test_noise_is_normal_with_its_deviation():
    stats = pytest.importorskip("scipy.stats")
    n = 40_000
    machine = trained([layer_of("gaussian_noise", deviation=0.5)], (n,), rows=1)
    noise = noise_of(machine) / 0.5
    assert abs(noise.mean()) < 5 / math.sqrt(n)
    assert abs(noise.var() - 1) < 5 * math.sqrt(2 / n)
    assert abs((noise**3).mean()) < 5 * math.sqrt(15 / n)
    assert stats.kstest(noise, "norm").pvalue > 1e-3
    assert 3.5 < np.abs(noise).max() < 5.5
    other = noise_of(machine) / 0.5
    for a, b in ((noise, other), (noise[1:], noise[:-1]), (noise[16:], noise[:-16])):
        assert abs(np.mean(a * b)) < 5 / math.sqrt(n)
    machine.knobs[machine.plan.knob_index["node0.deviation"]] = 2.0
    assert noise_of(machine).std() == pytest.approx(2.0, rel=0.03)
    assert machine.evaluate("validation").loss == pytest.approx(1.0)


def test_two_layers_and_two_seeds_have_noise_of_their_own():
    one = noise_of(trained([layer_of("gaussian_noise", deviation=1.0)], (20_000,), rows=1))
    two = noise_of(trained([layer_of("gaussian_noise", deviation=1.0)] * 2, (20_000,), rows=1))
    other = noise_of(trained([layer_of("gaussian_noise", deviation=1.0)], (20_000,), rows=1, seed=2))
    assert two.std() == pytest.approx(math.sqrt(2), rel=0.03)
    assert abs(np.mean(one * other)) < 0.05


@pytest.mark.parametrize("strength", [1.0, 0.0, 0.3, -1.0, 10.0])
@pytest.mark.parametrize("shape", [(5,), (3, 2, 7)])
def test_the_gradient_is_reversed_by_the_live_strength(strength, shape):
    machine = trained([layer_of("gradient_reversal")], shape)
    np.testing.assert_allclose(gradient(machine), -1.0, rtol=1e-6)
    assert loss(machine) == pytest.approx(1.0)
    machine.knobs[machine.plan.knob_index["node0.strength"]] = strength
    np.testing.assert_allclose(gradient(machine), -strength, rtol=1e-6)
    np.testing.assert_allclose(gradient(trained([layer_of("gradient_reversal")] * 2, shape)), 1.0, rtol=1e-6)


# Masks


def masks_of(layers: list[Layer], x: np.ndarray) -> tuple[np.ndarray, TensorType]:
    """The mask behind the layers, as the engine computes it for these samples, and the type that it is attached to."""
    g = GraphBuilder()
    y = g.take_input(TensorType(x.shape[1:]))
    for at, layer in enumerate(layers):
        with g.of(f"node{at}", layer):
            y = layer.build(g, y)
    assert y.mask is not None
    machine = Machine(plan_network(g.finish(y.mask), batch=len(x), update=None, samples={}))
    return machine.predict(x), y.type


@pytest.mark.parametrize("features", [1, 3, 16, 19])
@pytest.mark.parametrize("value", [0.0, -1.5])
def test_masking_marks_steps_whose_numbers_all_equal_the_value(features, value):
    x = numbers(5, 7, features)
    x[0, 2], x[1, :], x[3, 5:] = value, value, value
    x[4, 1, 0], x[4, 1, 1:] = 0.25, value  # a single other number keeps a step
    mask, type = masks_of([layer_of("masking", value=value)], x)
    np.testing.assert_array_equal(mask, (x != np.float32(value)).any(-1))
    assert type.masked
    assert type.shape == (7, features)


def test_masks_travel_with_their_steps():
    x = numbers(3, 6, 4)
    x[0, 1], x[1, 4:], x[2, 0] = 0, 0, 0
    present = (x != 0).any(-1).astype(np.float32)
    masking = layer_of("masking")
    for layers, expected in (
        ([layer_of("gelu"), layer_of("prelu"), layer_of("log_softmax"), layer_of("maxout")], present),
        ([layer_of("gaussian_noise"), layer_of("spatial_dropout"), layer_of("gradient_reversal")], present),
        ([layer_of("slice", axis=0, start=1, count=4)], present[:, 1:5]),
        ([layer_of("slice", axis=1, start=1, count=2)], present),
        ([layer_of("pad", before=(2,), after=(1,))], np.pad(present, ((0, 0), (2, 1)))),
        ([layer_of("pad", before=(2,), after=(1,), mode="edge")], np.pad(present, ((0, 0), (2, 1)), mode="edge")),
        ([layer_of("pad", before=(0, 2), after=(0, 1))], present),
        ([layer_of("permute", order=(0, 1))], present),
    ):
        mask, type = masks_of([masking, *layers], x)
        np.testing.assert_array_equal(mask, expected)
        assert type.masked


def test_joined_sequences_join_their_masks():
    x = numbers(2, 3, 4)
    x[0, 1] = 0
    g = GraphBuilder()
    masking, concat = layer_of("masking"), layer_of("concat", axis=0)
    start = g.take_input(TensorType((3, 4)))
    y = masking.build(g, start)
    joined = concat.build(g, y, y)
    assert joined.mask.shape == (6,)
    machine = Machine(plan_network(g.finish(joined.mask), batch=2, update=None, samples={}))
    np.testing.assert_array_equal(machine.predict(x), np.tile((x != 0).any(-1), 2))
    with pytest.raises(ShapeError, match="mask on all"):
        concat.build(g, y, start)


def test_captions_and_facts_of_defaults():
    assert facts(layer_of("permute"), (TensorType((4, 3)),)).type.shape == (3, 4)
    assert facts(layer_of("prelu", slopes="channel"), (TensorType((4, 3)),)).parameters == 3
    assert facts(layer_of("maxout", units=5, pieces=3), (TensorType((4,)),)).formula == "75 = 3·5·(4+1)"

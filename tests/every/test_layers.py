"""Every layer with every example: shapes by inspection, forward and gradient in the engine against float64 NumPy, one step."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core import registry
from playground.core.spec import Layer
from playground.core.tensor import TensorType
from playground.engine import ops
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from playground.lowering.facts import facts
from tests.every.catalogue import examples
from tests.every.evaluate import draw, evaluated, input_types, layer_graph, loss_of, quiet

EVERY = pytest.mark.parametrize(("record", "settings", "shapes"), examples("layer"))
ROWS, BATCH = 7, 3
RATE = 0.1


def machine_of(graph: Graph, batch: int, samples: int, chains: int = 1, seed: int = 5) -> tuple[Machine, np.ndarray, np.ndarray]:
    """A machine with weights and random samples in both splits, in order. chains: parts that a batch is split into."""
    rng = np.random.default_rng(seed)
    x = draw(rng, graph.values[graph.input].type, samples)
    shape = graph.values[graph.target].type.shape
    y = rng.normal(size=(samples, *shape)).astype(np.float32)
    rule = UpdateRule("sgd", {"rate": RATE, "l2": 0.0})
    splits = {"train": samples, "validation": samples}
    machine = Machine(plan_network(graph, batch=batch, update=rule, samples=splits, chains=chains), shuffle=False)
    machine.initialise(seed)
    machine.load("train", x, y)
    machine.load("validation", x, y)
    return machine, x, y


def copies(views: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: view.astype(np.float64) for name, view in views.items()}


@EVERY
def test_shape_by_inspection(record, settings, shapes):
    layer: Layer = record(**settings)
    found = facts(layer, input_types(layer, shapes))
    assert found.type is not None, found.reason
    graph = layer_graph(layer, shapes)
    own = [p for p in graph.parameters if p.owner == "node"]
    tensors = {held.name: np.ones(graph.values[held.value].type.shape) for held in (*graph.parameters, *graph.statistics)}
    y = np.zeros((2, *graph.values[graph.target].type.shape))
    x = np.zeros((2, *graph.values[graph.input].type.shape))
    values = evaluated(graph, x, y, tensors, training=False)
    assert values[graph.output].shape == (2, *found.type.shape)
    assert found.parameters == sum(graph.values[p.value].type.count for p in own)
    assert found.flops >= 0
    caption = layer.caption(tuple(TensorType(shape) for shape in shapes), found.type)
    assert len(caption) <= 24
    assert found.formula.startswith(f"{found.parameters:,}" if found.parameters else "")
    if " = " in found.formula:
        assert value_of(found.formula.partition(" = ")[2]) == found.parameters


def value_of(formula: str) -> int:
    """The number that a parameter formula stands for."""
    assert set(formula) <= set("0123456789·+()²³ ")
    for written, plain in (("·", "*"), ("²", "**2"), ("³", "**3")):
        formula = formula.replace(written, plain)
    return eval(formula, {"__builtins__": {}})


@EVERY
def test_its_drawn_curve_is_its_function(record, settings, shapes):
    layer: Layer = record(**settings)
    x = np.linspace(-6.0, 6.0, 101)
    curve = layer.curve(x)
    if curve is None:
        assert layer.preview != "glyph"
        return
    graph = layer_graph(layer, ((101,),))
    (node,) = (node for node in graph.nodes if node.owner == "node")
    own = {p.value: p.start.draw(np.random.default_rng(0), graph.values[p.value].type.shape, 1, 1) for p in graph.parameters}
    inputs = [x[None], *(own[i].astype(np.float64) for i in node.inputs[1:])]
    np.testing.assert_allclose(curve, ops.find(node.op).reference(inputs, node.attributes)[0], rtol=1e-12, atol=1e-15)


@EVERY
def test_forward_in_evaluation(record, settings, shapes):
    graph = layer_graph(record(**settings), shapes)
    machine, x, y = machine_of(graph, BATCH, ROWS)
    machine.run(2)  # so that running statistics are no longer what they start as
    tensors = {**copies(machine.parameters()), **copies(machine.statistics())}
    expected = evaluated(graph, x, y, tensors, training=False)
    before = machine.state_sha256()
    found = machine.evaluate("validation")
    assert machine.state_sha256() == before
    np.testing.assert_allclose(found.outputs, expected[graph.output], rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(found.loss, expected[graph.loss], rtol=2e-4, atol=2e-5)
    np.testing.assert_array_equal(machine.predict(x), found.outputs)


@pytest.mark.parametrize("chains", [1, 2])
@EVERY
def test_gradient_and_one_step(record, settings, shapes, chains):
    """The engine's gradients against central differences of the float64 reference, along axes and along random directions."""
    graph = layer_graph(quiet(record(**settings)), shapes)
    machine, x, y = machine_of(graph, BATCH, BATCH, chains)
    tensors = {**copies(machine.parameters()), **copies(machine.statistics())}
    assert machine.run(1).status == "done"
    assert machine.ring()[0, 0] == pytest.approx(loss_of(graph, x, y, tensors), rel=1e-4)
    rng = np.random.default_rng(7)
    for name, gradient in machine.gradients().items():
        for direction in directions(rng, gradient.shape):
            expected = slope(graph, x, y, tensors, name, direction)
            length = float(np.abs(gradient.astype(np.float64) * direction).sum())
            assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-3, abs=1e-4 * length + 1e-6), name
        stepped = tensors[name] - RATE * gradient
        np.testing.assert_allclose(machine.parameters()[name], stepped, rtol=1e-5, atol=1e-6, err_msg=name)


def directions(rng: np.random.Generator, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Four random directions and a dozen axes."""
    found = [rng.normal(size=shape) for _ in range(4)]
    size = int(np.prod(shape))
    for at in rng.permutation(size)[:12]:
        axis = np.zeros(size)
        axis[at] = 1.0
        found.append(axis.reshape(shape))
    return found


def slope(graph: Graph, x: np.ndarray, y: np.ndarray, tensors: dict[str, np.ndarray], name: str, direction: np.ndarray) -> float:
    """The loss's derivative along a direction in one tensor, by central differences."""
    h = 1e-6
    high = loss_of(graph, x, y, {**tensors, name: tensors[name] + h * direction})
    low = loss_of(graph, x, y, {**tensors, name: tensors[name] - h * direction})
    return (high - low) / (2 * h)


@EVERY
def test_same_seed_same_bits_on_one_and_two_threads(record, settings, shapes):
    graph = layer_graph(record(**settings), shapes)
    hashes = set()
    for threads in (1, 2):
        machine, _, _ = machine_of(graph, BATCH, ROWS, chains=2)
        assert machine.plan.chains == 2
        machine.run(3, threads=threads)
        hashes.add(machine.state_sha256())
    assert len(hashes) == 1


@pytest.mark.parametrize("record", registry.entries("layer"), ids=lambda record: record.id)
def test_examples_hold_odd_sizes(record):
    sizes = {n for _, _, shapes in record.examples for shape in shapes for n in shape}
    assert any(n % 2 for n in sizes)
    assert 1 in sizes or any(n % 16 for n in sizes)

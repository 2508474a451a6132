"""Random networks of all layers, with branches and values read twice: the engine against the float64 references."""

from __future__ import annotations

import random

import numpy as np
import pytest

from playground.core import registry
from playground.core.fields import Part, fields_of
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.lowering.facts import facts
from tests.every.evaluate import FEATURES, evaluated, loss_of, quiet, spread
from tests.every.test_layers import copies, directions, machine_of, slope

SHAPES = [(5,), (6, 5, 2), (4, 3), (1, 1, 3), (7, 4, 1), (8, 8, 3), (17,)]
#: A layer and what its ports read: the number of a value, or None.
Step = tuple[Layer, tuple[int | None, ...]]
MOST_NUMBERS = 700
MOST_PARAMETERS = 6000


def random_layer(rng: random.Random) -> Layer:
    record = rng.choice(registry.entries("layer"))
    settings = {n: f.some(rng) for n, f in fields_of(record).items() if not isinstance(f, Part) and rng.random() < 0.6}
    return quiet(record(**settings))


def random_graph(seed: int) -> Graph:
    """Some layers on top of each other, mostly on the newest value; only what leads to the last one is built."""
    rng = random.Random(seed)
    types = [TensorType(rng.choice(SHAPES))]
    steps: list[Step] = []
    wanted = rng.randint(3, 10)
    for _ in range(200):
        layer = random_layer(rng)
        first = len(types) - 1 if rng.random() < 0.75 else rng.randrange(len(types))
        inputs = wired(rng, layer, types, first)
        if inputs is None or layer.tokens:
            continue
        found = facts(layer, tuple(None if at is None else types[at] for at in inputs))
        if found.type is None:
            continue
        if found.type.count <= MOST_NUMBERS and found.parameters <= MOST_PARAMETERS:
            steps.append((layer, tuple(inputs)))
            types.append(found.type)
        if len(steps) == wanted:
            break
    return built(types[0], steps)


def wired(rng: random.Random, layer: Layer, types: list[TensorType], first: int) -> list[int | None] | None:
    """What each port of a layer reads; optional ones mostly nothing. None where no value fits a port."""
    inputs: list[int | None] = [first]
    needed = len(layer.ports) - layer.optional
    count = rng.choice([2, 2, 3]) if layer.variadic else len(layer.ports) if rng.random() < 0.3 else needed
    for _ in range(max(count, needed) - 1):
        rest: list[TensorType | None] = [None] * max(0, len(layer.ports) - len(inputs) - 1)
        known = [None if at is None else types[at] for at in inputs]
        fitting = [at for at, type in enumerate(types) if facts(layer, (*known, type, *rest)).type is not None]
        if not fitting and len(inputs) < needed:
            return None
        inputs += [rng.choice(fitting)] if fitting else [None] if not layer.variadic else []
    return [*inputs, *([None] * (len(layer.ports) - len(inputs)))]


def built(start: TensorType, steps: list[Step]) -> Graph:
    used, waiting = {len(steps)}, [len(steps)]
    while waiting:
        at = waiting.pop()
        for source in steps[at - 1][1] if at else ():
            if source is not None and source not in used:
                used.add(source)
                waiting.append(source)
    g = GraphBuilder()
    values: dict[int, Value] = {0: spread(g, g.take_input(TensorType((FEATURES,))), start.shape, "spread0")}
    for at, (layer, inputs) in enumerate(steps, 1):
        if at in used:
            with g.of(f"node{at}", layer):
                made = layer.build(g, *(None if source is None else values[source] for source in inputs))
                values[at] = made[0] if isinstance(made, tuple) else made
    y = values[len(steps)]
    target = g.take_target(y.type)
    with g.of("loss", None):
        return g.finish(y, g.op("mean_squared_error", y, target))


def attempt(seed: int) -> None:
    """Loss, gradients and evaluation of one random network, its batch split into one to three chains."""
    graph = random_graph(seed)
    machine, x, y = machine_of(graph, 5, 5, chains=1 + seed % 3, seed=seed)
    noise = np.random.default_rng(seed)
    for view in machine.parameters().values():  # biases of exactly zero would put whole layers on the kink of a ReLU
        view += 0.1 * noise.normal(size=view.shape).astype(np.float32)
    tensors = {**copies(machine.parameters()), **copies(machine.statistics())}
    expected = evaluated(graph, x, y, tensors, training=False)
    np.testing.assert_allclose(machine.evaluate("validation").outputs, expected[graph.output], rtol=1e-3, atol=1e-4)
    assert machine.run(1).status == "done"
    assert machine.ring()[0, 0] == pytest.approx(loss_of(graph, x, y, tensors), rel=1e-3, abs=1e-5)
    rng = np.random.default_rng(seed)
    # Where gradients cancel, as before a batch normalisation, what is left is the rounding of the larger ones behind.
    floor = 1e-5 + 2e-5 * float(np.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in machine.gradients().values())))
    for name, gradient in machine.gradients().items():
        for direction in directions(rng, gradient.shape)[:6]:
            wanted = slope(graph, x, y, tensors, name, direction)
            length = float(np.abs(gradient.astype(np.float64) * direction).sum())
            assert float((gradient * direction).sum()) == pytest.approx(wanted, rel=5e-3, abs=1e-3 * length + floor), name


@pytest.mark.parametrize("seed", range(60))
def test_a_random_network(seed):
    attempt(seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 3000))
def test_many_random_networks(seed):
    attempt(seed)

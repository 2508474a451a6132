"""Models for these tests, straight from a graph: the expected answers come from the NumPy references, not from the code under test."""

from __future__ import annotations

import numpy as np

from playground.core import registry
from playground.core.tensor import TensorType
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.formats.model import Affine, Model
from tests.every.evaluate import draw, evaluated

ROWS = 6


def model_of(graph: Graph, seed: int = 0, *, before: Affine | None = None, after: Affine | None = None) -> Model:
    """Random weights, running statistics away from their start, a random probe and its answers in float64."""
    rng = np.random.default_rng(seed)

    def drawn(value: int) -> np.ndarray:
        return rng.normal(0.0, 0.6, graph.values[value].type.shape).astype(np.float32)

    parameters = {p.name: drawn(p.value) for p in graph.parameters}
    # Variances and other statistics have to be positive.
    statistics = {s.name: np.abs(drawn(s.value)) + 0.5 for s in graph.statistics}
    probe = draw(rng, graph.values[graph.input].type, ROWS)
    x = probe if before is None else before.apply(probe.astype(np.float64))
    target = np.zeros((ROWS, *graph.values[graph.target].type.shape)) if graph.target is not None else np.zeros(0)
    y = evaluated(graph, x, target, {**parameters, **statistics}, training=False)[graph.output]
    return Model(
        name="test", graph=graph, parameters=parameters, statistics=statistics, probe=probe,
        expected=np.asarray(y if after is None else after.invert(y), np.float32), before=before, after=after, about={"task": "test"},
    )  # fmt: skip


def small_cnn() -> Graph:
    """An image of 6×5×2 through everything that has a layout: convolution, norm, pools, a branch, a flatten, a dense layer."""
    made = {
        name: registry.find("layer", name)
        for name in ("conv2d", "batch_norm", "relu", "max_pool2d", "flatten", "dense", "add", "dropout")
    }
    g = GraphBuilder()
    values = {"x": g.take_input(TensorType((6, 5, 2)))}

    def add(name: str, kind: str, *inputs: str, **settings: object) -> None:
        spec = made[kind](**settings)
        with g.of(name, spec):
            values[name] = spec.build(g, *(values[one] for one in inputs))

    add("conv1", "conv2d", "x", filters=3)
    add("norm1", "batch_norm", "conv1")
    add("relu1", "relu", "norm1")
    add("conv2", "conv2d", "relu1", filters=3)
    add("add1", "add", "conv2", "relu1")
    add("pool1", "max_pool2d", "add1")
    add("drop1", "dropout", "pool1")
    add("flat1", "flatten", "drop1")
    add("dense1", "dense", "flat1", units=4)
    return g.finish(values["dense1"])

"""Graphs around a single record, computed a second time by the ops' plain NumPy references in float64."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core import registry
from playground.core.fields import Real, fields_of
from playground.core.spec import Layer, Loss, Spec
from playground.core.tensor import TensorType, Value
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph

#: Features that every graph here starts from; a dense op spreads them over each input of the record under test, so that the
#: gradient of that dense op's weights shows the gradient of the input, element by element.
FEATURES = 5


def quiet(spec: Spec) -> Spec:
    """The record with its live numbers at the low end: what draws random numbers at every step then draws none that matter."""
    live = {name: field.low for name, field in fields_of(spec).items() if field.live and isinstance(field, Real)}
    return dataclasses.replace(spec, **live) if live else spec


def spread(g: GraphBuilder, x: Value, shape: tuple[int, ...], name: str) -> Value:
    """A dense op, called `name`, from the features to a value of the given shape."""
    normal = registry.find("initializer", "normal")(deviation=0.5)
    count = TensorType(shape).count
    with g.of(name, None):
        y = g.op("dense", x, g.parameter("weight", (FEATURES, count), normal, fan_in=FEATURES, fan_out=count))
        return y if len(shape) == 1 else g.op("reshape", y, shape=shape)


def input_types(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> tuple[TensorType, ...]:
    """What the layer is given: amounts, or tokens at the first port of a layer that takes them."""
    tokens = getattr(layer, layer.tokens) if layer.tokens else 0
    return tuple(TensorType(shape, tokens=tokens if at == 0 else 0) for at, shape in enumerate(shapes))


def draw(rng: np.random.Generator, type: TensorType, rows: int) -> np.ndarray:
    """Random samples of a type: amounts from a bell curve, or tokens."""
    size = (rows, *type.shape)
    return (rng.integers(0, type.tokens, size) if type.tokens else rng.normal(size=size)).astype(np.float32)


def layer_graph(layer: Layer, shapes: tuple[tuple[int, ...], ...], loss: str = "mean_squared_error") -> Graph:
    """Features, spread over the layer's inputs, the layer, and the squared distance to random targets: a random upstream.

    Tokens have no gradient: a layer that takes them reads the samples themselves.
    """
    g = GraphBuilder()
    if layer.tokens:
        (type,) = input_types(layer, shapes)
        inputs = [g.take_input(type)]
    else:
        x = g.take_input(TensorType((FEATURES,)))
        inputs = [spread(g, x, shape, f"spread{at}") for at, shape in enumerate(shapes)]
    with g.of("node", layer):
        built = layer.build(g, *inputs)
    y = built[0] if isinstance(built, tuple) else built
    target = g.take_target(y.type)
    with g.of("loss", None):
        return g.finish(y, g.op(loss, y, target))


def loss_graph(loss: Loss, shapes: tuple[tuple[int, ...], ...]) -> Graph:
    """Features, spread over the prediction, and the loss."""
    g = GraphBuilder()
    prediction = spread(g, g.take_input(TensorType((FEATURES,))), shapes[0], "spread0")
    target = g.take_target(TensorType(shapes[1]))
    with g.of("loss", loss):
        return g.finish(prediction, loss.build(g, prediction, target))


def evaluated(graph: Graph, x: np.ndarray, y: np.ndarray, tensors: Mapping[str, np.ndarray], *, training: bool) -> dict[int, Any]:
    """Every value of a graph by value index, in float64; scalars are the batch's mean loss."""
    values: dict[int, Any] = {graph.input: np.asarray(x, np.float64)}
    if graph.target is not None:
        values[graph.target] = y if graph.values[graph.target].type.shape == () else np.asarray(y, np.float64)
    for held in (*graph.parameters, *graph.statistics):
        values[held.value] = np.asarray(tensors[held.name], np.float64)
    values |= {constant.value: np.asarray(constant.array, np.float64) for constant in graph.constants}
    for node in graph.nodes:
        inputs = [values[i] for i in node.inputs]
        values |= zip(node.outputs, ops.find(node.op).results(inputs, node.attributes, training), strict=True)
    return values


def loss_of(graph: Graph, x: np.ndarray, y: np.ndarray, tensors: Mapping[str, np.ndarray]) -> float:
    """The training loss."""
    assert graph.loss is not None
    return float(evaluated(graph, x, y, tensors, training=True)[graph.loss])

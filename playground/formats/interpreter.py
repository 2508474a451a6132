"""The network run a second time in plain NumPy, from the formulas of its ops: shares no kernel, plan or memory with the engine."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest

import numpy as np

from playground.core.tensor import TensorType
from playground.engine import ops
from playground.engine.formulas import node_values
from playground.engine.graph import Graph
from playground.errors import FileError
from playground.formats.model import Affine, Model, further_inputs, further_outputs, needed
from playground.words import sentence


def forward(
    graph: Graph, tensors: Mapping[str, np.ndarray], x: np.ndarray, columns: Mapping[str, np.ndarray] | None = None
) -> tuple[np.ndarray, ...]:
    """What the network gives for scaled inputs, to its first loss and to others. Shapes: (n, *input) -> (n, *output) each.

    Raises FileError for a missing tensor.
    """
    held: dict[int, np.ndarray] = {graph.input: x}
    for value in graph.values:
        if value.kind in ("parameter", "statistic"):
            held[value.index] = _tensor(tensors, value.name, value.type)
    held |= {column: np.asarray((columns or {})[graph.values[column].name]) for column in further_inputs(graph)}
    held |= {constant.value: constant.array for constant in graph.constants}
    for node in needed(graph):
        inputs = [held[i] for i in node.inputs]
        held |= zip(node.outputs, ops.find(node.op).results(inputs, node.attributes), strict=True)
    return tuple(held[value] for value in (graph.output, *further_outputs(graph)))


def observed(
    graph: Graph, tensors: Mapping[str, np.ndarray], x: np.ndarray, columns: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What every node gives for scaled inputs, as `node_values` names it. Shapes: (n, *input) -> (n, ...) each.

    Raises FileError for a missing tensor.
    """
    held = {v.name: _tensor(tensors, v.name, v.type) for v in graph.values if v.kind in ("parameter", "statistic")}
    return node_values(graph, held, x, columns)


def answer(model: Model, tensors: Mapping[str, np.ndarray], scaling: Mapping[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """The answers to the model's probe with the given arrays instead of the model's own, in float64, scaling included."""
    wide = {name: array.astype(np.float64) for name, array in tensors.items()}
    x = model.probe.astype(np.float64)
    before = affine(scaling, "input")
    given = forward(model.graph, wide, x if before is None else before.apply(x), model.columns)
    names = ("output", *(one.name for one in model.further))
    afters = [affine(scaling, name) for name in names]
    return tuple(y if after is None else after.invert(y) for y, after in zip_longest(given, afters))


def affine(scaling: Mapping[str, np.ndarray], name: str) -> Affine | None:
    """The scaling at the "input", the "output" or a further one among arrays of a file."""
    if f"{name}.shift" not in scaling:
        return None
    return Affine(scaling[f"{name}.shift"].astype(np.float64), scaling[f"{name}.scale"].astype(np.float64))


def _tensor(tensors: Mapping[str, np.ndarray], name: str, type: TensorType) -> np.ndarray:
    array = tensors.get(name)
    if array is None:
        raise FileError(
            sentence(
                "The weights must hold {name}; they hold {tensors}.", name=name, tensors=", ".join(sorted(tensors)) or "nothing"
            )
        )
    if array.shape != type.shape:
        raise FileError(
            sentence(
                "{name} must have the shape {shape}; the file has {shape2}.", name=name, shape=type.shape, shape2=array.shape
            )
        )
    return array

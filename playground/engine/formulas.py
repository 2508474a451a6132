"""What every node of a graph gives, by the plain NumPy formulas of its ops: no kernel, no plan, no arena."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine import ops
from playground.engine.graph import Graph
from playground.engine.naming import shown


def node_values(
    graph: Graph, tensors: Mapping[str, np.ndarray], x: np.ndarray, columns: Mapping[str, np.ndarray], between: str = "/"
) -> dict[str, np.ndarray]:
    """What nodes give for scaled inputs, as `shown` names it.

    A node whose weights or columns are missing, or are of another shape, is left out with all that hangs on it. Losses are left out.
    Shapes: x (n, *input) -> (n, *node output).
    """
    held = _given(graph, tensors, x, columns)
    for node in graph.nodes:
        rule = ops.find(node.op)
        if not rule.is_loss and node.owner and all(i in held for i in node.inputs):
            held |= zip(node.outputs, rule.results([held[i] for i in node.inputs], node.attributes), strict=True)
    return {name: held[value] for name, value in shown(graph, between).items() if value in held}


def present_steps(graph: Graph, x: np.ndarray, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Which steps of what a node gives are there, of nodes with a mask, by name; weights play no part in that.

    Shapes: x (n, *input) -> (n, steps) bool.
    """
    held, made = _given(graph, {}, x, columns), {value: node for node in graph.nodes for value in node.outputs}

    def has(value: int) -> bool:
        if value not in held and value in made:
            node = made[value]
            if all(has(one) for one in node.inputs):
                rule = ops.find(node.op)
                held.update(zip(node.outputs, rule.results([held[i] for i in node.inputs], node.attributes), strict=True))
        return value in held

    return {owner: held[mask] > 0 for owner, mask in graph.present.items() if has(mask)}


def first_inputs(graph: Graph, outputs: Mapping[str, np.ndarray], x: np.ndarray, between: str = "/") -> dict[str, np.ndarray]:
    """What each node reads at its first port, by node name, where that is the network's input or what another node gives.

    outputs: named as by `shown`, from `node_values` or a machine that observes.  Shapes: x (n, *input) -> (n, *what is read).
    """
    held = {graph.input: x} | {value: outputs[name] for name, value in shown(graph, between).items() if name in outputs}
    first: dict[str, int] = {}
    for node in graph.nodes:
        if node.owner and node.inputs:
            first.setdefault(node.owner, node.inputs[0])
    return {owner: held[value] for owner, value in first.items() if value in held}


def only_present(values: np.ndarray, present: np.ndarray | None) -> np.ndarray:
    """What a node gives without padding, one step after another. Shapes: (n, steps, ...), present (n, steps) -> (k, ...)."""
    if present is None or values.shape[: present.ndim] != present.shape:
        return values
    return np.asarray(values[present])


def _given(
    graph: Graph, tensors: Mapping[str, np.ndarray], x: np.ndarray, columns: Mapping[str, np.ndarray]
) -> dict[int, np.ndarray]:
    """What is known of the values before any op."""
    held: dict[int, np.ndarray] = {graph.input: x}
    for value in graph.values:
        array = tensors.get(value.name) if value.kind in ("parameter", "statistic") else None
        if array is not None and array.shape == value.type.shape:
            held[value.index] = array
    held |= {column: columns[name] for column in graph.columns if (name := graph.values[column].name) in columns}
    return held | {constant.value: constant.array for constant in graph.constants}

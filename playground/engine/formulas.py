"""What every node of a graph gives, by the plain NumPy formulas of its ops: no kernel, no plan, no arena."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from playground.engine import ops
from playground.engine.graph import Graph


def node_values(
    graph: Graph, tensors: Mapping[str, np.ndarray], x: np.ndarray, columns: Mapping[str, np.ndarray], between: str = "/"
) -> dict[str, np.ndarray]:
    """By node name, for scaled inputs; "node/name" is what else its ops give, such as gates and attention weights, and "node/y" what an
    op gives that the node as a whole does not. Of several ops of a node with outputs of one name the later ones are "node/name 2" and
    so on. between: what stands in place of the slash.

    A node whose weights or columns are missing, or are of another shape, is left out with all that hangs on it. Losses are left out.
    Shapes: x (n, *input) -> (n, *node output).
    """
    held = _given(graph, tensors, x, columns)
    found: dict[str, np.ndarray] = {}
    for node in graph.nodes:
        rule = ops.find(node.op)
        if rule.is_loss or not node.owner or not all(i in held for i in node.inputs):
            continue
        held |= zip(node.outputs, rule.results([held[i] for i in node.inputs], node.attributes), strict=True)
        if node.owner not in graph.mains:
            found[node.owner] = held[node.output]
        for value_at, name in zip(node.outputs, rule.outputs, strict=True):
            if len(rule.outputs) > 1 or name != "y":
                found[_free(found, f"{node.owner}{between}{name}")] = held[value_at]
    return found | {owner: held[main] for owner, main in graph.mains.items() if main in held}


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


def first_inputs(graph: Graph, outputs: Mapping[str, np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """What each node reads at its first port, by node name, where that is the network's input or what another node gives.

    outputs: by node name, as `node_values` or a machine that observes gives them.  Shapes: x (n, *input) -> (n, *what is read).
    """
    held = {graph.input: x} | {value: outputs[name] for name, value in graph.mains.items() if name in outputs}
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


def _free(found: Mapping[str, np.ndarray], name: str) -> str:
    """This name, or with the next number behind it where it is taken."""
    turn, full = 1, name
    while full in found:
        turn += 1
        full = f"{name} {turn}"
    return full

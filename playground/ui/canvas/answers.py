"""What every node of a small network gives for a few inputs, by the ops' plain NumPy formulas. No drawing, no compiled code.

The canvas shows what nodes compute from start to end, so before a run these answers come from the same start weights that the
engine draws: same seed, same stream, same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from playground.engine import ops
from playground.engine.graph import Graph

Array = npt.NDArray[np.floating]


def start_weights(graph: Graph, seed: int) -> dict[str, Array]:
    """The parameters as a run with this seed begins, and statistics at their start."""
    found: dict[str, Array] = {}
    for stream, p in enumerate(graph.parameters):
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, stream], np.uint64)))
        found[p.name] = p.start.draw(rng, graph.values[p.value].type.shape, p.fan_in, p.fan_out)
    for s in graph.statistics:
        found[s.name] = np.full(graph.values[s.value].type.shape, s.start, np.float32)
    return found


def node_outputs(graph: Graph, weights: Mapping[str, Array], x: Array) -> dict[str, Array]:
    """Every node's output for scaled inputs, by node name. Shapes: x (n, *input) -> (n, *node output).

    Raises KeyError where `weights` lacks one, as after an edit that the run does not know.
    """
    values: dict[int, Array] = {graph.input: x}
    for value in graph.values:
        if value.kind in ("parameter", "statistic"):
            values[value.index] = weights[value.name]
            if weights[value.name].shape != value.type.shape:
                raise KeyError(value.name)
    found: dict[str, Array] = {}
    for node in graph.nodes:
        if graph.loss is not None and node.output == graph.loss:
            break
        values[node.output] = ops.find(node.op).reference([values[i] for i in node.inputs], node.attributes)
        found[node.owner] = values[node.output]
    return found


def cost_of(graph: Graph, rows: int) -> int:
    """Numbers that `node_outputs` computes, to decide how often that may be."""
    return rows * sum(ops.find(n.op).cost(graph.types(n), graph.values[n.output].type, n.attributes) for n in graph.nodes)

"""What every node of a small network gives for a few inputs, by the ops' plain NumPy formulas. No drawing, no compiled code.

The canvas shows what nodes compute from start to end, so before a run these answers come from the same start weights that the
engine draws: same seed, same stream, same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from playground.core.samples import Samples
from playground.document.project import Project
from playground.engine import ops
from playground.engine.formulas import node_values, present_steps
from playground.engine.graph import Graph
from playground.lowering.flow import flow_of
from playground.lowering.network import LENGTHS, known_network, usual_columns

Array = npt.NDArray[np.floating]


MOST_DRAWN = 2**22  # parameters; drawing more would stall the window, and pictures of so many say little


def start_weights(graph: Graph, seed: int) -> dict[str, Array]:
    """The parameters as a run with this seed begins, and statistics at their start; none for a network that is too large to show."""
    found: dict[str, Array] = {}
    if sum(math.prod(graph.values[p.value].type.shape) for p in graph.parameters) > MOST_DRAWN:
        return found
    for stream, p in enumerate(graph.parameters):
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, stream], np.uint64)))
        found[p.name] = p.start.draw(rng, graph.values[p.value].type.shape, p.fan_in, p.fan_out)
    for s in graph.statistics:
        found[s.name] = np.full(graph.values[s.value].type.shape, s.start, np.float32)
    return found


def known_graph(project: Project, samples: Samples) -> Graph | None:
    """The part of the network whose shapes are known, whatever is wrong elsewhere; None while nothing hangs on the data."""
    return known_network(flow_of(project, samples), samples)


def image_forms(project: Project, samples: Samples | None) -> dict[str, tuple[int, ...]]:
    """Node id -> shape of the image whose numbers it reads, directly or flattened; nodes without one are left out."""
    flow = flow_of(project, samples)
    forms: dict[str, tuple[int, ...]] = {}
    for id in flow.order:
        if len(flow.into[id]) != 1:
            continue
        source = flow.into[id][0].source
        if source in flow.types and flow.types[source].rank == 3:
            forms[id] = flow.types[source].shape
        elif source in forms:
            forms[id] = forms[source]
    return forms


def node_outputs(
    graph: Graph, weights: Mapping[str, Array], x: Array, columns: Mapping[str, Array] | None = None
) -> dict[str, Array]:
    """Nodes' outputs for scaled inputs, as `node_values` gives them, with "node:name" for further ones: a slash stands in names of nodes
    inside blocks. Shapes: x (n, *input) -> (n, *node output).

    columns: what comes with the samples, such as lengths; sequences are whole where they are not given.
    """
    return node_values(graph, weights, x, {**usual_columns(graph, len(x)), **(columns or {})}, ":")


def present_of(graph: Graph, x: Array, columns: Mapping[str, Array]) -> dict[str, Array]:
    """Which steps of what nodes give are there, by node name, of nodes whose steps are masked. Shapes: -> (n, steps)."""
    return present_steps(graph, x, {**usual_columns(graph, len(x)), **columns}) if graph.present else {}


def length_columns(samples: Samples, rows: npt.ArrayLike) -> dict[str, Array]:
    """How long some of the samples are, for `node_outputs`, where that varies. Shapes: rows (k,) -> (k,)."""
    return {} if samples.lengths is None else {LENGTHS: samples.lengths[np.asarray(rows)].astype(np.float32)}


def cost_of(graph: Graph, rows: int) -> int:
    """Numbers that `node_outputs` computes, to decide how often that may be."""
    return rows * sum(ops.find(n.op).cost(graph.types(n), graph.values[n.output].type, n.attributes) for n in graph.nodes)

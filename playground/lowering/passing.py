"""Numbers that layers pass on as they are: who made them, and which of them come out where."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from playground.core.spec import Layer
from playground.core.tensor import TensorType
from playground.document.project import Link, Node
from playground.engine import ops
from playground.engine.builder import GraphBuilder
from playground.lowering.facts import NODE, built
from playground.lowering.flow import Flow

Places = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where the numbers that flow through a wire are made.

    maker: the node that makes them.  wires: from the maker's own output to the wire that was asked about.  layers: those between,
    which pass the numbers on.  altered: whether one of these hides or shakes some in training.
    """

    maker: Node
    wires: tuple[Link, ...]
    layers: tuple[Layer, ...]
    altered: bool


def origin(flow: Flow, link: Link) -> Origin:
    """Of a wire whose type is known, which leaves no loop behind it."""
    wires, layers = [link], list[Layer]()
    while True:
        node = flow.nodes[wires[0].source]
        into = flow.into[node.id]
        if not isinstance(node.spec, Layer) or not node.spec.passes or len(into) != 1 or node.id not in flow.types:
            altered = any(layer.passes != "always" for layer in layers)
            return Origin(node, tuple(wires), tuple(layers), altered)
        wires.insert(0, into[0])
        layers.insert(0, node.spec)


def places(flow: Flow, found: Origin) -> Places:
    """Which of the maker's numbers come out, each by its place among all of them in a row. Shapes: -> that of what comes out."""
    type = flow.type_of(found.wires[0])
    assert type is not None
    return _places(type.shape, found.layers)


@lru_cache(maxsize=64)
def _places(shape: tuple[int, ...], layers: tuple[Layer, ...]) -> Places:
    """The layers' own formulas, on the places instead of the numbers."""
    x = np.arange(np.prod(shape, dtype=int), dtype=np.float64).reshape(1, *shape)
    for layer in layers:
        g = GraphBuilder()
        given = g.take_input(TensorType(tuple(x.shape[1:])))
        with g.of(NODE, layer):
            (y,) = built(layer, g, given)
        values = {given.index: x}
        for node in g.finish(y).nodes:
            values[node.output] = ops.find(node.op).reference([values[value] for value in node.inputs], node.attributes)
        x = values[y.index]
    found: Places = x[0].astype(np.int64)
    found.setflags(write=False)
    return found


def keeps_rows(flow: Flow, found: Origin) -> bool:
    """Whether what comes out still has the maker's numbers along its last axis, one row of them after the other."""
    type = flow.type_of(found.wires[0])
    if type is None or not type.rank:
        return False
    given, row = places(flow, found), type.shape[-1]
    if not given.ndim or given.shape[-1] != row:
        return False
    return bool((given % row == np.arange(row)).all() and (given // row == given[..., :1] // row).all())

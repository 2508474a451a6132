"""The engine's graph of a network: every node built in the order of the data's flow, with its losses and what they are fed."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss
from playground.core.tensor import TensorType, Value
from playground.data.prepare import Split
from playground.document.project import Node
from playground.engine.builder import GraphBuilder, Share
from playground.engine.graph import Graph
from playground.lowering.facts import built, owned, row_weights
from playground.lowering.flow import Flow, input_type

Array = npt.NDArray[Any]

#: What the data give, by wire or beside the inputs.
INPUTS, TARGETS, WEIGHTS, LENGTHS = "inputs", "targets", "weights", "lengths"


@dataclasses.dataclass(frozen=True)
class Head:
    """A loss of the network. node, output: ids of its node and of the node that it judges.  column: its target's, "" where wired.

    wired: what of the data is its target by wire, INPUTS or TARGETS; "" for any other.  target_at: where such another lies among the
    graph's outputs.  mask_at: where the mask of its prediction lies among them, which steps are there.
    """

    node: str
    name: str
    loss: Loss
    output: str
    column: str
    wired: str = ""
    target_at: int | None = None
    mask_at: int | None = None


@dataclasses.dataclass(frozen=True)
class Network:
    """A graph and what is to be loaded beside its inputs."""

    graph: Graph
    heads: tuple[Head, ...]

    def columns(self, split: Split) -> dict[str, Array]:
        """What the machine loads besides the inputs, by the names of the graph's columns."""
        found: dict[str, Array] = {}
        for head in self.heads:
            if head.column and head.column not in found:
                found[head.column] = head.loss.encode(split.y)
        for value in self.graph.columns:
            name = self.graph.values[value].name
            if name == TARGETS:
                found[name] = np.asarray(split.y, np.float32)
            elif name in (WEIGHTS, LENGTHS):
                given = getattr(split, name)
                assert given is not None
                found[name] = np.asarray(given, np.float32)
        return found

    def usual(self, count: int) -> dict[str, Array]:
        """See `usual_columns`."""
        return usual_columns(self.graph, count)


def usual_columns(graph: Graph, count: int) -> dict[str, Array]:
    """For inputs that come alone: sequences that are whole, samples that count alike. Shapes: (count,) each."""
    found: dict[str, Array] = {}
    for name in (graph.values[column].name for column in graph.columns):
        if name == WEIGHTS:
            found[name] = np.ones(count, np.float32)
        elif name == LENGTHS:
            found[name] = np.full(count, graph.values[graph.input].type.shape[0], np.float32)
    return found


def network_of(flow: Flow, nodes: list[Node], losses: list[Node], samples: Samples) -> Network:
    """nodes: those that lead to a loss, sources first.  losses: in the order of the canvas."""
    return _Weaver(flow, samples, len(losses)).weave(nodes, losses)


def known_network(flow: Flow, samples: Samples) -> Graph | None:
    """The part of a network whose shapes are known, without losses; None while nothing hangs on the data."""
    return _Weaver(flow, samples, 0).weave_known()


class _Weaver:
    """Builds a network into one graph."""

    def __init__(self, flow: Flow, samples: Samples, losses: int) -> None:
        self.flow, self.samples, self.several = flow, samples, losses > 1
        self.g = GraphBuilder()
        self.values: dict[str, tuple[Value, ...]] = {}
        self.taken: dict[str, Value] = {}
        self.given: list[Value] = []
        #: How the targets are read -> the name of their column.
        self.encoded: dict[tuple[object, str], str] = {}

    def weave(self, nodes: list[Node], losses: list[Node]) -> Network:
        first = losses[0].spec
        assert isinstance(first, Loss)
        if not any(link.port == 1 for link in self.flow.into[losses[0].id]):
            self._target(first)  # the first column is the first loss's target
        self._layers(nodes)
        heads, scalars, weights = [], [], []
        self.given = [value for node in losses if (value := self._wired(node)[0]) is not None]
        for node in losses:
            head, scalar, weight = self._loss(node)
            heads.append(head)
            scalars.append(scalar)
            weights.append(weight)
        graph = self.g.finish(self.given, losses=scalars, weights=weights)
        return Network(graph, tuple(heads))

    def weave_known(self) -> Graph | None:
        flow = self.flow
        nodes: list[Node] = []
        for id in flow.order:
            node = flow.nodes[id]
            if isinstance(node.spec, Dataset):
                nodes += [] if any(isinstance(one.spec, Dataset) for one in nodes) else [node]
            elif isinstance(node.spec, Layer) and id in flow.types and flow.facts[id].type is not None:
                known = {one.id for one in nodes}
                nodes += [node] if all(link.source in known for link in flow.into[id]) else []
        if len(nodes) < 2:
            return None
        self._layers(nodes)
        return self.g.finish(self.values[nodes[-1].id][0])

    def _layers(self, nodes: list[Node]) -> None:
        """Build the nodes, sources first; shared weights before all, so that whoever is built first finds them."""
        for id in dict.fromkeys(node.shares for node in nodes if node.shares):
            name = self.flow.nodes[id].name
            if id in self.flow.facts:
                self.g.declare((owned(p, name), type) for p, type in self.flow.facts[id].declared)
        for node in nodes:
            if isinstance(node.spec, Dataset):
                self.values[node.id] = (self._inputs(),)
            elif isinstance(node.spec, Layer):
                share = Share(self.flow.nodes[node.shares].name, node.transposed) if node.shares else None
                with self.g.of(node.name, node.spec, share):
                    self.values[node.id] = built(node.spec, self.g, *self._wired(node))
                main, *more = self.values[node.id]
                self.g.gives(node.name, main, dict(zip(node.spec.outputs[1:], more, strict=False)))

    def _inputs(self) -> Value:
        x = self.g.take_input(input_type(self.samples))
        if self.samples.lengths is None:
            return x
        with self.g.of("data", None):
            lengths = self._column(LENGTHS, TensorType(()))
            return self.g.masked(x, self.g.op("length_mask", lengths, steps=x.shape[0]))

    def _column(self, name: str, type: TensorType) -> Value:
        if name not in self.taken:
            self.taken[name] = self.g.take_column(name, type)
        return self.taken[name]

    def _wired(self, node: Node) -> list[Value | None]:
        """What comes in at every port, as many as were looked at when its shapes were found; None where nothing is wired."""
        wires = {link.port: link for link in self.flow.into[node.id]}
        found: list[Value | None] = []
        for port in range(len(self.flow.inputs(node) or ())):
            link = wires.get(port)
            if link is None:
                found.append(None)
            elif isinstance(self.flow.nodes[link.source].spec, Dataset) and link.output:
                found.append(self._data(link.output))
            else:
                found.append(self.values[link.source][link.output])
        return found

    def _data(self, output: int) -> Value:
        if output == 2:
            return self._column(WEIGHTS, TensorType(()))
        return self._column(TARGETS, TensorType(self.samples.target_shape))

    def _target(self, loss: Loss) -> tuple[str, Value]:
        """The column of the data's target as this loss reads it, and its name; losses that read it alike share one."""
        way = (type(loss).encode, loss.target)
        shape = tuple(loss.encode(self.samples.y[:0]).shape[1:])
        name = self.encoded.setdefault(way, f"target {len(self.encoded) + 1}" if self.encoded else "target")
        return name, self._column(name, TensorType(shape))

    def _loss(self, node: Node) -> tuple[Head, Value, Any]:
        loss = node.spec
        assert isinstance(loss, Loss)
        prediction, target, weights = self._wired(node)
        assert prediction is not None
        column = ""
        if target is None:
            column, target = self._target(loss)
        with self.g.of(node.name, loss):
            weight = self.g.knob("weight") if self.several else 1.0
            with self.g.weighing(weight):
                scalar = loss.build(self.g, prediction, target, row_weights(self.g, prediction, weights))
        wires = {link.port: link for link in self.flow.into[node.id]}
        wired, target_at = "", None
        if not column and isinstance(self.flow.nodes[wires[1].source].spec, Dataset) and wires[1].output < 2:
            wired = (INPUTS, TARGETS)[wires[1].output]
        elif not column:
            target_at = self._told(target)
        mask_at = None if prediction.mask is None else self._told(prediction.mask)
        return Head(node.id, node.name, loss, wires[0].source, column, wired, target_at, mask_at), scalar, weight

    def _told(self, value: Value) -> int:
        """Where a value lies among what the network gives; it is added where it is not one of them."""
        places = [given.index for given in self.given]
        if value.index not in places:
            self.given.append(value)
            places.append(value.index)
        return places.index(value.index)

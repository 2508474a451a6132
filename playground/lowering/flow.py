"""Shapes through a network, node by node, as far as they are known."""

from __future__ import annotations

import dataclasses

from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss
from playground.core.tensor import TensorType
from playground.document.blocks import BlockInput, View
from playground.document.project import Link, Node, Project
from playground.document.wiring import ordered
from playground.lowering.expansion import expanded
from playground.lowering.facts import Facts, Shared, facts, in_range


@dataclasses.dataclass(frozen=True)
class Flow:
    """nodes, into: by node id; into holds the wires that end at a node, by port.

    order: node ids so that sources come first, without those on or behind a loop.  types: main output of each node, where known;
    outputs: all of them, None for one that the data do not have.  facts: of each layer whose inputs are all known.
    """

    nodes: dict[str, Node]
    into: dict[str, list[Link]]
    order: list[str]
    types: dict[str, TensorType]
    facts: dict[str, Facts]
    outputs: dict[str, tuple[TensorType | None, ...]] = dataclasses.field(default_factory=dict)

    def type_of(self, link: Link) -> TensorType | None:
        """What flows through a wire, where known."""
        given = self.outputs.get(link.source, ())
        return given[link.output] if link.output < len(given) else None

    def inputs(self, node: Node, links: list[Link] | None = None) -> tuple[TensorType | None, ...] | None:
        """Types at a layer's or a loss's ports, None for an optional one that is not wired; None instead of all while one is
        missing or not known. links: instead of those of the network.
        """
        links = self.into[node.id] if links is None else links
        spec, wired = node.spec, {link.port: link for link in links}
        if not isinstance(spec, Layer | Loss) or len(wired) != len(links):
            return None
        count = max(len(spec.ports), len(links)) if isinstance(spec, Layer) and spec.variadic else len(spec.ports)
        if any(port not in wired for port in range(count - spec.optional)) or any(port >= count for port in wired):
            return None
        found = [self.type_of(wired[port]) if port in wired else None for port in range(count)]
        return None if any(found[port] is None for port in wired) else tuple(found)

    def consumers(self, id: str) -> list[Link]:
        """Wires that start at a node."""
        return [link for links in self.into.values() for link in links if link.source == id]


def flow_of(project: Project, samples: Samples | None) -> Flow:
    """With every block unfolded (`expansion`). Of the same project and samples as in the last call: the same object, as while a wire
    is dragged."""
    global _last
    last = _last
    if last is not None and last[0] is project and last[1] is samples:
        return last[2]
    flow = fresh_flow(project, samples)
    _last = (project, samples, flow)
    return flow


_last: tuple[Project, Samples | None, Flow] | None = None


def fresh_flow(project: Project, samples: Samples | None) -> Flow:
    """The same of a project that is only tried, so that the last one stays remembered."""
    return _flow(expanded(project).project, samples)


def _flow(project: Project, samples: Samples | None) -> Flow:
    network = project.network
    into: dict[str, list[Link]] = {node.id: [] for node in network.nodes}
    for link in sorted(network.links, key=lambda link: link.port):
        if link.target in into and link.source in into:
            into[link.target].append(link)
    flow = Flow({node.id: node for node in network.nodes}, into, ordered(network), {}, {})
    given = dict(project.given) if isinstance(project, View) else {}
    for id in flow.order:
        node = flow.nodes[id]
        if isinstance(node.spec, BlockInput):
            if id in given:
                flow.types[id], flow.outputs[id] = given[id], (given[id],)
        elif isinstance(node.spec, Dataset):
            if samples is not None:
                flow.outputs[id] = data_types(samples)
                flow.types[id] = input_type(samples)
        elif isinstance(node.spec, Layer) and in_range(node.spec):
            inputs = flow.inputs(node)
            if inputs is not None:
                found = flow.facts[id] = facts(node.spec, inputs)
                if found.type is not None:
                    flow.types[id], flow.outputs[id] = found.type, found.types
    for node in network.nodes:  # sharing changes no shape, so it is looked at when all are known
        shared = flow.facts.get(node.shares)
        inputs = flow.inputs(node) if node.id in flow.facts and shared is not None else None
        if inputs is not None and shared is not None and isinstance(node.spec, Layer):
            names = flow.nodes[node.shares].name
            flow.facts[node.id] = facts(node.spec, inputs, Shared(names, shared.declared, node.transposed))
    return flow


def data_types(samples: Samples) -> tuple[TensorType | None, ...]:
    """What a data source gives at its outputs: inputs, targets, weights."""
    weights = None if samples.weights is None else TensorType(())
    return input_type(samples), TensorType(samples.target_shape), weights


def input_type(samples: Samples) -> TensorType:
    """What one input is."""
    return TensorType(samples.shape, masked=samples.lengths is not None, tokens=samples.tokens)

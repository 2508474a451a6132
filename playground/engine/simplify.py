"""From the graph to what is emitted: ReLUs folded into the op before, views without work, halos, masks, who needs a gradient."""

from __future__ import annotations

import dataclasses
from collections import Counter

from playground.engine import ops
from playground.engine.emit import Place
from playground.engine.graph import TENSORS, Graph, GraphValue, OpNode
from playground.engine.handing import Handing

COPY = "copy"


@dataclasses.dataclass(frozen=True)
class Simplified:
    """A graph ready for emission.

    places: how a sample of each value lies.  root: value -> the value whose storage it shares.  gradient_root: the same for
    gradients.  needs: values whose gradient is computed.  masks: values whose gradient the writer has to mask by a ReLU.
    handed: (node index, input) where the input's gradient is the output's and lies in the same place.
    folded: values that a folded ReLU left without storage.  unmasked: outputs of folded ReLUs whose gradient arrives unmasked.
    """

    graph: Graph
    places: dict[int, Place]
    root: dict[int, int]
    gradient_root: dict[int, int]
    needs: frozenset[int]
    masks: dict[int, bool]
    folded: frozenset[int]
    unmasked: frozenset[int]
    handed: frozenset[tuple[int, int]]

    def is_view(self, node: OpNode) -> bool:
        return self.root.get(node.output, node.output) != node.output

    def is_gradient_view(self, node: OpNode) -> bool:
        """Whether a view's input has the gradient of its output, in one place."""
        x, roots = node.inputs[0], self.gradient_root
        return x in roots and roots[x] == roots.get(node.output, node.output)


def simplify(graph: Graph, *, fold: bool, frozen: frozenset[str] = frozenset(), apart: bool = False) -> Simplified:
    """frozen: owners whose parameters get no gradient.  apart: gradients share no memory but those of views."""
    folded: frozenset[int] = frozenset()
    if fold:
        graph, folded = _fold_relus(pruned(_absorbed(pruned(graph))))
    graph, halos = _with_halos(graph)
    needs = _needing(graph, frozen)
    root = _views(graph, halos)
    handing = Handing(graph, root, halos, needs, apart=apart)
    masks, unmasked = _masks(graph, root, handing.gradient_root, needs)
    places = {v.index: place_of(v, halos.get(v.index, (0, 0))) for v in graph.values if v.kind not in (*TENSORS, "scalar")}
    return Simplified(graph, places, root, handing.gradient_root, needs, masks, folded, unmasked, frozenset(handing.handed))


def pruned(graph: Graph) -> Graph:
    """Without the ops that neither the output nor the loss depends on."""
    wanted = {*graph.outputs, graph.loss}
    nodes = []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            nodes.append(node)
    return dataclasses.replace(graph, nodes=tuple(reversed(nodes)))


def _absorbed(graph: Graph) -> Graph:
    """With ops that do the work of the one before them too."""
    for node in graph.nodes:
        made = ops.find(node.op).absorbs(graph, node)
        if made is not None:
            graph = dataclasses.replace(graph, nodes=tuple(made if one is node else one for one in graph.nodes))
    return graph


def place_of(value: GraphValue, halo: tuple[int, int]) -> Place:
    """How one sample lies, with a halo around an image."""
    shape, count = value.type.shape, value.type.count
    if len(shape) != 3:
        return Place(count, count, 1, count, count, shape[-1] if shape else 1)
    h, w, c = shape
    if halo == (0, 0):
        return Place(count, count, h, w * c, w * c, c)
    pitch = (w + 2 * halo[1]) * c
    return Place(count, (h + 2 * halo[0]) * pitch, h, w * c, pitch, c, halo)


def _fold_relus(graph: Graph) -> tuple[Graph, frozenset[int]]:
    """A ReLU that is the only consumer of an op that takes one becomes an attribute of that op."""
    uses = Counter(i for node in graph.nodes for i in node.inputs)
    uses.update(graph.outputs)
    producer = {node.output: node for node in graph.nodes}
    folded: dict[int, OpNode] = {}
    dropped: set[int] = set()
    for node in graph.nodes:
        if node.op != "relu":
            continue
        before = producer.get(node.inputs[0])
        if before is not None and uses[node.inputs[0]] == 1 and ops.find(before.op).takes_relu and before.index not in folded:
            folded[before.index] = dataclasses.replace(before, output=node.output, attributes={**before.attributes, "relu": True})
            dropped.add(node.index)
    nodes = tuple(folded.get(node.index, node) for node in graph.nodes if node.index not in dropped)
    gone = frozenset(node.inputs[0] for node in graph.nodes if node.index in dropped)
    return dataclasses.replace(graph, nodes=nodes), gone


def _with_halos(graph: Graph) -> tuple[Graph, dict[int, tuple[int, int]]]:
    """Halos that ops ask for; a copy stands between a haloed value and an op that needs samples without gaps."""
    halos: dict[int, tuple[int, int]] = {}
    for node in graph.nodes:
        for value, (h, w) in ops.find(node.op).halo(graph, node).items():
            had = halos.get(value, (0, 0))
            halos[value] = (max(had[0], h), max(had[1], w))
    halos = {value: halo for value, halo in halos.items() if halo != (0, 0)}
    values, nodes = list(graph.values), []
    count = max((node.index for node in graph.nodes), default=-1) + 1

    def copied(value: int, owner: str) -> int:
        index = len(values)
        values.append(dataclasses.replace(values[value], index=index, kind="activation", owner=owner))
        return index

    for node in graph.nodes:
        if not ops.find(node.op).is_flat:
            nodes.append(node)
            continue
        inputs = list(node.inputs)
        for port, value in enumerate(node.inputs):
            if value in halos:
                inputs[port] = copied(value, node.owner)
                nodes.append(OpNode(count, COPY, (value,), inputs[port], {}, node.owner))
                count += 1
        outputs = [copied(output, node.owner) if output in halos else output for output in node.outputs]
        nodes.append(dataclasses.replace(node, inputs=tuple(inputs), output=outputs[0], more=tuple(outputs[1:])))
        for flat, output in zip(outputs, node.outputs, strict=True):
            if flat != output:
                nodes.append(OpNode(count, COPY, (flat,), output, {}, node.owner))
                count += 1
    return dataclasses.replace(graph, values=tuple(values), nodes=tuple(nodes)), halos


def _needing(graph: Graph, frozen: frozenset[str]) -> frozenset[int]:
    useful = {graph.loss}
    for node in reversed(graph.nodes):
        if useful.intersection(node.outputs):
            useful.update(node.inputs)
    needs = {p.value for p in graph.parameters if p.owner not in frozen}
    for node in graph.nodes:
        if any(i in needs for i in node.inputs) and ops.find(node.op).carries_gradient:
            needs.update(node.outputs)
    return frozenset(i for i in needs if i in useful)


def _views(graph: Graph, halos: dict[int, tuple[int, int]]) -> dict[int, int]:
    root: dict[int, int] = {}
    for node in graph.nodes:
        if ops.find(node.op).is_view and node.inputs[0] not in halos and node.output not in halos:
            root[node.output] = root.get(node.inputs[0], node.inputs[0])
    return root


def _masks(
    graph: Graph, root: dict[int, int], gradient_root: dict[int, int], needs: frozenset[int]
) -> tuple[dict[int, bool], frozenset[int]]:
    """Which gradients their writers mask: outputs of folded ReLUs all of whose readers can, looked at through views."""

    def honoured(value: int) -> bool:
        readers = graph.consumers(value)
        if not readers or value in graph.outputs:
            return False
        for node in readers:
            if value in gradient_root and node.output in root:
                if not honoured(node.output):
                    return False
            elif not ops.find(node.op).masks:
                return False
        return True

    masks: dict[int, bool] = {}
    unmasked: set[int] = set()
    for node in graph.nodes:
        if not node.attributes.get("relu") or node.output not in needs:
            continue
        if not honoured(node.output):
            unmasked.add(node.output)
            continue
        front = [node.output]
        while front:
            value = front.pop()
            masks[value] = True
            front += [n.output for n in graph.consumers(value) if value in gradient_root and n.output in root]
    return masks, frozenset(unmasked)

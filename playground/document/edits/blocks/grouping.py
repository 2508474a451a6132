"""A selection of nodes becomes a block."""

from __future__ import annotations

import dataclasses
import uuid
from string import ascii_uppercase

from playground.document.blocks import (
    BlockInput,
    BlockOutput,
    View,
    block_stem,
    find,
    is_port,
    use_of,
)
from playground.document.edits.base import Edit, EditError, name_of, node_of, with_network
from playground.document.edits.groups import without_nodes
from playground.document.names import free_name, stem_of, unique_name
from playground.document.project import Block, Link, Network, Node, Project, new_id
from playground.document.wiring import reached, required_ports, targets
from playground.words import sentence

APART = 180.0  # pixels between a block's layers and its inputs and outputs


@dataclasses.dataclass(frozen=True)
class GroupIntoBlock(Edit):
    """The chosen layers become a block, used once in their place. Wires across the border and open inputs become its ports.

    name: "" chooses the next free one.  id: of the node that uses it.
    """

    nodes: tuple[str, ...]
    name: str = ""
    block: str = dataclasses.field(default_factory=new_id)
    id: str = dataclasses.field(default_factory=new_id)

    @property
    def text(self) -> str:
        return sentence("Group into block")

    def describe(self, project: Project) -> str:
        return (
            sentence("Group {nodes_count} nodes into {name}", nodes_count=len(self.nodes), name=self._name(project))
            if len(self.nodes) != 1
            else sentence("Make {name_of} a block", name_of=name_of(project, self.nodes[0]))
        )

    def _name(self, project: Project) -> str:
        taken = {block.name for block in project.blocks}
        letters = (f"Block {letter}" for letter in (*ascii_uppercase, *range(27, len(taken) + 28)))
        return self.name.strip() or next(name for name in letters if name not in taken)

    def apply(self, project: Project) -> Project:
        chosen = {node_of(project, id).id for id in self.nodes}
        _check_selection(project, chosen)
        name = self._name(project)
        border = _Border(project.network, chosen, self.id)
        block = Block(id=self.block, name=name, network=border.inner())
        taken = {node.name for node in project.network.nodes if node.id not in chosen}
        use = Node(id=self.id, name=unique_name(stem_of(block_stem(name)), taken), spec=use_of(block), position=border.middle())
        groups = without_nodes(project.groups, chosen)
        for at, group in enumerate(project.groups):
            if chosen <= set(group.nodes):
                groups = (*groups[:at], dataclasses.replace(groups[at], nodes=(*groups[at].nodes, self.id)), *groups[at + 1 :])
        if any(one.name == name for one in project.blocks):
            raise EditError(sentence("Every block needs its own name; {name} is already used.", name=name))
        grown = dataclasses.replace(project, blocks=(*project.blocks, block), groups=groups)
        nodes = [node for node in project.network.nodes if node.id not in chosen]
        at = min(k for k, node in enumerate(project.network.nodes) if node.id in chosen)
        nodes.insert(sum(node.id not in chosen for node in project.network.nodes[:at]), use)
        return with_network(grown, nodes=tuple(nodes), links=border.outer())


def _check_selection(project: Project, chosen: set[str]) -> None:
    """Raises EditError for a selection that cannot be one node."""
    if not chosen:
        raise EditError(sentence("Select the layers that are to become a block."))
    network = project.network
    for node in network.nodes:
        if node.id in chosen and (node.spec.kind != "layer" or is_port(node.spec)):
            what = {"dataset": sentence("a data source"), "loss": "a loss"}.get(
                node.spec.kind, sentence("the border of {of}", of=_of(project))
            )
            raise EditError(
                sentence("A block holds layers; {node} is {what}. Leave it out of the selection.", node=node.name, what=what)
            )
    feeds = targets(network)
    beyond = {fed for id in chosen for fed in feeds[id]} - chosen
    back = reached(beyond, {id: [fed for fed in found if fed not in chosen] for id, found in feeds.items()})
    for node in network.nodes:
        if node.id in back and any(fed in chosen for fed in feeds[node.id]):
            raise EditError(
                sentence(
                    "{node} stands between the chosen layers, so a block of them would feed itself. Select it too.",
                    node=node.name,
                )
            )
    for node in network.nodes:
        if node.shares and (node.id in chosen) != (node.shares in chosen):
            raise EditError(
                sentence(
                    "{node} uses the weights of {name_of}. Select both, or none.",
                    node=node.name,
                    name_of=name_of(project, node.shares),
                )
            )


def _of(project: Project) -> str:
    block = find(project, project.of) if isinstance(project, View) else None
    return block.name if block is not None else "a block"


class _Border:
    """What crosses the edge of a selection, and the networks on both sides of it."""

    def __init__(self, network: Network, chosen: set[str], seed: str) -> None:
        self.network, self.chosen, self.seed = network, chosen, seed
        self.nodes = [node for node in network.nodes if node.id in chosen]
        order = {node.id: at for at, node in enumerate(network.nodes)}
        entering = [link for link in network.links if link.target in chosen and link.source not in chosen]
        entering.sort(key=lambda link: (order[link.target], link.port))
        self.entering: dict[tuple[str, int], list[Link]] = {}
        for link in entering:
            self.entering.setdefault((link.source, link.output), []).append(link)
        wired = {(link.target, link.port) for link in network.links}
        self.open = [(n.id, port) for n in self.nodes for port in range(required_ports(n.spec)) if (n.id, port) not in wired]
        self.leaving = [link for link in network.links if link.source in chosen and link.target not in chosen]
        ends = dict.fromkeys(sorted(((k.source, k.output) for k in self.leaving), key=lambda end: (order[end[0]], end[1])))
        if not ends:
            feeding = {link.source for link in network.links}
            ends = dict.fromkeys((node.id, 0) for node in self.nodes if node.id not in feeding)
        self.ends = list(ends)

    def _id(self, what: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{self.seed}:{what}").hex

    def middle(self) -> tuple[float, float]:
        xs, ys = zip(*(node.position for node in self.nodes), strict=True)
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2

    def inner(self) -> Network:
        """The definition's network."""
        left, right = (edge(node.position[0] for node in self.nodes) for edge in (min, max))
        top = min(node.position[1] for node in self.nodes)
        nodes = {n.id: dataclasses.replace(n, position=(n.position[0] - left + APART, n.position[1] - top)) for n in self.nodes}
        links = [link for link in self.network.links if link.source in nodes and link.target in nodes]
        taken = {node.name for node in self.nodes}
        feeds = [[(link.target, link.port) for link in found] for found in self.entering.values()] + [[one] for one in self.open]
        ports, low = [], -72.0
        for at, fed in enumerate(feeds):
            low = max(low + 72.0, nodes[fed[0][0]].position[1])
            port = self._port("x", at, len(feeds), BlockInput(), (0.0, low), taken)
            ports.append(port)
            links += [Link(id=self._id(f"in:{at}:{n}"), source=port.id, target=t, port=p) for n, (t, p) in enumerate(fed)]
        low = -72.0
        ends = []
        for at, (source, output) in enumerate(self.ends):
            low = max(low + 72.0, nodes[source].position[1])
            end = self._port("y", at, len(self.ends), BlockOutput(), (right - left + 2 * APART, low), taken)
            ends.append(end)
            links.append(Link(id=self._id(f"out:{at}"), source=source, output=output, target=end.id))
        return Network(nodes=(*ports, *nodes.values(), *ends), links=tuple(links))

    def _port(
        self, stem: str, at: int, of: int, spec: BlockInput | BlockOutput, place: tuple[float, float], taken: set[str]
    ) -> Node:
        name = free_name(stem if of == 1 else f"{stem}{at + 1}", taken)
        taken.add(name)
        return Node(id=self._id(f"{stem}{at}"), name=name, spec=spec, position=place)

    def outer(self) -> tuple[Link, ...]:
        """The wires of the network with one node in the place of all."""
        ports = {found[0].id: port for port, found in enumerate(self.entering.values())}
        outputs = {link.id: self.ends.index((link.source, link.output)) for link in self.leaving}
        links = []
        for link in self.network.links:
            if link.id in ports:
                links.append(dataclasses.replace(link, target=self.seed, port=ports[link.id]))
            elif link.id in outputs:
                links.append(dataclasses.replace(link, source=self.seed, output=outputs[link.id]))
            elif link.source not in self.chosen and link.target not in self.chosen:
                links.append(link)
        return tuple(links)

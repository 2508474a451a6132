"""Blocks unfolded: the same project with every use of a block replaced by the block's nodes, so that all else sees one flat network.

A node inside is called "block1/conv1" and has the id "<id of the use>/<id inside>". Wires end where they ended; a wire that crosses
the border of a block has the id of its last piece, the one at the node that takes it.
"""

from __future__ import annotations

import dataclasses
import functools

from playground.document.blocks import BlockInput, BlockOutput, BlockUse, inputs_of, outputs_of, uses
from playground.document.groups import Group
from playground.document.project import Block, Link, Network, Node, Project

#: A node of the flat network and the place of one of its outputs.
Source = tuple[str, int]


@dataclasses.dataclass(frozen=True)
class Expanded:
    """project: the flat one; the project itself where it uses no block.

    entries, exits: for every use, by its flat id, what feeds its ports and where its outputs come from; None where nothing does.
    blocks: flat id of a use -> id of its definition.
    """

    project: Project
    entries: dict[str, tuple[Source | None, ...]] = dataclasses.field(default_factory=dict)
    exits: dict[str, tuple[Source | None, ...]] = dataclasses.field(default_factory=dict)
    blocks: dict[str, str] = dataclasses.field(default_factory=dict)


def expanded(project: Project) -> Expanded:
    """Of the same project as in one of the last calls: the same object. Its definitions must not hold themselves."""
    if not any(isinstance(node.spec, BlockUse) for node in project.network.nodes):
        return Expanded(project)
    return _remembered(_Same(project))


@dataclasses.dataclass(frozen=True, eq=False)
class _Same:
    """A project as a key: compared by identity, since comparing all of it would take as long as unfolding it."""

    project: Project

    def __hash__(self) -> int:
        return id(self.project)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.project is other.project


@functools.lru_cache(maxsize=8)
def _remembered(key: _Same) -> Expanded:
    return _Unfolding(key.project).unfold()


@dataclasses.dataclass(frozen=True)
class _Place:
    """A network within the whole. prefix: of ids, "" or "use/"; name: of names.  use: the node of it in `outer`."""

    network: Network
    prefix: str = ""
    name: str = ""
    use: Node | None = None
    outer: _Place | None = None


class _Unfolding:
    """Walks through a project once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.definitions: dict[str, Block] = {block.id: block for block in project.blocks}
        self.nodes: list[Node] = []
        self.links: list[Link] = []
        self.found = Expanded(project)
        self.inside: dict[str, _Place] = {}
        self.into: dict[int, dict[tuple[str, int], Link]] = {}
        self.known: dict[int, dict[str, Node]] = {}
        self.first: dict[str, str] = {}

    def unfold(self) -> Expanded:
        top = _Place(self.project.network)
        self._walk(top, "", (False, 1.0, 1.0))
        self._wire(top)
        network = dataclasses.replace(self.project.network, nodes=self._sharing(), links=tuple(self.links))
        flat = dataclasses.replace(self.project, network=network, groups=tuple(map(self._group, self.project.groups)), blocks=())
        return dataclasses.replace(self.found, project=flat)

    def _walk(self, place: _Place, twin: str, outer: tuple[bool, float, float]) -> None:
        """Nodes, blocks opened where they stand. twin: prefix of the nodes whose weights those of this place use, or ""."""
        for node in place.network.nodes:
            flat = place.prefix + node.id
            settings = (outer[0] or node.frozen, outer[1] * node.rate_factor, outer[2] * node.decay_factor)
            if isinstance(node.spec, BlockUse):
                self._open(place, node, node.spec, flat, f"{twin}{node.id}" if twin else "", settings)
            elif place.use is None or not isinstance(node.spec, BlockInput | BlockOutput):
                own, transposed = (place.prefix + node.shares if node.shares else ""), node.transposed
                if twin:
                    own = twin + (node.shares or node.id)
                named = dataclasses.replace(node, id=flat, name=place.name + node.name, shares=own, transposed=transposed)
                frozen, rate, decay = settings
                self.nodes.append(dataclasses.replace(named, frozen=frozen, rate_factor=rate, decay_factor=decay))

    def _open(self, place: _Place, node: Node, spec: BlockUse, flat: str, twin: str, settings: tuple[bool, float, float]) -> None:
        block = self.definitions.get(spec.block)
        if block is None:
            return
        if spec.shared and not twin:
            twin = self.first.get(spec.block, "")
        if spec.shared:
            self.first.setdefault(spec.block, flat)
        inner = _Place(block.network, f"{flat}/", f"{place.name}{node.name}/", node, place)
        self.inside[flat] = inner
        self.found.blocks[flat] = block.id
        self._walk(inner, f"{twin}/" if twin else "", settings)

    def _sharing(self) -> tuple[Node, ...]:
        """The nodes, each sharing with one that has weights of its own."""
        known = {node.id: node for node in self.nodes}

        def owner(node: Node) -> Node:
            shares, transposed, seen = node.shares, node.transposed, {node.id}
            while shares in known and known[shares].shares and shares not in seen:
                seen.add(shares)
                transposed ^= known[shares].transposed
                shares = known[shares].shares
            if shares not in known or shares == node.id:
                return dataclasses.replace(node, shares="", transposed=False)
            return dataclasses.replace(node, shares=shares, transposed=transposed)

        return tuple(owner(node) if node.shares else node for node in self.nodes)

    def _wire(self, place: _Place) -> None:
        known = self._known(place.network)
        for link in place.network.links:
            target = known.get(link.target)
            port_of_block = place.use is not None and target is not None and isinstance(target.spec, BlockOutput)
            if target is None or isinstance(target.spec, BlockUse) or port_of_block:
                continue
            source = self._source(place, link.source, link.output)
            if source is not None:
                flat, output = source
                target_id = place.prefix + link.target
                self.links.append(
                    dataclasses.replace(link, id=place.prefix + link.id, source=flat, output=output, target=target_id)
                )
        for node, spec in uses(place.network):
            flat = place.prefix + node.id
            if flat in self.inside:
                self._ports(place, node, spec, flat)
                self._wire(self.inside[flat])

    def _ports(self, place: _Place, node: Node, spec: BlockUse, flat: str) -> None:
        self.found.entries[flat] = tuple(self._fed(place, node.id, port) for port in range(len(spec.ports)))
        self.found.exits[flat] = tuple(self._source(place, node.id, output) for output in range(len(spec.outputs)))

    def _fed(self, place: _Place, node: str, port: int, seen: frozenset[tuple[str, int]] = frozenset()) -> Source | None:
        link = self._links(place.network).get((node, port))
        return None if link is None else self._source(place, link.source, link.output, seen)

    def _links(self, network: Network) -> dict[tuple[str, int], Link]:
        found = self.into.get(id(network))
        if found is None:
            found = self.into[id(network)] = {(link.target, link.port): link for link in network.links}
        return found

    def _known(self, network: Network) -> dict[str, Node]:
        found = self.known.get(id(network))
        if found is None:
            found = self.known[id(network)] = {node.id: node for node in network.nodes}
        return found

    def _source(self, place: _Place, node: str, output: int, seen: frozenset[tuple[str, int]] = frozenset()) -> Source | None:
        """The flat node that gives this output. None for what is not wired and for wires that only go round."""
        key = (place.prefix + node, output)
        known = self._known(place.network)
        if node not in known or key in seen:
            return None
        spec, seen = known[node].spec, seen | {key}
        if isinstance(spec, BlockInput) and place.use is not None and place.outer is not None:
            ids = [one.id for one in inputs_of(place.network)]
            return self._fed(place.outer, place.use.id, ids.index(node), seen)
        if isinstance(spec, BlockUse):
            inner = self.inside.get(place.prefix + node)
            ends = outputs_of(inner.network) if inner is not None else ()
            return self._fed(inner, ends[output].id, 0, seen) if inner is not None and output < len(ends) else None
        return key

    def _group(self, group: Group) -> Group:
        """A group with all that stands in the blocks that were put into it."""
        chosen = set(group.nodes) & self.inside.keys()
        if not chosen:
            return group
        within = [node.id for node in self.nodes if node.id.partition("/")[0] in chosen]
        return dataclasses.replace(group, nodes=(*(id for id in group.nodes if id not in chosen), *within))

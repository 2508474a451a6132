"""Edits of blocks: a selection into a block and back, edits inside a definition, names, and definitions from elsewhere."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Hashable, Iterable, Mapping
from string import ascii_uppercase

from playground.document.blocks import (
    BlockInput,
    BlockOutput,
    BlockUse,
    View,
    all_uses,
    block_stem,
    find,
    inputs_of,
    is_port,
    needed,
    outputs_of,
    use_of,
    uses,
    view_of,
    with_ports,
)
from playground.document.edits.base import Edit, EditError, name_of, node_of, with_network
from playground.document.edits.groups import without_nodes
from playground.document.names import free_name, stem_of, unique_name
from playground.document.project import Block, Link, Network, Node, Project, new_id
from playground.document.wiring import compacted, reached, required_ports, targets
from playground.words import sentence

APART = 180.0  # pixels between a block's layers and its inputs and outputs


@dataclasses.dataclass(frozen=True)
class EditBlock(Edit):
    """An edit inside a definition: it holds for all uses. Wires at ports that vanish are dropped, the others follow theirs."""

    block: str
    edit: Edit

    @property
    def text(self) -> str:
        return sentence("{edit} in a block", edit=self.edit.text)

    def describe(self, project: Project) -> str:
        block = block_of(project, self.block)
        return sentence("{edit} in {block}", edit=self.edit.describe(view_of(project, self.block)), block=block.name)

    @property
    def slot(self) -> Hashable | None:
        return None if self.edit.slot is None else ("block", self.block, self.edit.slot)

    def apply(self, project: Project) -> Project:
        old = block_of(project, self.block)
        view = view_of(project, self.block)
        after = self.edit.apply(view)
        if after == view:
            return project
        if after.groups:
            raise EditError(sentence("A parameter group holds whole blocks. Leave the block, then put it into the group."))
        new = dataclasses.replace(old, network=after.network)
        blocks = tuple(new if block.id == self.block else block for block in after.blocks)
        kept = {key: getattr(after, key) for key in ("name", "about", "data", "training")}
        return with_ports(_follow_ports(dataclasses.replace(project, blocks=blocks, **kept), old.network, new))


def _follow_ports(project: Project, old: Network, block: Block) -> Project:
    """Wires at the uses of a block whose ports have changed."""
    ports = _moved(inputs_of(old), inputs_of(block.network))
    outputs = _moved(outputs_of(old), outputs_of(block.network))
    if all(at == to for moved in (ports, outputs) for at, to in moved.items()):
        return project

    def followed(network: Network) -> Network:
        known = {node.id for node, spec in uses(network) if spec.block == block.id}
        if not known:
            return network
        links = []
        for link in network.links:
            port = ports.get(link.port) if link.target in known else link.port
            output = outputs.get(link.output) if link.source in known else link.output
            if port is not None and output is not None:
                links.append(dataclasses.replace(link, port=port, output=output))
        return dataclasses.replace(network, links=compacted(links, network))

    blocks = tuple(dataclasses.replace(one, network=followed(one.network)) for one in project.blocks)
    return dataclasses.replace(project, network=followed(project.network), blocks=blocks)


def _moved(old: Iterable[Node], new: Iterable[Node]) -> dict[int, int | None]:
    """Place of a port before -> its place now, None for one that is gone."""
    places = {node.id: at for at, node in enumerate(new)}
    return {at: places.get(node.id) for at, node in enumerate(old)}


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


@dataclasses.dataclass(frozen=True)
class UngroupBlock(Edit):
    """The layers of a block in place of one node that uses it; the definition stays for others."""

    node: str

    @property
    def text(self) -> str:
        return sentence("Ungroup")

    def describe(self, project: Project) -> str:
        return sentence("Ungroup {node}", node=name_of(project, self.node))

    def _id(self, inner: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{self.node}:{inner}").hex

    def ids(self, project: Project) -> dict[str, str]:
        """Id in the definition -> id in the network; the same where it is free."""
        _, block = used(project, self.node)
        taken = {node.id for node in project.network.nodes} | {link.id for link in project.network.links}
        inner = [*(n.id for n in block.network.nodes if not is_port(n.spec)), *(link.id for link in block.network.links)]
        return {id: self._id(id) if id in taken else id for id in inner}

    def apply(self, project: Project) -> Project:
        use, block = used(project, self.node)
        fresh = self.ids(project)
        inner = [node for node in block.network.nodes if not is_port(node.spec)]
        corner = [min((node.position[axis] for node in inner), default=0.0) for axis in (0, 1)]
        taken = {node.name for node in project.network.nodes if node.id != use.id}
        made = []
        for node in inner:
            name = free_name(node.name, taken)
            taken.add(name)
            x, y = (node.position[axis] - corner[axis] + use.position[axis] for axis in (0, 1))
            made.append(
                dataclasses.replace(
                    node,
                    id=fresh[node.id],
                    name=name,
                    position=(x, y),
                    shares=fresh.get(node.shares, ""),
                    frozen=node.frozen or use.frozen,
                    rate_factor=node.rate_factor * use.rate_factor,
                    decay_factor=node.decay_factor * use.decay_factor,
                )
            )
        nodes: list[Node] = []
        for node in project.network.nodes:
            nodes += made if node.id == use.id else [node]
        groups = tuple(
            dataclasses.replace(
                group, nodes=tuple(one for id in group.nodes for one in ([n.id for n in made] if id == use.id else [id]))
            )
            for group in project.groups
        )
        changed = dataclasses.replace(project, groups=groups)
        return with_network(changed, nodes=tuple(nodes), links=self._links(project.network, use, block.network, fresh))

    def _links(self, network: Network, use: Node, inner: Network, fresh: Mapping[str, str]) -> tuple[Link, ...]:
        into = {link.port: link for link in network.links if link.target == use.id}
        ports = {node.id: at for at, node in enumerate(inputs_of(inner))}
        ends = {node.id: at for at, node in enumerate(outputs_of(inner))}
        given = {ends[link.target]: link for link in inner.links if link.target in ends}

        def source(link: Link) -> tuple[str, int] | None:
            """Where an inner wire starts, seen from outside."""
            if link.source not in ports:
                return fresh[link.source], link.output
            outer = into.get(ports[link.source])
            return None if outer is None else (outer.source, outer.output)

        links = []
        for link in network.links:
            if link.source == use.id:
                found = source(given[link.output]) if link.output in given else None
                if found is not None:
                    links.append(dataclasses.replace(link, source=found[0], output=found[1]))
            elif link.target != use.id:
                links.append(link)
        for link in inner.links:
            found = source(link) if link.target not in ends else None
            if found is not None:
                links.append(
                    dataclasses.replace(link, id=fresh[link.id], source=found[0], output=found[1], target=fresh[link.target])
                )
        return tuple(links)


@dataclasses.dataclass(frozen=True)
class RenameBlock(Edit):
    """Another name or another help text of a definition; None leaves it."""

    block: str
    name: str | None = None
    help: str | None = None

    @property
    def text(self) -> str:
        return sentence("Rename block") if self.name is not None else sentence("Change the help of a block")

    @property
    def slot(self) -> Hashable | None:
        return ("block", self.block, "help") if self.name is None else None

    def apply(self, project: Project) -> Project:
        old = block_of(project, self.block)
        name = old.name if self.name is None else self.name.strip()
        new = dataclasses.replace(old, name=name, help=old.help if self.help is None else self.help)
        if new == old:
            return project
        if name != old.name and any(block.name == name for block in project.blocks):
            raise EditError(sentence("Every block needs its own name; {name} is already used.", name=name))
        return with_ports(dataclasses.replace(project, blocks=tuple(new if b.id == old.id else b for b in project.blocks)))


@dataclasses.dataclass(frozen=True)
class DeleteBlock(Edit):
    """A definition that nothing uses away."""

    block: str

    @property
    def text(self) -> str:
        return sentence("Delete block")

    def describe(self, project: Project) -> str:
        return sentence("Delete the block {block_of}", block_of=block_of(project, self.block).name)

    def apply(self, project: Project) -> Project:
        old, found = block_of(project, self.block), all_uses(project, self.block)
        if found:
            names = ", ".join(node.name for _, node in found[:4]) + (" …" if len(found) > 4 else "")
            raise EditError(
                sentence(
                    "{old} is used by {names}. Delete or ungroup {these} first.",
                    old=old.name,
                    names=names,
                    these=sentence("it") if len(found) == 1 else sentence("them"),
                )
            )
        return dataclasses.replace(project, blocks=tuple(block for block in project.blocks if block.id != self.block))


@dataclasses.dataclass(frozen=True)
class AddBlocks(Edit):
    """Definitions from a library. One whose id the project has already stays as the project has it."""

    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        return sentence("Add the block {blocks}", blocks=self.blocks[-1].name) if self.blocks else sentence("Add blocks")

    def apply(self, project: Project) -> Project:
        known = {block.id for block in project.blocks}
        new = [block for block in self.blocks if block.id not in known]
        return _with_blocks(project, new) if new else project


def brought(project: Project, blocks: Iterable[Block], spare: Mapping[str, str]) -> tuple[Project, dict[str, str]]:
    """The project with the definitions of pasted nodes, and the ids that these have now.

    A definition that the project has in the same form is not doubled; one that it has in another form comes under its spare id.
    """
    known = {block.id: block for block in project.blocks}
    moved: dict[str, str] = {}
    new: list[Block] = []
    for block in blocks:  # inner ones first
        block = dataclasses.replace(block, network=moved_uses(block.network, moved))
        old = known.get(block.id)
        if old is not None and (old.network, old.help) == (block.network, block.help):
            continue
        if old is not None:
            moved[block.id] = spare[block.id]
            block = dataclasses.replace(block, id=spare[block.id])
        new.append(block)
    return (_with_blocks(project, new) if new else project), moved


def moved_uses(network: Network, moved: Mapping[str, str]) -> Network:
    """A network whose uses name other definitions. moved: id -> new id."""
    nodes = tuple(
        dataclasses.replace(node, spec=dataclasses.replace(node.spec, block=moved[node.spec.block]))
        if isinstance(node.spec, BlockUse) and node.spec.block in moved
        else node
        for node in network.nodes
    )
    return dataclasses.replace(network, nodes=nodes) if moved else network


def _with_blocks(project: Project, new: Iterable[Block]) -> Project:
    """Definitions added, under the next free name where theirs is taken."""
    taken, added = {block.name for block in project.blocks}, []
    for block in new:
        name, number = block.name, 2
        while name in taken:
            name, number = f"{block.name} {number}", number + 1
        taken.add(name)
        added.append(dataclasses.replace(block, name=name))
    return with_ports(dataclasses.replace(project, blocks=(*project.blocks, *added)))


def definitions(project: Project, network: Network) -> tuple[Block, ...]:
    """All definitions that a network uses, inner ones first."""
    known = {block.id: block for block in project.blocks}
    return tuple(known[id] for id in needed(known, network))


def block_of(project: Project, id: str) -> Block:
    """Raises EditError."""
    block = find(project, id)
    if block is None:
        raise EditError(sentence("The block {id} is no longer there.", id=f"{id[:40]!r}"))
    return block


def used(project: Project, node: str) -> tuple[Node, Block]:
    """A node and the block that it uses. Raises EditError."""
    use = node_of(project, node)
    if not isinstance(use.spec, BlockUse):
        raise EditError(sentence("{use} is no block.", use=use.name))
    return use, block_of(project, use.spec.block)

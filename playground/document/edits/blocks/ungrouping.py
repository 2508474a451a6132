"""A block becomes its layers again."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping

from playground.document.blocks import (
    inputs_of,
    is_port,
    outputs_of,
)
from playground.document.edits.base import Edit, name_of, with_network
from playground.document.edits.blocks.library import used
from playground.document.names import free_name
from playground.document.project import Link, Network, Node, Project
from playground.words import sentence


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

"""Pasting and duplicating."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from playground.document.blocks import with_ports
from playground.document.edits.base import Edit
from playground.document.edits.blocks import brought, moved_uses
from playground.document.names import free_name
from playground.document.project import Block, Network, Node, Project, new_id
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class Paste(Edit):
    """Nodes, wires and notes of a fragment whose ids are fresh (`refreshed`); names that are taken get the next number.

    blocks: definitions that the nodes use, inner ones first, each with the id that it gets where the project has another under its own.
    """

    fragment: Network
    offset: tuple[float, float] = (24.0, 24.0)
    title: str = "Paste"
    blocks: tuple[tuple[Block, str], ...] = ()

    @property
    def text(self) -> str:
        return sentence(self.title)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Ids of what is pasted, to select it."""
        return tuple(node.id for node in self.fragment.nodes)

    def describe(self, project: Project) -> str:
        count, notes = len(self.fragment.nodes), self.fragment.notes
        what = self.fragment.nodes[0].name if count == 1 else sentence("{count} nodes", count=count)
        if not count:
            what = sentence("notes") if len(notes) != 1 else sentence("frame") if notes[0].frame else sentence("note")
        return sentence("{act} {nodes}", act=sentence(self.title), nodes=what)

    def apply(self, project: Project) -> Project:
        project, moved = brought(project, [block for block, _ in self.blocks], {block.id: spare for block, spare in self.blocks})
        old, new = project.network, moved_uses(self.fragment, moved)
        taken = {node.name for node in old.nodes}
        nodes: list[Node] = []
        for node in new.nodes:
            name = free_name(node.name, taken)
            taken.add(name)
            nodes.append(dataclasses.replace(node, name=name, position=self._moved(node.position)))
        notes = tuple(dataclasses.replace(note, position=self._moved(note.position)) for note in new.notes)
        network = Network(nodes=(*old.nodes, *nodes), links=(*old.links, *new.links), notes=(*old.notes, *notes))
        return project if network == old else with_ports(dataclasses.replace(project, network=network))

    def _moved(self, position: tuple[float, float]) -> tuple[float, float]:
        x, y = (max(-1e6, min(1e6, at + by)) for at, by in zip(position, self.offset, strict=True))
        return (x, y)


def fragment_of(project: Project, ids: Collection[str]) -> Network:
    """The chosen nodes and notes, and the wires between the chosen nodes."""
    chosen = set(ids)
    network = project.network
    return Network(
        nodes=tuple(_alone(node, chosen) for node in network.nodes if node.id in chosen),
        links=tuple(link for link in network.links if link.source in chosen and link.target in chosen),
        notes=tuple(note for note in network.notes if note.id in chosen),
    )


def _alone(node: Node, chosen: Collection[str]) -> Node:
    """Without a share in weights that stay behind."""
    return node if node.shares in chosen else dataclasses.replace(node, shares="", transposed=False)


def refreshed(fragment: Network) -> Network:
    """The same with a new id for everything."""
    fresh = {node.id: new_id() for node in fragment.nodes}
    return Network(
        nodes=tuple(dataclasses.replace(node, id=fresh[node.id], shares=fresh.get(node.shares, "")) for node in fragment.nodes),
        links=tuple(
            dataclasses.replace(link, id=new_id(), source=fresh[link.source], target=fresh[link.target])
            for link in fragment.links
        ),
        notes=tuple(dataclasses.replace(note, id=new_id()) for note in fragment.notes),
    )


def duplicate(project: Project, ids: Collection[str], offset: tuple[float, float] = (24.0, 24.0)) -> Paste:
    """The edit that doubles the chosen nodes and notes."""
    return Paste(refreshed(fragment_of(project, ids)), offset, "Duplicate")

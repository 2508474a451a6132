"""Definitions of blocks: found, named, deleted, and brought in from elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Mapping

from playground.document.blocks import (
    BlockUse,
    all_uses,
    find,
    needed,
    with_ports,
)
from playground.document.edits.base import Edit, EditError, node_of
from playground.document.project import Block, Network, Node, Project
from playground.words import sentence


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

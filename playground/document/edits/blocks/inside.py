"""Edits inside a definition, which hold for all its uses."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable

from playground.document.blocks import (
    inputs_of,
    outputs_of,
    uses,
    view_of,
    with_ports,
)
from playground.document.edits.base import Edit, EditError
from playground.document.edits.blocks.library import block_of
from playground.document.project import Block, Network, Node, Project
from playground.document.wiring import compacted
from playground.words import sentence


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

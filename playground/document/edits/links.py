"""Edits of wires."""

from __future__ import annotations

import dataclasses

from playground.document.edits.base import Edit, EditError, name_of, node_of, with_network
from playground.document.edits.nodes import AddNode
from playground.document.project import Link, Project, new_id
from playground.document.wiring import (
    compacted,
    gives_output,
    has_output,
    leads_to,
    output_names,
    port_names,
    takes_port,
    variadic,
)


@dataclasses.dataclass(frozen=True)
class AddLink(Edit):
    """A wire. It replaces the one that ends at the same port. port: None is the first free one.  output: where it starts."""

    source: str
    target: str
    port: int | None = None
    id: str = dataclasses.field(default_factory=new_id)
    output: int = 0

    @property
    def text(self) -> str:
        return "Connect"

    def describe(self, project: Project) -> str:
        return f"Connect {name_of(project, self.source)} to {name_of(project, self.target)}"

    def apply(self, project: Project) -> Project:
        source, target = node_of(project, self.source), node_of(project, self.target)
        port = _port(project, self.target, self.port)
        if not gives_output(source.spec):
            raise EditError(f"{source.name} has no output. Start the wire at data or a layer.")
        if not has_output(source.spec, self.output):
            count = len(output_names(source.spec))
            raise EditError(
                f"{source.name} has {count} output{'' if count == 1 else 's'}; output {self.output + 1} was asked for."
            )
        if not takes_port(target.spec, port):
            count = len(port_names(target.spec))
            has = "no input" if not count else "1 input" if count == 1 else f"{count} inputs"
            raise EditError(f"{target.name} has {has}; input {port + 1} was asked for.")
        if leads_to(project.network, self.target, self.source):
            raise EditError(f"A wire from {source.name} to {target.name} would close a loop. Data must flow one way.")
        ending = [link for link in project.network.links if link.target == self.target and link.port == port]
        if any((link.source, link.output) == (self.source, self.output) for link in ending):
            return project
        kept = tuple(link for link in project.network.links if link not in ending)
        made = Link(id=self.id, source=self.source, target=self.target, port=port, output=self.output)
        return with_network(project, links=(*kept, made))


@dataclasses.dataclass(frozen=True)
class RemoveLinks(Edit):
    """Wires away; those left at a variadic node move up."""

    links: tuple[str, ...]

    @property
    def text(self) -> str:
        return "Delete wire" if len(self.links) == 1 else f"Delete {len(self.links)} wires"

    def apply(self, project: Project) -> Project:
        gone = set(self.links)
        if gone - {link.id for link in project.network.links}:
            raise EditError("The wire is no longer there. Select another one.")
        kept = tuple(link for link in project.network.links if link.id not in gone)
        return with_network(project, links=compacted(kept, project.network)) if gone else project


@dataclasses.dataclass(frozen=True)
class InsertOnLink(Edit):
    """A node into a wire: the wire's source feeds its first input, its output feeds the wire's target.

    node: an `AddNode` for a new one, or the id of one on the canvas that has no wires at its first input and its output.
    """

    link: str
    node: AddNode | str
    first: str = dataclasses.field(default_factory=new_id)
    second: str = dataclasses.field(default_factory=new_id)

    @property
    def text(self) -> str:
        return f"{self.node.text} on the wire" if isinstance(self.node, AddNode) else "Put node on the wire"

    def describe(self, project: Project) -> str:
        made = self.node.describe(project) if isinstance(self.node, AddNode) else f"Put {name_of(project, self.node)}"
        return f"{made} on the wire"

    def apply(self, project: Project) -> Project:
        old = next((link for link in project.network.links if link.id == self.link), None)
        if old is None:
            raise EditError("The wire is no longer there. Drop the node on another one.")
        id = self.node
        if isinstance(id, AddNode):
            project, id = id.apply(project), id.id
        node = node_of(project, id)
        if id in (old.source, old.target):
            raise EditError(f"{node.name} is at one end of this wire already.")
        if not gives_output(node.spec) or not takes_port(node.spec, 0):
            raise EditError(f"{node.name} cannot stand on a wire: it needs an input and an output.")
        if any((link.target == id and link.port == 0) or link.source == id for link in project.network.links):
            raise EditError(f"{node.name} is wired already. Take its wires away, then put it on this one.")
        links = (
            *(link for link in project.network.links if link.id != self.link),
            Link(id=self.first, source=old.source, target=id, port=0, output=old.output),
            Link(id=self.second, source=id, target=old.target, port=old.port),
        )
        changed = with_network(project, links=links)
        if leads_to(changed.network, old.target, id):
            raise EditError(f"{node.name} on this wire would close a loop. Data must flow one way.")
        return changed


def _port(project: Project, target: str, port: int | None) -> int:
    """The port that is meant: the first free one for None, and no gaps on a variadic node."""
    taken = {link.port for link in project.network.into(target)}
    spec = node_of(project, target).spec
    free = next(at for at in range(len(taken) + 1) if at not in taken)
    if port is None:
        most = len(port_names(spec))
        return free if variadic(spec) or not most or free < most else most - 1
    return min(port, free) if variadic(spec) and port not in taken else port

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
from playground.words import counted_sentence, sentence


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
        return sentence(
            "Connect {name_of} to {name_of2}", name_of=name_of(project, self.source), name_of2=name_of(project, self.target)
        )

    def apply(self, project: Project) -> Project:
        source, target = node_of(project, self.source), node_of(project, self.target)
        port = _port(project, self.target, self.port)
        if not gives_output(source.spec):
            raise EditError(sentence("{source} has no output. Start the wire at data or a layer.", source=source.name))
        if not has_output(source.spec, self.output):
            count = len(output_names(source.spec))
            raise EditError(
                sentence(
                    "{source} has {count} output{s}; output {output} was asked for.",
                    source=source.name,
                    count=count,
                    s="" if count == 1 else "s",
                    output=self.output + 1,
                )
            )
        if not takes_port(target.spec, port):
            count = len(port_names(target.spec))
            has = counted_sentence(count, "input", "inputs") if count else sentence("no input")
            raise EditError(
                sentence("{target} has {has}; input {port} was asked for.", target=target.name, has=has, port=port + 1)
            )
        if leads_to(project.network, self.target, self.source):
            raise EditError(
                sentence(
                    "A wire from {source} to {target} would close a loop. Data must flow one way.",
                    source=source.name,
                    target=target.name,
                )
            )
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
        return (
            sentence("Delete wire")
            if len(self.links) == 1
            else sentence("Delete {links_count} wires", links_count=len(self.links))
        )

    def apply(self, project: Project) -> Project:
        gone = set(self.links)
        if gone - {link.id for link in project.network.links}:
            raise EditError(sentence("The wire is no longer there. Select another one."))
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
        return (
            sentence("{node} on the wire", node=self.node.text)
            if isinstance(self.node, AddNode)
            else sentence("Put node on the wire")
        )

    def describe(self, project: Project) -> str:
        made = (
            self.node.describe(project)
            if isinstance(self.node, AddNode)
            else sentence("Put {name_of}", name_of=name_of(project, self.node))
        )
        return sentence("{made} on the wire", made=made)

    def apply(self, project: Project) -> Project:
        old = next((link for link in project.network.links if link.id == self.link), None)
        if old is None:
            raise EditError(sentence("The wire is no longer there. Drop the node on another one."))
        id = self.node
        if isinstance(id, AddNode):
            project, id = id.apply(project), id.id
        node = node_of(project, id)
        if id in (old.source, old.target):
            raise EditError(sentence("{node} is at one end of this wire already.", node=node.name))
        if not gives_output(node.spec) or not takes_port(node.spec, 0):
            raise EditError(sentence("{node} cannot stand on a wire: it needs an input and an output.", node=node.name))
        if any((link.target == id and link.port == 0) or link.source == id for link in project.network.links):
            raise EditError(sentence("{node} is wired already. Take its wires away, then put it on this one.", node=node.name))
        links = (
            *(link for link in project.network.links if link.id != self.link),
            Link(id=self.first, source=old.source, target=id, port=0, output=old.output),
            Link(id=self.second, source=id, target=old.target, port=old.port),
        )
        changed = with_network(project, links=links)
        if leads_to(changed.network, old.target, id):
            raise EditError(sentence("{node} on this wire would close a loop. Data must flow one way.", node=node.name))
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

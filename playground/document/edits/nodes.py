"""Edits of nodes."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

from playground.core.spec import Spec
from playground.document.edits.base import Edit, EditError, name_of, names_of, node_of, with_network, with_node
from playground.document.edits.groups import without_nodes
from playground.document.edits.notes import are_frames
from playground.document.names import RULE, is_name, stem_of, unique_name
from playground.document.options import NODE_OPTIONS, option_words
from playground.document.project import Link, Node, Placeholder, Project, new_id
from playground.document.settings import every_field, field_at, storable, with_value
from playground.document.wiring import compacted, has_output, takes_port
from playground.errors import BadValue
from playground.words import sentence

Position = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class AddNode(Edit):
    """A new node. name: "" chooses the next free one, such as "dense2"."""

    spec: Spec | Placeholder
    position: Position = (0.0, 0.0)
    name: str = ""
    id: str = dataclasses.field(default_factory=new_id)

    @property
    def text(self) -> str:
        return sentence("Add {node}", node=self.name or sentence(self.spec.title))

    def describe(self, project: Project) -> str:
        return sentence("Add {node}", node=self.made(project).name)

    def made(self, project: Project) -> Node:
        """The node as it will be."""
        taken = {node.name for node in project.network.nodes}
        name = self.name or unique_name(stem_of(getattr(self.spec, "stem", self.spec.id)), taken)
        return Node(id=self.id, name=name, spec=self.spec, position=self.position)

    def apply(self, project: Project) -> Project:
        node = self.made(project)
        _check_name(project, node.name)
        for path, field, value in every_field(self.spec) if isinstance(self.spec, Spec) else ():
            storable(field, path, value)
        return with_network(project, nodes=(*project.network.nodes, node))


@dataclasses.dataclass(frozen=True)
class RemoveNodes(Edit):
    """Nodes away, and the wires at them."""

    nodes: tuple[str, ...]

    @property
    def text(self) -> str:
        return sentence("Delete nodes") if len(self.nodes) != 1 else sentence("Delete node")

    def describe(self, project: Project) -> str:
        return sentence("Delete {nodes}", nodes=names_of(project, self.nodes))

    def apply(self, project: Project) -> Project:
        for id in self.nodes:
            node_of(project, id)
        gone = set(self.nodes)
        nodes = tuple(
            dataclasses.replace(node, shares="", transposed=False) if node.shares in gone else node
            for node in project.network.nodes
            if node.id not in gone
        )
        links = tuple(link for link in project.network.links if link.source not in gone and link.target not in gone)
        if not gone:
            return project
        project = dataclasses.replace(project, groups=without_nodes(project.groups, gone))
        return with_network(project, nodes=nodes, links=compacted(links, project.network))


@dataclasses.dataclass(frozen=True)
class TakeOut(Edit):
    """A node away; what read it reads what came to the node's first input."""

    node: str

    @property
    def text(self) -> str:
        return sentence("Take node out")

    def describe(self, project: Project) -> str:
        return sentence("Take {source} out", source=name_of(project, self.node))

    def apply(self, project: Project) -> Project:
        node, links = node_of(project, self.node), project.network.links
        fed = [link for link in links if link.target == node.id and link.source != node.id]
        if not fed:
            raise EditError(sentence("Nothing is wired to {node} that could take its place. Delete it instead.", node=node.name))
        first = min(fed, key=lambda link: link.port)
        kept = (
            dataclasses.replace(link, source=first.source, output=first.output) if link.source == node.id else link
            for link in links
        )
        return RemoveNodes((node.id,)).apply(with_network(project, links=tuple(kept)))


@dataclasses.dataclass(frozen=True)
class MoveNodes(Edit):
    """Nodes and notes to other places. positions: id -> canvas pixels of the top left corner."""

    positions: Mapping[str, Position]

    @property
    def text(self) -> str:
        return sentence("Move")

    def describe(self, project: Project) -> str:
        notes = {note.id for note in project.network.notes}
        nodes = [id for id in self.positions if id not in notes]
        if nodes:
            return sentence("Move {nodes}", nodes=names_of(project, nodes))
        return sentence("Move frame") if are_frames(project, self.positions) else sentence("Move note")

    @property
    def slot(self) -> Hashable | None:
        return ("move", frozenset(self.positions))

    def apply(self, project: Project) -> Project:
        network = project.network
        known = {node.id for node in network.nodes} | {note.id for note in network.notes}
        for id, (x, y) in self.positions.items():
            if id not in known:
                node_of(project, id)
            if not (abs(x) <= 1e6 and abs(y) <= 1e6):
                raise EditError(
                    sentence(
                        "A position must lie within 1,000,000 pixels of the origin; ({x}, {y}) was given.", x=f"{x:g}", y=f"{y:g}"
                    )
                )
        moved = {id: (float(x), float(y)) for id, (x, y) in self.positions.items()}
        changed = dataclasses.replace(
            network,
            nodes=tuple(_at(node, moved) for node in network.nodes),
            notes=tuple(dataclasses.replace(n, position=moved[n.id]) if n.id in moved else n for n in network.notes),
        )
        return project if changed == network else dataclasses.replace(project, network=changed)


@dataclasses.dataclass(frozen=True)
class ReplaceSpec(Edit):
    """Another record on a node; wires stay where the new record still has their port."""

    node: str
    spec: Spec | Placeholder

    @property
    def text(self) -> str:
        return sentence("Change to {spec}", spec=sentence(self.spec.title))

    def describe(self, project: Project) -> str:
        name = name_of(project, self.node)
        if node_of(project, self.node).spec.id == self.spec.id:
            return sentence("Change {node}", node=name)
        return sentence("Change {node} to {kind}", node=name, kind=sentence(self.spec.title))

    def apply(self, project: Project) -> Project:
        changed = with_node(project, dataclasses.replace(node_of(project, self.node), spec=self.spec))
        links = tuple(link for link in changed.network.links if self._keeps(link))
        if len(links) == len(changed.network.links):
            return changed
        return with_network(changed, links=compacted(links, changed.network))

    def _keeps(self, link: Link) -> bool:
        starts = link.source != self.node or has_output(self.spec, link.output)
        return starts and (link.target != self.node or takes_port(self.spec, link.port))


@dataclasses.dataclass(frozen=True)
class SetField(Edit):
    """One setting of a node. field: its name, or a path into a part: "start.gain"."""

    node: str
    field: str
    value: Any

    @property
    def text(self) -> str:
        return sentence("Change {field}", field=self.field.replace(".", " ").replace("_", " "))

    def describe(self, project: Project) -> str:
        node = node_of(project, self.node)
        try:
            title = field_at(node.spec, self.field).title(self.field.rpartition(".")[2])
        except BadValue:
            return self.text
        return sentence("Change {field} of {node}", field=title.lower() if not title.isupper() else title, node=node.name)

    @property
    def slot(self) -> Hashable | None:
        return ("field", self.node, self.field)

    def apply(self, project: Project) -> Project:
        node = node_of(project, self.node)
        if isinstance(node.spec, Placeholder):
            raise EditError(
                sentence("{node} is of a kind that this version does not know, so its settings cannot change.", node=node.name)
            )
        return with_node(project, dataclasses.replace(node, spec=with_value(node.spec, self.field, self.value)))


@dataclasses.dataclass(frozen=True)
class SetNodeOption(Edit):
    """ "frozen", "rate_factor" or "decay_factor" of a node."""

    node: str
    option: str
    value: Any

    @property
    def text(self) -> str:
        if self.option == "frozen":
            return sentence("Freeze") if self.value else sentence("Unfreeze")
        return sentence("Change {field}", field=option_words(self.option))

    def describe(self, project: Project) -> str:
        name = name_of(project, self.node)
        if self.option == "frozen":
            return sentence("Freeze {node}", node=name) if self.value else sentence("Unfreeze {node}", node=name)
        return sentence("Change {field} of {node}", field=option_words(self.option), node=name)

    @property
    def slot(self) -> Hashable | None:
        return ("option", self.node, self.option) if self.option != "frozen" else None

    def apply(self, project: Project) -> Project:
        if self.option not in NODE_OPTIONS:
            raise EditError(
                sentence(
                    "A node's option must be one of {node_options}; {option} was given.",
                    node_options=", ".join(NODE_OPTIONS),
                    option=f"{self.option!r}",
                )
            )
        value = storable(NODE_OPTIONS[self.option], self.option, self.value)
        return with_node(project, dataclasses.replace(node_of(project, self.node), **{self.option: value}))


@dataclasses.dataclass(frozen=True)
class RenameNode(Edit):
    """Another name."""

    node: str
    name: str

    @property
    def text(self) -> str:
        return sentence("Rename to {name}", name=self.name)

    def describe(self, project: Project) -> str:
        return sentence("Rename {name_of} to {name}", name_of=name_of(project, self.node), name=self.name)

    def apply(self, project: Project) -> Project:
        node = node_of(project, self.node)
        if node.name != self.name:
            _check_name(project, self.name)
        return with_node(project, dataclasses.replace(node, name=self.name))


def _check_name(project: Project, name: str) -> None:
    if not is_name(name):
        raise EditError(sentence("A node's name must be {rule}; {name} was given.", rule=RULE, name=f"{name[:60]!r}"))
    if any(node.name == name for node in project.network.nodes):
        raise EditError(sentence("Every node needs its own name; {name} is already used.", name=name))


def _at(node: Node, moved: Mapping[str, Position]) -> Node:
    return dataclasses.replace(node, position=moved[node.id]) if node.id in moved else node

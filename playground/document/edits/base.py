"""What an edit is, and the two that hold others."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable

from playground.document.project import Link, Network, Node, Project
from playground.errors import PlaygroundError
from playground.words import sentence


class EditError(PlaygroundError, ValueError):
    """An edit that does not fit the project; nothing was changed."""


class Edit:
    """A change of a project: a frozen record that computes the new project from the old one.

    `apply` is pure: the same edit on the same project gives the same result, ids included.
    """

    @property
    def text(self) -> str:
        """What it does, as far as can be said without the project: "Change units"."""
        raise NotImplementedError

    def describe(self, project: Project) -> str:
        """What it does to this project, for the Edit menu: "Change units of dense2"."""
        return self.text

    def apply(self, project: Project) -> Project:
        """The project after it; the same object where nothing changes. Raises EditError."""
        raise NotImplementedError

    @property
    def slot(self) -> Hashable | None:
        """Edits with the same slot that follow each other quickly are one step of undo; None never joins."""
        return None


@dataclasses.dataclass(frozen=True)
class Several(Edit):
    """Edits that are one step of undo, in order. title: what the step is called.  joins: whether the same ones that follow quickly,
    as while a slider is dragged for several nodes, are one step with these.
    """

    title: str
    edits: tuple[Edit, ...]
    joins: bool = False

    @property
    def slot(self) -> Hashable | None:
        return tuple(edit.slot for edit in self.edits) if self.joins else None

    @property
    def text(self) -> str:
        return self.title

    def apply(self, project: Project) -> Project:
        for edit in self.edits:
            project = edit.apply(project)
        return project


def node_of(project: Project, id: str) -> Node:
    """Raises EditError."""
    try:
        return project.network.node(id)
    except KeyError:
        raise EditError(sentence("That node is no longer there. Select another one.")) from None


def name_of(project: Project, id: str) -> str:
    """A node's name for a sentence."""
    return next((node.name for node in project.network.nodes if node.id == id), sentence("a node"))


def names_of(project: Project, ids: Iterable[str]) -> str:
    """ "dense2", or "3 nodes"."""
    ids = tuple(ids)
    return name_of(project, ids[0]) if len(ids) == 1 else sentence("{ids_count} nodes", ids_count=len(ids))


def with_network(project: Project, *, nodes: tuple[Node, ...] | None = None, links: tuple[Link, ...] | None = None) -> Project:
    """A copy with other nodes or wires; what is left out stays."""
    old: Network = project.network
    network = dataclasses.replace(old, nodes=old.nodes if nodes is None else nodes, links=old.links if links is None else links)
    return dataclasses.replace(project, network=network)


def with_node(project: Project, node: Node) -> Project:
    """A copy in which the node of the same id is this one; the project itself where nothing differs."""
    if node_of(project, node.id) == node:
        return project
    return with_network(project, nodes=tuple(node if old.id == node.id else old for old in project.network.nodes))

"""From the flat network back to the document: what is found about nodes inside blocks is said at the block's node.

Mends of a node inside a block become edits of the block's definition.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from playground.document.blocks import uses, view_of
from playground.document.edits import AddNode, Edit, EditBlock, InsertOnLink
from playground.document.problems import Mend, Problem, remedies, structural_problems
from playground.document.project import Network, Project
from playground.lowering.expansion import Expanded, expanded
from playground.words import Sentence, joined

T = TypeVar("T", int, float)

#: Members of edits that hold ids of nodes and wires, alone or several.
IDS = ("node", "nodes", "link", "links", "source", "target")


def top(id: str) -> str:
    """The node of the project's own network that a flat id belongs to."""
    return id.partition("/")[0]


def summed(numbers: Mapping[str, T]) -> dict[str, T]:
    """Numbers of flat nodes as those of the project's own nodes."""
    found: dict[str, T] = {}
    for id, number in numbers.items():
        found[top(id)] = found.get(top(id), type(number)()) + number
    return found


def names(project: Project) -> dict[str, str]:
    """Id -> name of every node, those inside blocks too: "block1/conv1". Flat ids for these."""
    whole = expanded(project)
    return {node.id: node.name for node in (*project.network.nodes, *whole.project.network.nodes)}


def folded(project: Project, problem: Problem) -> Problem:
    """A problem of the flat network as one of the project."""
    id = problem.node
    text, node = problem.text, top(id)
    if "/" in id:
        path = _path(project, id.rpartition("/")[0])
        text = joined((path, _without(text, f"{path}/")), ": ")
    mends = remedies(*(localised(project, mend) for mend in problem.mends))
    return dataclasses.replace(problem, text=text, node=node, field=problem.field if node == id else "", mends=mends)


def _without(text: str, prefix: str) -> str:
    """The sentence with shorter names of nodes."""
    if isinstance(text, Sentence):
        return Sentence(text.key, {name: _without(value, prefix) for name, value in text.values.items()})
    return text.replace(prefix, "")


def _path(project: Project, id: str) -> str:
    """ "block1/inner" for the flat id of a use."""
    found, network = [], project.network
    for part in id.split("/"):
        node = network.node(part)
        found.append(node.name)
        network = _inside(project, network, part) or Network()
    return "/".join(found)


def _inside(project: Project, network: Network, use: str) -> Network | None:
    known = {block.id: block.network for block in project.blocks}
    return next((known.get(spec.block) for node, spec in uses(network) if node.id == use), None)


def localised(project: Project, mend: Mend) -> Mend | None:
    """A mend whose edits of nodes inside blocks edit the definitions; None for one that would reach across a border."""
    edits = [local_edit(project, edit) for edit in mend.edits if isinstance(edit, Edit)]
    if any(edit is None for edit in edits):
        return None
    return dataclasses.replace(mend, edits=tuple(edits))


def local_edit(project: Project, edit: Edit) -> Edit | None:
    """An edit of flat nodes as one of the project; None where it would reach across the border of a block."""
    named = {f.name: getattr(edit, f.name) for f in dataclasses.fields(edit) if f.name in IDS}  # type: ignore[arg-type]
    given = [id for value in named.values() for id in (value if isinstance(value, tuple) else (value,)) if isinstance(id, str)]
    owners = {id.rpartition("/")[0] for id in given if id}
    if not any(owners):
        return edit
    if len(owners) != 1:
        return None
    owner = owners.pop()

    def local(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(local, value))
        return value.rpartition("/")[2] if isinstance(value, str) else value

    inner = dataclasses.replace(edit, **{name: local(value) for name, value in named.items()})  # type: ignore[type-var]
    block = expanded(project).blocks[owner]
    if isinstance(inner, InsertOnLink):
        inner = _placed(project, block, inner)
    return EditBlock(block, inner)


def _placed(project: Project, block: str, edit: InsertOnLink) -> InsertOnLink:
    """A node on a wire of a definition, between the ends that the wire has there."""
    network = view_of(project, block).network
    link = next(link for link in network.links if link.id == edit.link)
    (ax, ay), (bx, by) = network.node(link.source).position, network.node(link.target).position
    node = edit.node
    if isinstance(node, AddNode):
        node = dataclasses.replace(node, position=((ax + bx) / 2, (ay + by) / 2))
    return dataclasses.replace(edit, node=node)


def inner_problems(project: Project, whole: Expanded, known: Iterable[str]) -> Iterator[Problem]:
    """What is wrong inside definitions whatever comes in, once for each, at the first node that uses it.

    known: ids of the project's nodes that take part in training.
    """
    part, told = set(known), set[str]()
    for use, block in whole.blocks.items():
        if block in told:
            continue
        told.add(block)
        path = _path(project, use)
        for problem in structural_problems(view_of(project, block)):
            mends = tuple(
                dataclasses.replace(mend, edits=tuple(EditBlock(block, edit) for edit in mend.edits if isinstance(edit, Edit)))
                for mend in problem.mends
            )
            severity = problem.severity if top(use) in part else "warning"
            yield Problem(text=joined((path, problem.text), ": "), node=top(use), severity=severity, mends=mends)

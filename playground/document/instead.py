"""What a person probably meant by an edit that was refused: the nearest one that holds, and the words of a button that does it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

from playground.core.fields import Field, Real, Reals, Size, Text, Whole, Wholes
from playground.core.fields.base import is_finite
from playground.document.blocks import MOST_NAME, BlockUse
from playground.document.edits import (
    AddGroup,
    DeleteBlock,
    Edit,
    GroupIntoBlock,
    InsertOnLink,
    RemoveLinks,
    RenameBlock,
    RenameNode,
    SetField,
    SetGroup,
    SetNodeOption,
    SetPlan,
    SetProject,
    Several,
)
from playground.document.integrity import integrity_faults
from playground.document.names import MOST, bad_character, free_name, is_name
from playground.document.options import NODE_OPTIONS
from playground.document.project import Project
from playground.document.settings import field_at
from playground.errors import PlaygroundError
from playground.words import sentence

#: Letters of a name that leave room for a number.
_MOST = MOST_NAME - 8

#: Words of a button and the edit that it does.
Instead = tuple[str, Edit]


def instead(edit: Edit, project: Project) -> Instead | None:
    """None where no edit is near that could be done."""
    try:
        found = _near(edit, project)
        if found is None or any(integrity_faults(found[1].apply(project))):
            return None
    except (PlaygroundError, KeyError):
        return None
    return found


def concerned(edit: Edit, project: Project) -> tuple[str, ...]:
    """Ids of the nodes on the canvas that an edit is about."""
    if isinstance(edit, Several):
        return tuple(dict.fromkeys(id for one in edit.edits for id in concerned(one, project)))
    if isinstance(edit, DeleteBlock):
        return tuple(
            node.id for node in project.network.nodes if isinstance(node.spec, BlockUse) and node.spec.block == edit.block
        )
    named = [getattr(edit, name, "") for name in ("node", "source", "target")]
    there = {node.id for node in project.network.nodes}
    return tuple(id for id in (*named, *getattr(edit, "nodes", ())) if isinstance(id, str) and id in there)


@functools.singledispatch
def _near(edit: Edit, project: Project) -> Instead | None:
    return None


@_near.register
def _(edit: Several, project: Project) -> Instead | None:
    """With the first of its edits that is refused put right."""
    grown = project
    for at, one in enumerate(edit.edits):
        try:
            grown = one.apply(grown)
        except PlaygroundError:
            found = _near(one, grown)
            if found is None:
                return None
            return found[0], dataclasses.replace(edit, edits=(*edit.edits[:at], found[1], *edit.edits[at + 1 :]))
    return None


@_near.register
def _(edit: SetField, project: Project) -> Instead | None:
    return _with_value(edit, field_at(project.network.node(edit.node).spec, edit.field))


@_near.register
def _(edit: SetPlan, project: Project) -> Instead | None:
    return _with_value(edit, field_at(getattr(project, edit.which), edit.field))


@_near.register
def _(edit: SetNodeOption, project: Project) -> Instead | None:
    return _with_value(edit, NODE_OPTIONS[edit.option])


@_near.register
def _(edit: RenameNode, project: Project) -> Instead | None:
    return _with_name(edit, _good(edit.name), (node.name for node in project.network.nodes))


@_near.register
def _(edit: RenameBlock | GroupIntoBlock, project: Project) -> Instead | None:
    if isinstance(edit, GroupIntoBlock):
        smaller = _layers_only(edit, project)
        if smaller is not None:
            return smaller
    name = _line(edit.name or "")
    return _with_name(edit, name, (block.name for block in project.blocks)) if name else None


@_near.register
def _(edit: AddGroup | SetGroup, project: Project) -> Instead | None:
    name = edit.name if isinstance(edit, AddGroup) else edit.value
    if not isinstance(name, str) or (isinstance(edit, SetGroup) and edit.field != "name") or not _line(name):
        return None
    free = free_name(_line(name), {group.name for group in project.groups})
    words = sentence("Use the name {name}", name=free)
    if isinstance(edit, AddGroup):
        return words, dataclasses.replace(edit, name=free)
    return words, dataclasses.replace(edit, value=free)


@_near.register
def _(edit: SetProject, project: Project) -> Instead | None:
    name = _line(edit.name or "")
    return _with_name(edit, name, ()) if name else None


@_near.register
def _(edit: InsertOnLink, project: Project) -> Instead | None:
    """A node that is wired already comes off its wires first."""
    if not isinstance(edit.node, str):
        return None
    wires = tuple(
        link.id for link in project.network.links if (link.target == edit.node and link.port == 0) or link.source == edit.node
    )
    if not wires or edit.link in wires:
        return None
    return sentence("Take its wires away"), Several(edit.text, (RemoveLinks(wires), edit))


def _layers_only(edit: GroupIntoBlock, project: Project) -> Instead | None:
    """The selection without data and losses, where it has any; with the layers in between, where it leaves some out."""
    chosen = set(edit.nodes)
    layers = tuple(node.id for node in project.network.nodes if node.id in chosen and node.spec.kind == "layer")
    if len(layers) < len(chosen):
        return (sentence("Leave it out"), dataclasses.replace(edit, nodes=layers)) if layers else None
    links = project.network.links
    after, before = set(chosen), set(chosen)
    for _ in project.network.nodes:
        after |= {link.target for link in links if link.source in after}
        before |= {link.source for link in links if link.target in before}
    whole = after & before
    if whole == chosen:
        return None
    nodes = tuple(node.id for node in project.network.nodes if node.id in whole)
    return sentence("Select what is between too"), dataclasses.replace(edit, nodes=nodes)


def _with_value(edit: Any, field: Field) -> Instead | None:
    near = _nearest(field, edit.value)
    if near is None:
        return None
    return sentence("Use {value}", value=_shown(near)), dataclasses.replace(edit, value=near)


def _nearest(field: Field, value: Any) -> Any:
    """The value nearest to one that the field does not allow; None where there is no such thing."""
    if isinstance(field, Text) and type(field) is Text and isinstance(value, str):
        return _line(value, field.most) or None
    if isinstance(field, Whole | Real) and is_finite(value):
        return _clamped(field, value)
    if isinstance(field, Size | Wholes | Reals) and isinstance(value, tuple | list) and value and all(map(is_finite, value)):
        return tuple(_clamped(field, one) for one in value)
    return None


def _clamped(field: Any, value: float) -> float:
    low, high = field.low, field.high
    return float(min(max(value, low), high)) if isinstance(field, Real | Reals) else int(min(max(round(value), low), high))


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _with_name(edit: Any, name: str, taken: Iterable[str]) -> Instead | None:
    free = free_name(name, set(taken))
    return sentence("Use the name {name}", name=free), dataclasses.replace(edit, name=free)


def _good(name: str) -> str:
    """A node's name out of any text."""
    if is_name(name):
        return name
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name.strip())[:MOST]
    return plain if is_name(plain) else (f"n_{plain}"[:MOST] if plain.strip("_") else "node")


def _line(text: str, most: int = _MOST) -> str:
    """A text as a line of printable characters."""
    return "".join(c for c in text if bad_character(c) is None).strip()[:most].strip()

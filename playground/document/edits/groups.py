"""Edits of parameter groups."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable
from typing import Any

from playground.document.edits.base import Edit, EditError, names_of, node_of
from playground.document.groups import MOST_GROUPS, MOST_NAME, Group, check_rule
from playground.document.names import bad_character
from playground.document.options import NODE_OPTIONS, option_words
from playground.document.project import Project, new_id
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class AddGroup(Edit):
    """A new group, the last to be asked. name: "" chooses "group1" or the next free number.  nodes: ids put into it at once."""

    name: str = ""
    rule: str = ""
    nodes: tuple[str, ...] = ()
    id: str = dataclasses.field(default_factory=new_id)

    @property
    def text(self) -> str:
        return sentence("Add group")

    def apply(self, project: Project) -> Project:
        taken = {group.name for group in project.groups}
        name = self.name or next(f"group{n}" for n in range(1, len(taken) + 2) if f"group{n}" not in taken)
        if len(project.groups) >= MOST_GROUPS:
            raise EditError(sentence("A project holds at most {most_groups} groups. Delete one first.", most_groups=MOST_GROUPS))
        _check_name(project, name)
        made = Group(id=self.id, name=name, rule=check_rule(self.rule))
        added = dataclasses.replace(project, groups=(*project.groups, made))
        return PutInGroup(self.nodes, self.id).apply(added) if self.nodes else added


@dataclasses.dataclass(frozen=True)
class SetGroup(Edit):
    """One setting of a group. field: "name", "rule", "rate_factor", "decay_factor" or "frozen"."""

    group: str
    field: str
    value: Any

    @property
    def text(self) -> str:
        return sentence("Change {field} of a group", field=option_words(self.field))

    def describe(self, project: Project) -> str:
        of = group_of(project, self.group).name
        return sentence("Change {field} of {group_of}", field=option_words(self.field), group_of=of)

    @property
    def slot(self) -> Hashable | None:
        return ("group", self.group, self.field)

    def apply(self, project: Project) -> Project:
        old = group_of(project, self.group)
        value = self.value
        if self.field == "name":
            if value != old.name:
                _check_name(project, value)
        elif self.field == "rule":
            if not isinstance(value, str):
                raise EditError(sentence("A group's rule must be a text; {value} was given.", value=f"{value!r:.60}"))
            value = check_rule(value)
        elif self.field in NODE_OPTIONS:
            value = NODE_OPTIONS[self.field].check(self.field, value)
        else:
            known = ", ".join(("name", "rule", *NODE_OPTIONS))
            raise EditError(
                sentence(
                    "A group's setting must be one of {known}; {field} was given.", known=known, field=f"{self.field[:60]!r}"
                )
            )
        return _with_group(project, dataclasses.replace(old, **{self.field: value}))


@dataclasses.dataclass(frozen=True)
class RemoveGroup(Edit):
    """A group away; its layers stay."""

    group: str

    @property
    def text(self) -> str:
        return sentence("Delete group")

    def describe(self, project: Project) -> str:
        return sentence("Delete group {group_of}", group_of=group_of(project, self.group).name)

    def apply(self, project: Project) -> Project:
        gone = group_of(project, self.group)
        return dataclasses.replace(project, groups=tuple(group for group in project.groups if group is not gone))


@dataclasses.dataclass(frozen=True)
class MoveGroup(Edit):
    """A group to another place in the order in which rules are asked. to: 0 is the first."""

    group: str
    to: int

    @property
    def text(self) -> str:
        return sentence("Move group")

    def apply(self, project: Project) -> Project:
        moved = group_of(project, self.group)
        others = [group for group in project.groups if group is not moved]
        if not 0 <= self.to <= len(others):
            raise EditError(
                sentence("A group's place must lie in 0 to {others_count}; {to} was given.", others_count=len(others), to=self.to)
            )
        others.insert(self.to, moved)
        return project if tuple(others) == project.groups else dataclasses.replace(project, groups=tuple(others))


@dataclasses.dataclass(frozen=True)
class PutInGroup(Edit):
    """Nodes into a group by hand, out of any other they were put into. group: its id, or "" for none."""

    nodes: tuple[str, ...]
    group: str

    @property
    def text(self) -> str:
        return sentence("Put into group") if self.group else sentence("Take out of group")

    def describe(self, project: Project) -> str:
        names = names_of(project, self.nodes)
        return (
            sentence("Put {names} into {group_of}", names=names, group_of=group_of(project, self.group).name)
            if self.group
            else sentence("Take {names} out of its group", names=names)
        )

    def apply(self, project: Project) -> Project:
        for id in self.nodes:
            node_of(project, id)
        if self.group:
            group_of(project, self.group)
        left = without_nodes(project.groups, self.nodes)
        groups = tuple(
            dataclasses.replace(group, nodes=(*group.nodes, *dict.fromkeys(self.nodes))) if group.id == self.group else group
            for group in left
        )
        return project if groups == project.groups else dataclasses.replace(project, groups=groups)


def group_of(project: Project, id: str) -> Group:
    """Raises EditError."""
    for group in project.groups:
        if group.id == id:
            return group
    raise EditError(sentence("The group {id} is no longer there. Select another one.", id=f"{id[:40]!r}"))


def without_nodes(groups: tuple[Group, ...], nodes: Iterable[str]) -> tuple[Group, ...]:
    """The groups without some nodes."""
    gone = set(nodes)
    return tuple(
        dataclasses.replace(group, nodes=tuple(id for id in group.nodes if id not in gone)) if gone & set(group.nodes) else group
        for group in groups
    )


def _with_group(project: Project, group: Group) -> Project:
    groups = tuple(group if old.id == group.id else old for old in project.groups)
    return project if groups == project.groups else dataclasses.replace(project, groups=groups)


def _check_name(project: Project, name: Any) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > MOST_NAME or bad_character(name) is not None:
        raise EditError(
            sentence(
                "A group's name must be a line of 1 to {most_name} printable characters; {name} was given.",
                most_name=MOST_NAME,
                name=f"{name!r:.80}",
            )
        )
    if any(group.name == name for group in project.groups):
        raise EditError(sentence("Every group needs its own name; {name} is already used.", name=name))

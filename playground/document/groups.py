"""Parameter groups: layers that share a rate factor, a decay factor and whether they are frozen, chosen by hand or by rule.

A rule is a pattern over node names ("conv*"), a kind of layer ("layer:dense"), or a depth among the layers with weights, counted
from the data ("first 3", "last 2"). A node belongs to the group it was put into by hand, else to the first whose rule fits it.
Its own factors multiply the group's; it is frozen when either says so.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from playground.errors import BadValue
from playground.words import sentence

if TYPE_CHECKING:
    from playground.document.project import Node

MOST_GROUPS = 100
MOST_NAME = 60
MOST_RULE = 100

_DEPTH = re.compile(r"^(first|last) ([1-9][0-9]{0,5})$")
_KIND = re.compile(r"^layer:([a-z][a-z0-9_]{0,99})$")
_PATTERN = re.compile(r"^[A-Za-z0-9_*?/\[\]!-]{1,100}$")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """id: of the group.  rule: see above, or "" for nodes that were put into it by hand alone.  nodes: their ids."""

    id: str
    name: str
    rule: str = ""
    nodes: tuple[str, ...] = ()
    rate_factor: float = 1.0
    decay_factor: float = 1.0
    frozen: bool = False


@dataclasses.dataclass(frozen=True)
class Settings:
    """What holds for a node's weights after its group and its own settings. group: "" for none, else the group's id."""

    rate_factor: float
    decay_factor: float
    frozen: bool
    group: str


def check_rule(rule: str) -> str:
    """The rule in its normal form, "" for none. Raises BadValue."""
    rule = " ".join(rule.split())
    if rule and not (_DEPTH.match(rule) or _KIND.match(rule) or _PATTERN.match(rule)):
        raise BadValue(
            sentence(
                "A rule must be a pattern of node names such as conv*, a kind such as layer:dense, or a depth such as "
                "first 3; {rule} was given.",
                rule=f"{rule[:60]!a}",
            )
        )
    return rule


def fitting(rule: str, weighty: Sequence[Node]) -> tuple[str, ...]:
    """Ids of the nodes that a rule fits. weighty: the nodes with weights, in the order of the data's flow."""
    depth, kind = _DEPTH.match(rule), _KIND.match(rule)
    if not rule:
        return ()
    if depth:
        n = int(depth[2])
        return tuple(node.id for node in (weighty[:n] if depth[1] == "first" else weighty[-n:]))
    if kind:
        return tuple(node.id for node in weighty if node.spec.id == kind[1])
    return tuple(node.id for node in weighty if any(fnmatch.fnmatchcase(name, rule) for name in _named(node.name)))


def _named(name: str) -> tuple[str, ...]:
    """The names that a node goes by: its own, and those of the blocks that it stands in."""
    parts = name.split("/")
    return tuple("/".join(parts[: n + 1]) for n in range(len(parts)))


def memberships(groups: Sequence[Group], weighty: Sequence[Node]) -> dict[str, Group]:
    """Node id -> its group."""
    found: dict[str, Group] = {}
    for group in groups:
        for id in group.nodes:
            found.setdefault(id, group)
    by_hand = set(found)
    for group in groups:
        for id in fitting(group.rule, weighty):
            if id not in by_hand:
                found.setdefault(id, group)
    return found


def settings(groups: Sequence[Group], weighty: Sequence[Node]) -> Mapping[str, Settings]:
    """Node id -> what holds for its weights."""
    member = memberships(groups, weighty)
    found = {}
    for node in weighty:
        group = member.get(node.id)
        rate = node.rate_factor * (group.rate_factor if group else 1.0)
        decay = node.decay_factor * (group.decay_factor if group else 1.0)
        frozen = node.frozen or (group is not None and group.frozen)
        found[node.id] = Settings(rate, decay, frozen, group.id if group else "")
    return found

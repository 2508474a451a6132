"""Which kinds fit at a place of the network, and which of them usually stand there: for the quick list and the ghost node.

What follows what is counted in the shipped examples and blocks (`assets/follows.json`), so no statistics come from anywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.core.tensor import TensorType
from playground.document.project import Node, Project
from playground.lowering.flow import Flow, flow_of
from playground.lowering.wires import fits_before, fits_kind
from playground.paths import assets_dir
from playground.ui.kinds import Kind, all_groups, groups, search

#: Most types that are tried at the input of a node that is to stand before another.
MOST_TRIED = 6
#: What a group that often follows counts beside a record that does.
GROUP_SHARE = 0.3


@dataclass(frozen=True)
class Place:
    """Where a new node would be wired: behind output `k` of a node, or before its input `k`."""

    node: str
    k: int = 0
    behind: bool = True


@dataclass(frozen=True)
class Choice:
    """A kind of the quick list, and whether it fits where the list was asked for."""

    kind: Kind
    fits: bool = True


def choices(text: str, place: Place | None, project: Project, samples: Samples | None) -> list[Choice]:
    """What the letters mean; without letters what fits at the place, the most usual first. What was asked for by name and does not
    fit stands at the end.
    """
    found = search(text, project)
    nodes = {node.id: node for node in project.network.nodes}
    if place is None or place.node not in nodes:
        return [Choice(kind) for kind in found]
    judge = _Judge(place, project, samples)
    order = {kind: at for at, kind in enumerate(found)}
    marked = [Choice(kind, judge.fits(kind)) for kind in found]
    if not text.strip():
        marked = [choice for choice in marked if choice.fits]
        return sorted(marked, key=lambda choice: (-judge.usual(choice.kind), order[choice.kind]))
    return sorted(marked, key=lambda choice: not choice.fits)


def suggestion(place: Place, project: Project, samples: Samples | None) -> Kind | None:
    """The most usual kind that fits behind an output, among those that ever followed what stands there; None without one."""
    if place.node not in {node.id for node in project.network.nodes}:
        return None
    judge = _Judge(place, project, samples)
    if judge.type is None:
        return None
    every = [kind for group in groups(project).values() for kind in group]
    ranked = sorted(((judge.usual(kind), -at, kind) for at, kind in enumerate(every)), key=lambda one: one[:2], reverse=True)
    return next((kind for usual, _, kind in ranked if usual >= GROUP_SHARE / 10 and judge.fits(kind)), None)


class _Judge:
    """One place of one project. type: what flows there, None where it is not known."""

    def __init__(self, place: Place, project: Project, samples: Samples | None) -> None:
        self.place, self.project, self.samples = place, project, samples
        self.node: Node = project.network.node(place.node)
        self.flow: Flow = flow_of(project, samples)
        given = self.flow.outputs.get(place.node, ())
        self.type: TensorType | None = given[place.k] if place.behind and place.k < len(given) else None
        self.lossless = not project.network.of_kind("loss")
        self.dataless = not project.network.of_kind("dataset")
        self.tried = tuple(dict.fromkeys(self._upstream()))[:MOST_TRIED]

    def _upstream(self) -> Iterable[TensorType]:
        """Types that may feed a node that stands before the place: those of the nodes nearest on the left first."""
        at = self.node.position[0]
        near = sorted(
            (node for node in self.project.network.nodes if node.id != self.node.id), key=lambda n: abs(at - n.position[0])
        )
        return (self.flow.types[node.id] for node in near if node.id in self.flow.types)

    def fits(self, kind: Kind) -> bool:
        """Blocks are looked into when they are added: what they take is in their file."""
        if kind.block is not None:
            return True
        spec = kind.made(self.project)
        if self.place.behind:
            return fits_kind(spec, self.type, self.samples)
        return fits_before(self.project, self.samples, spec, self.place.node, self.place.k, self.tried)

    def usual(self, kind: Kind) -> float:
        """How often the kind stands here, in 0 to 1, its group's share included; below 0 for what there is one of already."""
        if kind.spec.kind == "loss" and not self.lossless:
            return -1.0
        if kind.spec.kind == "dataset":
            return 1.0 if self.dataless else -1.0
        here, id = self._key(), "block" if kind.block is not None else kind.spec.id
        table = _table() if self.place.behind else _turned()
        return _share(table.get(here, {}), id) + GROUP_SHARE * _share(_grouped(here, self.place.behind), kind.group)

    def _key(self) -> str:
        spec = self.node.spec
        return f"data{self.type.rank if self.type is not None else 1}" if isinstance(spec, Dataset) else spec.id


def _share(counts: dict[str, int], id: str) -> float:
    return counts.get(id, 0) / max(1, sum(counts.values()))


@cache
def _table() -> dict[str, dict[str, int]]:
    """Id -> ids that follow it, with how often."""
    found: dict[str, dict[str, int]] = json.loads((assets_dir() / "follows.json").read_text(encoding="utf-8"))
    return found


@cache
def _turned() -> dict[str, dict[str, int]]:
    """Id -> ids that stand before it, with how often."""
    turned: dict[str, dict[str, int]] = {}
    for first, after in _table().items():
        for second, count in after.items():
            turned.setdefault(second, {})[first] = count
    return turned


@cache
def _groups_of() -> dict[str, str]:
    return {kind.spec.id: group for group, kinds in all_groups().items() for kind in kinds}


@cache
def _grouped(here: str, behind: bool) -> dict[str, int]:
    """Group -> how often it stands beside the group of `here`."""
    of, counts = _groups_of(), dict[str, int]()
    for first, others in (_table() if behind else _turned()).items():
        if of.get(first, first[:4]) == of.get(here, here[:4]):
            for id, count in others.items():
                counts[of.get(id, id)] = counts.get(of.get(id, id), 0) + count
    return counts

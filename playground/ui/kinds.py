"""What can be put on the canvas, grouped and searchable: the palette, the quick list and the Insert menu show this."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from playground.core import registry
from playground.core.spec import Layer, Spec
from playground.document.blocks import GROUP, BlockInput, BlockOutput, BlockUse, View
from playground.document.own_layers import OwnLayer, own_layers
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.ui.block_library import Offer, offers, record_of
from playground.ui.hidden import hidden
from playground.ui.painting import GROUP_COLORS, group_color
from playground.words import say

MIME = "application/x-playground-kind"
#: What may stand in a block alone.
PORTS: dict[str, type[Layer]] = {cls.id: cls for cls in (BlockInput, BlockOutput)}


@dataclass(frozen=True)
class Kind:
    """A catalogue record as a palette shows it. group: palette group.  color: token.  tail: a few words.

    own: a layer of the user's own, which is the record with a formula.  block: a block, which is the record that uses it.
    """

    spec: type[Spec]
    group: str
    color: str
    own: OwnLayer | None = None
    block: Offer | None = None

    def made(self, project: Project | None = None) -> Spec:
        """A fresh record. project: where blocks are looked up first. Raises FileError or BadValue for a block whose file is bad."""
        if self.block is not None:
            return record_of(self.block.id, project or Project())
        return self.spec() if self.own is None else self.spec(function=self.own.formula)  # type: ignore[call-arg]

    @property
    def title(self) -> str:
        if self.block is not None:
            return say(self.block.name) if self.block.origin == "shipped" else self.block.name
        return say(self.spec.title) if self.own is None else self.own.name

    @property
    def icon(self) -> str:
        return self.spec.icon

    @property
    def tail(self) -> str:
        if self.block is not None:
            return say(self.block.tail) if self.block.origin == "shipped" else self.block.tail
        return say(self.spec.tail) if self.own is None else say("own")

    @property
    def help(self) -> str:
        if self.block is not None:
            help = say(self.block.help) if self.block.origin == "shipped" else self.block.help
            return help or say("A block of this project.")
        return say(self.spec.summary()) if self.own is None else say("Your own: {formula}", formula=self.own.formula)

    def mime(self) -> bytes:
        """What a drag carries: words that are looked up again, never an object."""
        words = {"kind": self.spec.kind, "id": self.spec.id}
        if self.block is not None:
            return json.dumps({**words, "block": self.block.id}).encode()
        return json.dumps(words if self.own is None else {**words, "own": self.own.name}).encode()


def from_mime(data: bytes, project: Project | None = None) -> Spec | None:
    """A fresh record of what a drag carries, or None for anything else. project: where blocks are looked up first."""
    try:
        words = json.loads(data)
        if "block" in words:
            return record_of(words["block"], project or Project())
        if words["id"] in PORTS:
            return PORTS[words["id"]]()
        if "own" in words:
            return next((kind.made() for kind in own_kinds() if kind.title == words["own"]), None)
        return registry.find(words["kind"], words["id"])()
    except (ValueError, KeyError, TypeError, PlaygroundError):
        return None


@cache
def kinds() -> tuple[Kind, ...]:
    """Data sources, layers and losses in the order of the palette's groups, then by title."""
    found = [
        Kind(spec, {"dataset": "Data", "loss": "Loss"}.get(kind, spec.group), group_color(kind, spec.group))
        for kind in ("dataset", "layer", "loss")
        for spec in registry.entries(kind)
    ]
    places = {group: at for at, group in enumerate(GROUP_COLORS)}
    return tuple(sorted(found, key=lambda k: (places.get(k.group, len(places)), k.group, k.spec.title.lower())))


def own_kinds() -> tuple[Kind, ...]:
    """The user's own layers, behind the activations."""
    spec = registry.find("layer", "expression")
    return tuple(Kind(spec, spec.group, group_color("layer", spec.group), own) for own in own_layers())


def block_kinds(project: Project) -> tuple[Kind, ...]:
    """Blocks, and inside an open one what makes its ports. project: what the canvas shows."""
    blocks = tuple(Kind(BlockUse, GROUP, GROUP_COLORS[GROUP], block=offer) for offer in offers(project))
    ports = tuple(Kind(spec, GROUP, GROUP_COLORS[GROUP]) for spec in PORTS.values()) if isinstance(project, View) else ()
    return (*ports, *blocks)


def groups(project: Project | None = None) -> dict[str, list[Kind]]:
    """The groups that are not hidden for a class, as `all_groups` gives them."""
    off = hidden().now("groups")
    return {name: found for name, found in all_groups(project).items() if name not in off}


def all_groups(project: Project | None = None) -> dict[str, list[Kind]]:
    """Group -> its kinds, in palette order. project: what the canvas shows, whose blocks stand among them."""
    found: dict[str, list[Kind]] = {}
    for kind in (*kinds(), *own_kinds()):
        found.setdefault(kind.group, []).append(kind)
    if project is not None:
        found[GROUP] = list(block_kinds(project))
    places = {group: at for at, group in enumerate(GROUP_COLORS)}
    return dict(sorted(found.items(), key=lambda group: places.get(group[0], len(places))))


def search(text: str, project: Project | None = None) -> list[Kind]:
    """Kinds that a few letters mean, the best first: titles that start so, words that start so, titles that contain it, help.

    Layers stand before losses and data, because they are added most.
    """
    wanted, off = text.casefold().strip(), hidden().now("groups")
    ranked = [
        (rank, ("layer", "loss", "dataset").index(kind.spec.kind), at, kind)
        for at, kind in enumerate((*kinds(), *own_kinds(), *(block_kinds(project) if project is not None else ())))
        if kind.group not in off and (rank := _rank(kind, wanted)) is not None
    ]
    return [kind for *_, kind in sorted(ranked, key=lambda found: found[:3])]


def _rank(kind: Kind, wanted: str) -> int | None:
    title = kind.title.casefold()
    if title.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in title.replace("-", " ").split()) or kind.spec.id.startswith(wanted):
        return 1
    if wanted in title or wanted in kind.spec.id:
        return 2
    words = f"{kind.group} {kind.tail} {kind.help}".casefold().replace(",", " ").split()
    return 3 if any(word.startswith(wanted) for word in words) else None

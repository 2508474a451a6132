"""What can be put on the canvas, grouped and searchable: the palette, the quick list and the Insert menu show this."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from playground.core import registry
from playground.core.spec import Spec
from playground.document.own_layers import OwnLayer, own_layers
from playground.errors import PlaygroundError
from playground.ui.painting import GROUP_COLORS, group_color

MIME = "application/x-playground-kind"


@dataclass(frozen=True)
class Kind:
    """A catalogue record as a palette shows it. group: palette group.  color: token.  tail: a few words.

    own: a layer of the user's own, which is the record with a formula.
    """

    spec: type[Spec]
    group: str
    color: str
    own: OwnLayer | None = None

    def made(self) -> Spec:
        """A fresh record."""
        return self.spec() if self.own is None else self.spec(function=self.own.formula)  # type: ignore[call-arg]

    @property
    def title(self) -> str:
        return self.spec.title if self.own is None else self.own.name

    @property
    def icon(self) -> str:
        return self.spec.icon

    @property
    def tail(self) -> str:
        return self.spec.tail if self.own is None else "own"

    @property
    def help(self) -> str:
        return self.spec.summary() if self.own is None else f"Your own: {self.own.formula}"

    def mime(self) -> bytes:
        """What a drag carries: words that are looked up again, never an object."""
        words = {"kind": self.spec.kind, "id": self.spec.id}
        return json.dumps(words if self.own is None else {**words, "own": self.own.name}).encode()


def from_mime(data: bytes) -> Spec | None:
    """A fresh record of what a drag carries, or None for anything else."""
    try:
        words = json.loads(data)
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
    return tuple(sorted(found, key=lambda k: (places.get(k.group, len(places)), k.group, k.title.lower())))


def own_kinds() -> tuple[Kind, ...]:
    """The user's own layers, behind the activations."""
    spec = registry.find("layer", "expression")
    return tuple(Kind(spec, spec.group, group_color("layer", spec.group), own) for own in own_layers())


def groups() -> dict[str, list[Kind]]:
    """Group -> its kinds, in palette order."""
    found: dict[str, list[Kind]] = {}
    for kind in (*kinds(), *own_kinds()):
        found.setdefault(kind.group, []).append(kind)
    return found


def search(text: str) -> list[Kind]:
    """Kinds that a few letters mean, the best first: titles that start so, words that start so, titles that contain it, help.

    Layers stand before losses and data, because they are added most.
    """
    wanted = text.casefold().strip()
    ranked = [
        (rank, ("layer", "loss", "dataset").index(kind.spec.kind), at, kind)
        for at, kind in enumerate((*kinds(), *own_kinds()))
        if (rank := _rank(kind, wanted)) is not None
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

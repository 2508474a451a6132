"""The catalogue's index: kind and permanent id -> record class; and records as strict JSON."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, dataclass_transform

from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.errors import BadValue, UnknownKind
from playground.words import sentence

S = TypeVar("S", bound=type[Spec])

_BY_KIND: dict[str, dict[str, type[Spec]]] = {}
_SCANNED: set[str] = set()
_PACKAGES: list[str] = ["playground.catalog"]


# No field_specifiers: a type checker then reads `units: int = whole(16, ...)` as what it is, a field with a default.
@dataclass_transform(frozen_default=True, kw_only_default=True)
def register(id: str, *, title: str, group: str = "", icon: str = "", version: int = 1, tail: str = "") -> Callable[[S], S]:
    """Make a class a catalogue record: a frozen, keyword-only dataclass with a permanent id.

    group: palette group or section.  icon: a name in assets/icons.  tail: a few words shown beside the title in the palette.
    """

    def decorate(cls: S) -> S:
        made: type[Spec] = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        made.id, made.title, made.group, made.icon, made.version, made.tail = id, title, group, icon, version, tail
        known = _BY_KIND.setdefault(made.kind, {})
        if id in known:
            raise RuntimeError(f"catalogue id used twice: {made.kind} {id}")
        known[id] = made
        return cls

    return decorate


def scan(package: str) -> None:
    """Import every module under a package once, so that its records register."""
    if package in _SCANNED:
        return
    _SCANNED.add(package)
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, package + "."):
        importlib.import_module(module.name)


def entries(kind: str) -> tuple[type[Spec], ...]:
    """All records of a kind, by id."""
    for package in _PACKAGES:
        scan(package)
    return tuple(cls for _, cls in sorted(_BY_KIND.get(kind, {}).items()))


def kinds() -> tuple[str, ...]:
    for package in _PACKAGES:
        scan(package)
    return tuple(sorted(_BY_KIND))


def find(kind: str, id: str) -> type[Spec]:
    """The record class of an id. Raises UnknownKind, listing what there is."""
    for cls in entries(kind):
        if cls.id == id:
            return cls
    raise UnknownKind(
        sentence(
            "There is no {kind} called {id}. This version knows: {entries}.",
            kind=kind,
            id=f"{id!r}",
            entries=", ".join(c.id for c in entries(kind)) or "none",
        )
    )


def dump(spec: Spec) -> dict[str, Any]:
    """A record as strict JSON: kind, id, version and every field."""
    values = {name: field.dump(getattr(spec, name)) for name, field in fields_of(spec).items()}
    return {"kind": spec.kind, "id": spec.id, "version": spec.version, "fields": values}


def load(data: Any, kind: str | None = None) -> Spec:
    """The record of a dump, migrated from older versions. Raises UnknownKind or BadValue."""
    if not isinstance(data, Mapping):
        raise BadValue(
            sentence(
                "A catalogue record must be an object with kind, id, version and fields; {name} was given.",
                name=type(data).__name__,
            )
        )
    found_kind, id, version, values = data.get("kind"), data.get("id"), data.get("version"), data.get("fields")
    if not isinstance(found_kind, str) or (kind is not None and found_kind != kind):
        raise BadValue(
            sentence(
                "A record of kind {kind} was expected; {found_kind} was given.", kind=f"{kind!r}", found_kind=f"{found_kind!r}"
            )
        )
    if not isinstance(id, str) or isinstance(version, bool) or not isinstance(version, int) or not isinstance(values, Mapping):
        raise BadValue(sentence("A {found_kind} needs an id, a whole version and an object of fields.", found_kind=found_kind))
    cls = find(found_kind, id)
    if not 1 <= version <= cls.version:
        raise UnknownKind(
            sentence(
                "{cls} version {version} is newer than this program's {version2}. A newer release opens it.",
                cls=sentence(cls.title),
                version=version,
                version2=cls.version,
            )
        )
    filled = migrated(cls, version, values)
    fields = fields_of(cls)
    unknown = sorted(str(name) for name in filled.keys() - fields.keys())
    if unknown:
        raise UnknownKind(sentence("{cls} has no field called {unknown}.", cls=sentence(cls.title), unknown=", ".join(unknown)))
    return cls(**{name: fields[name].load(name, value) for name, value in filled.items()})


def migrated(cls: type[Spec], version: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record of an older version as the present one reads them.

    A version that only brought fields has no step: a field that is not there takes its default.
    """
    filled = dict(values)
    for step in range(version, cls.version):
        filled = cls.migrations.get(step, dict)(filled)
    return filled


def renamed(**old_to_new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A migration step for fields that only changed their name."""
    return lambda values: {old_to_new.get(name, name): value for name, value in values.items()}


def problems(spec: Spec) -> list[tuple[str, str]]:
    """(field, sentence) of every setting outside its range."""
    found = []
    for name, field in fields_of(spec).items():
        try:
            field.check(name, getattr(spec, name))
        except BadValue as error:
            found.append((name, str(error)))
    return found

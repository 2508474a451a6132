"""Catalogue records as JSON and back, without losing what this version does not know.

A record of an unknown id, of a newer version or with unknown fields becomes a `Placeholder` that is written as it came. A value
that is out of range stays as it is, for `structural_problems` to name; a value of the wrong type is a fault.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from playground.core import registry
from playground.core.fields import Part, fields_of
from playground.core.spec import Spec
from playground.document import strict_json
from playground.document.blocks import RECORDS
from playground.document.names import bad_character
from playground.document.project import Note, Placeholder
from playground.document.settings import RECORD_KEYS, storable
from playground.document.showing import shown
from playground.errors import BadValue, UnknownKind
from playground.words import joined, sentence

NODE_KINDS = ("dataset", "layer", "loss")


@dataclasses.dataclass
class Findings:
    """What reading came across. faults: (place, sentence) that forbid it.  remarks: that are worth a word."""

    faults: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    remarks: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def fault(self, place: str, sentence: str) -> None:
        self.faults.append((place, joined((place, sentence), ": ")))

    def check_text(self, place: str, text: str) -> None:
        """A text of several lines may hold no control characters."""
        bad = bad_character(text, lines=True)
        if bad is not None:
            self.fault(place, sentence("it may hold printable characters and line breaks; {bad} was found.", bad=f"{bad!a}"))

    def check_notes(self, notes: Iterable[Note], place: str = "/network") -> None:
        for at, note in enumerate(notes):
            self.check_text(f"{place}/notes/{at}/text", note.text)


def dump_record(spec: Spec | Placeholder) -> Any:
    """A record as strict JSON."""
    if isinstance(spec, Placeholder):
        return strict_json.decode(spec.raw)
    values = {}
    for name, field in fields_of(spec).items():
        value = getattr(spec, name)
        values[name] = dump_record(value) if isinstance(field, Part) else field.dump(storable(field, name, value))
    return {"kind": spec.kind, "id": spec.id, "version": spec.version, "fields": values}


def load_record(data: Any, place: str, found: Findings, kind: str = "") -> Spec | Placeholder | None:
    """The record, a placeholder, or None where there are faults. kind: what it must be, or "" for a node's."""
    from playground.document.schema import Record, shape_faults  # brings pydantic, which writing and the first paint do without

    wrong = shape_faults(data, Record, at=tuple(place.strip("/").split("/")))
    if wrong:
        found.faults.extend(wrong)
        return None
    if kind and data["kind"] != kind:
        found.fault(
            f"{place}/kind", sentence("it must be {kind}; {shown} was found.", kind=f"{kind!r}", shown=shown(data["kind"]))
        )
        return None
    if not kind and data["kind"] not in NODE_KINDS and data["kind"] in registry.kinds():
        found.fault(
            f"{place}/kind",
            sentence(
                "it must be one of {node_kinds}; {shown} was found.", node_kinds=", ".join(NODE_KINDS), shown=shown(data["kind"])
            ),
        )
        return None
    placeholder = Placeholder(kind=data["kind"], id=data["id"], raw=strict_json.encode(data).decode())
    try:
        cls = (
            RECORDS[data["id"]] if data["kind"] == "layer" and data["id"] in RECORDS else registry.find(data["kind"], data["id"])
        )
    except UnknownKind:
        return placeholder
    if data["version"] > cls.version or data.keys() - RECORD_KEYS:
        return placeholder
    values = _migrated(cls, data, place, found)
    if values is None:
        return None
    if values.keys() - fields_of(cls).keys():
        return placeholder
    return load_fields(cls, values, f"{place}/fields", found, older=data["version"] < cls.version)


def load_fields(cls: type[Spec], values: dict[str, Any], place: str, found: Findings, *, older: bool = False) -> Spec | None:
    """A record from the values of its fields, or None where there are faults; missing ones take their default, with a remark.

    older: it was written by a version that may not have had them, so there is nothing to remark.
    """
    before = len(found.faults)
    loaded: dict[str, Any] = {}
    for name, field in fields_of(cls).items():
        if name not in values:
            continue
        if isinstance(field, Part):
            loaded[name] = load_record(values[name], f"{place}/{name}", found, field.kind)
            continue
        try:
            loaded[name] = storable(field, name, _decoded(field, name, values[name]))
        except BadValue as error:
            found.fault(f"{place}/{name}", str(error))
    if len(found.faults) > before:
        return None
    spec = cls(**loaded)
    for name in () if older else fields_of(cls).keys() - values.keys():
        default = getattr(spec, name)
        said = default.title if isinstance(default, Spec) else shown(default)
        found.remarks.append(
            (
                f"{place}/{name}",
                sentence("{place}/{name} is missing; the default, {said}, was taken.", place=place, name=name, said=said),
            )
        )
    return spec


def _decoded(field: Any, name: str, value: Any) -> Any:
    """What `Field.load` makes of JSON, or the JSON itself where it is out of range."""
    try:
        return field.load(name, value)
    except BadValue:
        return value


def _migrated(cls: type[Spec], data: Any, place: str, found: Findings) -> dict[str, Any] | None:
    try:
        return registry.migrated(cls, data["version"], data["fields"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found.fault(
            place,
            sentence(
                "its fields of version {data} could not be brought to version {version}: {error}.",
                data=data["version"],
                version=cls.version,
                error=f"{error!r:.80}",
            ),
        )
        return None

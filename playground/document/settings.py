"""Reading and changing one setting of a record, nested parts included ("start.gain"), and what a setting may hold.

A project may hold a value that is out of range: the form shows the reason, and training waits. It may not hold a value of
another type, since neither a form nor a file could show it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from playground.core.fields import Choice, Field, Part, Real, Reals, Size, Text, Whole, Wholes, fields_of, is_finite
from playground.core.spec import Spec
from playground.document.project import Placeholder
from playground.errors import BadValue
from playground.words import sentence

#: What a record has in a file.
RECORD_KEYS = frozenset({"kind", "id", "version", "fields"})
#: Whole numbers in a file stay within what every reader of JSON keeps exactly.
MOST_WHOLE = 2**53


def storable(field: Field, name: str, value: Any) -> Any:
    """The value in its normal form, out of range or not. Raises BadValue when it has the wrong type."""
    try:
        return field.check(name, value)
    except BadValue:
        if isinstance(field, Part) and isinstance(value, Placeholder) and value.kind == field.kind:
            return value
        kept, normal = _kept(field, value)
        if not kept:
            raise
        return normal


def _kept(field: Field, value: Any) -> tuple[bool, Any]:
    if isinstance(field, Real):
        good = _is_real(value)
        return good, float(value) if good else None
    if isinstance(field, Reals):
        good = isinstance(value, list | tuple) and len(value) <= 4096 and all(map(_is_real, value))
        return good, tuple(float(n) for n in value) if good else None
    if isinstance(field, Whole):
        return _is_whole(value), value
    if isinstance(field, Choice | Text):
        return isinstance(value, str) and len(value) <= 10_000 and _encodes(value), value
    if isinstance(field, Size | Wholes):
        good = isinstance(value, list | tuple) and len(value) <= 64 and all(map(_is_whole, value))
        return good, tuple(value) if good else None
    return False, None


def _is_real(value: Any) -> bool:
    return is_finite(value) and abs(value) < 1e300


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_WHOLE


def _encodes(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def field_at(spec: Any, path: str) -> Field:
    """The field that a path names. Raises BadValue with the names that there are."""
    head, _, rest = path.partition(".")
    fields = fields_of(spec)
    if head not in fields:
        known = ", ".join(fields) or "none"
        raise BadValue(
            sentence(
                "{spec} has no field called {head}. It has: {known}.", spec=sentence(spec.title), head=f"{head!r}", known=known
            )
        )
    if not rest:
        return fields[head]
    inner = getattr(spec, head)
    if not isinstance(inner, Spec):
        raise BadValue(
            sentence("{title} of {spec} has no fields of its own.", title=fields[head].title(head), spec=sentence(spec.title))
        )
    return field_at(inner, rest)


def value_at(spec: Any, path: str) -> Any:
    """The value that a path names. Raises BadValue."""
    field_at(spec, path)
    for name in path.split("."):
        spec = getattr(spec, name)
    return spec


def with_value(spec: Any, path: str, value: Any) -> Any:
    """A copy of the record with one setting changed. Raises BadValue."""
    head, _, rest = path.partition(".")
    field = field_at(spec, path)
    new = with_value(getattr(spec, head), rest, value) if rest else storable(field, head, value)
    return dataclasses.replace(spec, **{head: new})


def every_field(spec: Any, prefix: str = "") -> Iterator[tuple[str, Field, Any]]:
    """(path, field, value) of every setting, nested parts included."""
    for name, field in fields_of(spec).items():
        value = getattr(spec, name)
        yield prefix + name, field, value
        if isinstance(field, Part) and isinstance(value, Spec):
            yield from every_field(value, f"{prefix}{name}.")

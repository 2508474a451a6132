"""Records as a command line writes them: dense(units=8), table(path="my file.csv"), adam(rate=0.01)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from playground.api import parts
from playground.core import registry
from playground.core.fields import Field, Part, Size, fields_of
from playground.core.spec import Spec
from playground.errors import BadValue

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.DOTALL)
_NAME = re.compile(r"\s*([a-z][a-z0-9_]*)\s*")
_BREAK = re.compile(r"\s*,?")
_OPENS = {")": "(", "]": "["}

Written = tuple[str, dict[str, Any]]


def parsed(setting: str) -> dict[str, Any]:
    """ "batch=64" as {"batch": 64}; the value is JSON where it can be, else a word. Raises BadValue."""
    name, equals, value = setting.partition("=")
    if not equals or not name:
        raise BadValue(f"A setting is NAME=VALUE, such as batch=64; {setting!r} was given.")
    try:
        return {name.strip(): json.loads(value)}
    except json.JSONDecodeError:
        return {name.strip(): value.strip()}


def layer_list(text: str, like: str = "dense(units=32) relu dense(units=3)") -> list[Written]:
    """ "dense(units=8) relu" as [("dense", {"units": 8}), ("relu", {})]; pairs are written 3x3 or [3,3], records within records as
    records, what holds a comma or a bracket otherwise in double quotes. Raises BadValue. like: an example, for the refusal.
    """
    found: list[Written] = []
    at = 0
    while text[at:].strip():
        match = _NAME.match(text, at)
        end, inner = (match.end(), "") if match is not None else (at, "")
        if text[end : end + 1] == "(":
            close = _outside(text, end + 1, ")")
            end, inner = close + 1, text[end + 1 : close]
        if match is None or end == 0:
            raise BadValue(f"This is written like {like}; {text[at:].strip()[:40]!r} is not.")
        settings: dict[str, Any] = {}
        for one in _pieces(inner):
            settings |= {name: _pair(value) for name, value in parsed(one).items()}
        found.append((match[1], settings))
        at = _BREAK.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
    return found


def _outside(text: str, at: int, sign: str) -> int:
    """Where a sign stands first, from a place on, outside quotes and brackets; -1 where it does not or brackets do not match."""
    brackets: list[str] = []
    for match in _TOKEN.finditer(text, at):
        token = match[0]
        if token == sign and not brackets:
            return match.start()
        if token in ("(", "["):
            brackets.append(token)
        elif token == '"' or (token in _OPENS and (not brackets or brackets.pop() != _OPENS[token])):
            return -1
    return -1


def _pieces(text: str) -> Iterator[str]:
    """What stands between commas outside quotes and brackets, blanks left out."""
    at = 0
    while at <= len(text):
        end = _outside(text, at, ",")
        end = len(text) if end < 0 else end
        if text[at:end].strip():
            yield text[at:end].strip()
        at = end + 1


def one_record(text: str, like: str = "table(path=sales.csv, target=price)") -> Written:
    """One record with its settings, such as "table(path=sales.csv)". Raises BadValue. like: an example, for the refusal."""
    found = layer_list(text, like)
    if len(found) != 1:
        raise BadValue(f"One is written like {like}; {text[:40]!r} is not.")
    return found[0]


def made(kind: str, written: Written) -> Spec:
    """A record of the catalogue, with those that its settings name. Raises UnknownKind or BadValue."""
    id, settings = written
    fields = fields_of(registry.find(kind, id))
    return parts.make(kind, id, {name: part_of(fields.get(name), value) for name, value in settings.items()})


def part_of(field: Field | None, value: Any, like: str = "") -> Any:
    """A record where the field takes one, such as adam(rate=0.01), a pair where it takes two lengths, such as 3x3; anything else as it is.

    like: an example of such a record, for the refusal. Raises UnknownKind or BadValue.
    """
    if isinstance(field, Part) and isinstance(value, str):
        return made(field.kind, one_record(value, like or field.kind))
    return _pair(value) if isinstance(field, Size) else value


def _pair(value: object) -> object:
    pair = re.fullmatch(r"(\d+)x(\d+)", value) if isinstance(value, str) else None
    return (int(pair[1]), int(pair[2])) if pair else value

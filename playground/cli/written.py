"""Records as a command line writes them: dense(units=8), table(path="my file.csv"), adam(rate=0.01)."""

from __future__ import annotations

import json
import re
from typing import Any

from playground.errors import BadValue

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_RECORD = re.compile(rf"\s*([a-z][a-z0-9_]*)\s*(?:\(((?:[^()\"]|{_QUOTED})*)\))?\s*,?")
_SETTING = re.compile(rf"(?:[^,\"]|{_QUOTED})+")

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
    """ "dense(units=8) relu" as [("dense", {"units": 8}), ("relu", {})]; pairs are written 3x3, what holds a comma or a bracket in
    double quotes. Raises BadValue. like: an example, for the refusal.
    """
    found: list[Written] = []
    at = 0
    while text[at:].strip():
        match = _RECORD.match(text, at)
        if match is None or match.end() == at:
            raise BadValue(f"This is written like {like}; {text[at:].strip()[:40]!r} is not.")
        settings: dict[str, Any] = {}
        for one in _SETTING.findall(match[2] or ""):
            if one.strip():
                settings |= {name: _pair(value) for name, value in parsed(one.strip()).items()}
        found.append((match[1], settings))
        at = match.end()
    return found


def one_record(text: str) -> Written:
    """One record with its settings, such as "table(path=sales.csv)". Raises BadValue."""
    like = "table(path=sales.csv, target=price)"
    found = layer_list(text, like)
    if len(found) != 1:
        raise BadValue(f"One is written like {like}; {text[:40]!r} is not.")
    return found[0]


def _pair(value: object) -> object:
    pair = re.fullmatch(r"(\d+)x(\d+)", value) if isinstance(value, str) else None
    return (int(pair[1]), int(pair[2])) if pair else value

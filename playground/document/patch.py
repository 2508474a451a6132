"""What differs between two projects as a list of places and values, and a project changed by such a list.

A place is a path through the project's JSON, its parts joined by "/"; things in lists are named by their ids, such as
"network/nodes/<id>/frozen". A record of another kind (another optimizer) is one value; so is a list that has other members.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from playground.document import project_json, strict_json
from playground.document.edits.base import Edit
from playground.document.project import Project
from playground.errors import BadValue
from playground.words import sentence

#: What no number depends on: words and places on the canvas.
_WORDS = ("name", "about", "network/notes")


@dataclasses.dataclass(frozen=True)
class Difference:
    """path: of the value.  before, after: strict JSON; None where there is none."""

    path: str
    before: Any
    after: Any


@dataclasses.dataclass(frozen=True)
class SetValues(Edit):
    """Other values at some places of a project, as one step. values: (path, strict JSON as text)."""

    label: str
    values: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return self.label

    def apply(self, project: Project) -> Project:
        return patched(project, {path: strict_json.decode(value) for path, value in self.values})


def differences(before: Project, after: Project) -> tuple[Difference, ...]:
    """What must be changed in `before` to train as `after`; names of the project, notes and positions do not count."""
    found = _compared("", project_json.to_json(before), project_json.to_json(after))
    return tuple(one for one in found if one.path not in _WORDS and not one.path.endswith("/position"))


def patched(project: Project, values: Mapping[str, Any]) -> Project:
    """The project with other values at some places. Raises BadValue for a place or a value that it cannot have."""
    data = copy.deepcopy(project_json.to_json(project))
    for path, value in values.items():
        _put(data, path, copy.deepcopy(value))
    made, found = project_json.from_json(data)
    if made is None:
        raise BadValue("; ".join(fault for _, fault in found.faults))
    return made


def _compared(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict) and _alike(before, after):
        for key in sorted(before):
            yield from _compared(f"{path}/{key}".lstrip("/"), before[key], after[key])
    elif _members(before) is not None and _members(before) == _members(after):
        for one, other in zip(before, after, strict=True):
            yield from _compared(f"{path}/{one['id']}", one, other)
    elif type(before) is not type(after) or before != after:
        yield Difference(path, before, after)


def _alike(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """The same keys, and for records the same kind of thing."""
    records = "fields" in before and (before.get("id"), before.get("version")) != (after.get("id"), after.get("version"))
    return before.keys() == after.keys() and not records


def _members(values: Any) -> list[str] | None:
    """Ids of the members of a list, None for one whose members have none."""
    if not isinstance(values, list) or not values or not all(isinstance(one, dict) and "id" in one for one in values):
        return None
    return [one["id"] for one in values]


def _put(data: Any, path: str, value: Any) -> None:
    parts = path.split("/")
    at = data
    for part in parts[:-1]:
        at = _inside(at, part, path)
    if isinstance(at, dict) and parts[-1] in at:
        at[parts[-1]] = value
    elif isinstance(at, list):
        at[_place(at, parts[-1], path)] = value
    else:
        raise _missing(path)


def _inside(at: Any, part: str, path: str) -> Any:
    if isinstance(at, dict) and part in at:
        return at[part]
    if isinstance(at, list):
        return at[_place(at, part, path)]
    raise _missing(path)


def _place(values: Iterable[Any], id: str, path: str) -> int:
    for at, one in enumerate(values):
        if isinstance(one, dict) and one.get("id") == id:
            return at
    raise _missing(path)


def _missing(path: str) -> BadValue:
    return BadValue(sentence("The project has no {path}. Choose the project that the change was made in.", path=path))

"""The steps of undo as JSON and back, so that a recovered project can be undone as before the crash.

    {"version": 1, "project_version": 12, "done": [step, ...], "undone": [step, ...]}

"done" begins with the step that undo takes back next, "undone" with the one that redo does next. A step says what it changes of
the project before it in this order: "part" has the shape of project.json and holds what becomes other or new, "gone" the ids that
go from each list, "at" the places of new members. Everything is checked as if it stood in a project file. Keys that this version
does not know stay those of the recovered project.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from playground.document import strict_json
from playground.document.edits.history import Step
from playground.document.migrations import VERSION
from playground.document.names import bad_character
from playground.document.project import Network, Project
from playground.errors import BadValue
from playground.words import packed, sentence, unpacked

MOST_STEPS = 200
MOST_BYTES = 2**20
MOST_TEXT = 4_000
_VERSION = 1
_WHOLE = ("name", "about", "data", "training", "groups", "hides")
_LISTS = ("nodes", "links", "notes", "blocks")


class StepsWriter:
    """Writes steps; remembers those that it wrote before, so that each is worked out once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool], tuple[Step, bytes]] = {}

    def write(self, project: Project, done: Sequence[Step], undone: Sequence[Step]) -> bytes:
        """The last MOST_STEPS of both that lead on from the project, as far as MOST_BYTES reach. Next ones first."""
        room, used = MOST_BYTES, dict(self._known)
        self._known = {}
        rows: dict[bool, list[bytes]] = {True: [], False: []}
        for back, steps in ((True, done), (False, undone)):
            now = project
            for step in steps[:MOST_STEPS]:
                start, end = (step.after, step.before) if back else (step.before, step.after)
                if start is not now or start.unknown != end.unknown:
                    break  # what this version does not know is not checked, so it does not travel this way
                kept = used.get((id(step), back)) or (step, _encoded(step, start, end))
                self._known[id(step), back] = kept
                room -= len(kept[1])
                if room < 0:
                    break
                rows[back].append(kept[1])
                now = end
        head = b'{"project_version":%d,"version":%d,"done":[' % (VERSION, _VERSION)
        return head + b",".join(rows[True]) + b'],"undone":[' + b",".join(rows[False]) + b"]}"


def read_steps(data: bytes, project: Project) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Steps done and undone that lead to and on from this project, next ones first. Raises BadValue; nothing is half taken."""
    from pydantic import ValidationError

    from playground.document.schema import HistoryShape

    if len(data) > 2 * MOST_BYTES:
        raise BadValue(sentence("it is larger than any that is written."))
    value = strict_json.decode(data)
    try:
        HistoryShape.model_validate(value)
    except ValidationError as error:
        place = "/".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise BadValue(sentence("it has another shape at /{place}.", place=place[:80])) from error
    if (value["version"], value["project_version"]) != (_VERSION, VERSION):
        raise BadValue(sentence("another release wrote it."))
    return tuple(_walked(value["done"], project, back=True)), tuple(_walked(value["undone"], project, back=False))


def _walked(rows: Sequence[Any], project: Project, *, back: bool) -> Iterator[Step]:
    for row in rows:
        other = _changed(project, row)
        before, after = (other, project) if back else (project, other)
        yield Step(_text(row["text"]), before, after, None, float("-inf"))
        project = other


def _text(found: Any) -> str:
    """What a step is called. Raises BadValue."""
    try:
        text = unpacked(found)
    except ValueError as error:
        raise BadValue(sentence("a step of it has no name.")) from error
    if len(strict_json.encode(found)) > MOST_TEXT or any(bad_character(one, lines=True) is not None for one in _words(found)):
        raise BadValue(sentence("a step of it has no name."))
    return text


def _words(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield from (key, *_words(value))
    else:
        yield str(found)


def _encoded(step: Step, start: Project, end: Project) -> bytes:
    """What makes `end` of `start`."""
    from playground.document.project_json import block_to_json, network_to_json, to_json

    plain = dataclasses.replace(end, network=Network(), blocks=(), unknown=())
    part: dict[str, Any] = {}
    other = [key for key in _WHOLE if getattr(start, key) != getattr(end, key)]
    if other:
        whole = to_json(plain)
        part = {key: whole.get(key, {}) for key in other}
    gone: dict[str, list[str]] = {}
    at: dict[str, dict[str, int]] = {}
    members: dict[str, tuple[Any, ...]] = {}
    for kind in _LISTS:
        old, new = _list_of(start, kind), _list_of(end, kind)
        if old is not new:
            gone[kind], at[kind], members[kind] = _compared(old, new)
    network = {kind: found for kind, found in members.items() if kind != "blocks" and found}
    if network:
        dumped = network_to_json(Network(**network))
        part["network"] = {kind: dumped[kind] for kind in network}
    if members.get("blocks"):
        part["blocks"] = [block_to_json(block) for block in members["blocks"]]
    row = {
        "text": packed(step.text),
        "part": part,
        "gone": {k: v for k, v in gone.items() if v},
        "at": {k: v for k, v in at.items() if v},
    }
    return strict_json.encode(row)


def _compared(old: Sequence[Any], new: Sequence[Any]) -> tuple[list[str], dict[str, int], tuple[Any, ...]]:
    """(ids that go, places of new ones, those that are new or other)."""
    before, after = {one.id: one for one in old}, {one.id for one in new}
    if [one.id for one in old if one.id in after] != [one.id for one in new if one.id in before]:
        return list(before), {one.id: at for at, one in enumerate(new)}, tuple(new)  # another order: all of it
    at = {one.id: place for place, one in enumerate(new) if one.id not in before}
    other = tuple(one for one in new if before.get(one.id) is not one and before.get(one.id) != one)
    return [id for id in before if id not in after], at, other


def _changed(project: Project, row: Any) -> Project:
    """The project that a step makes of this one. Raises BadValue."""
    from playground.document.project_json import MEMBER, checked_whole, parts_from_json, to_json

    part = row["part"]
    plain = dataclasses.replace(project, network=Network(), blocks=(), unknown=())
    whole = {**to_json(plain), **{key: part[key] for key in (*_WHOLE, "blocks") if key in part}}
    network = part.get("network", {})
    whole["network"] = {**whole["network"], **network} if isinstance(network, dict) else network
    parsed, found = parts_from_json(whole)
    if parsed is None or any(not place.startswith(MEMBER) for place, _ in parsed.unknown):
        raise BadValue(found.faults[0][1] if found.faults else sentence("it has keys that no step has."))
    lists = {kind: _joined(_list_of(project, kind), _list_of(parsed, kind), row, kind) for kind in _LISTS}
    blocks = lists.pop("blocks")
    kept = {key: getattr(parsed, key) for key in _WHOLE if key in part}
    made = dataclasses.replace(project, network=Network(**lists), blocks=blocks, **kept)
    made = checked_whole(made, found)
    if found.faults:
        raise BadValue(found.faults[0][1])
    return made


def _joined(old: tuple[Any, ...], new: tuple[Any, ...], row: Any, kind: str) -> tuple[Any, ...]:
    gone, at = set(row["gone"].get(kind, ())), row["at"].get(kind, {})
    by_id = {one.id: one for one in new}
    left = [by_id.get(one.id, one) for one in old if one.id not in gone]
    ids = {one.id for one in left}
    fresh = [one for one in new if one.id in at and one.id not in ids]
    if (
        len(by_id) != len(new)
        or at.keys() - {one.id for one in fresh}
        or by_id.keys() - ids - at.keys()
        or gone - {one.id for one in old}
    ):
        raise BadValue(sentence("a step of it fits another project."))
    for one in sorted(fresh, key=lambda one: int(at[one.id])):
        left.insert(at[one.id], one)
    return old if len(left) == len(old) and all(a is b for a, b in zip(left, old, strict=True)) else tuple(left)


def _list_of(project: Project, kind: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] = project.blocks if kind == "blocks" else getattr(project.network, kind)
    return found

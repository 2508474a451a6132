"""What a run's settings are called, and how their values read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from playground.core.fields import fields_of
from playground.document.options import NODE_OPTIONS
from playground.document.project import Project
from playground.ui.inspector.editors import SPELT
from playground.ui.plots.axis import short
from playground.words import counted, say


def value_text(value: Any) -> str:
    """A setting as a person reads it."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, float):
        return short(value)
    if isinstance(value, tuple | list):
        return counted(len(value), "{n} value", "{n} values") if len(value) > 4 else ", ".join(value_text(one) for one in value)
    text = str(value)
    return say(SPELT.get(text, text.replace("_", " ").capitalize()) if text.isidentifier() and text.islower() else text)


def way_text(first: Any, last: Any) -> str:
    """A setting at the beginning of a run and at its end."""
    return value_text(first) if first == last else ways(value_text(first), value_text(last))


def ways(first: str, last: str) -> str:
    """A text at the beginning and at the end, once where it is the same."""
    return first if first == last else f"{first} → {last}"


def setting_text(path: str, projects: Sequence[Project]) -> str:
    """What a path of `settings_of` is called: "Learning rate", "dense1 Units"; the path itself where none of the projects has it."""
    for project in projects:
        node = next((one for one in project.network.nodes if path == one.name or path.startswith(f"{one.name}.")), None)
        if node is not None:
            names, record, words = path[len(node.name) + 1 :].split("."), node.spec, [node.name]
        elif path.startswith("data."):
            names, record, words = path.split(".")[1:], project.data, [say("Data")]
        else:
            names, record, words = path.split("."), project.training, []
        titles = _titles(names, record)
        if titles is not None:
            return " ".join([*words, *(titles[1:] if names[0] == "optimizer" and len(titles) > 1 else titles)])
    return say("Wires") if path == "wires" else path


def _titles(names: Sequence[str], record: Any) -> list[str] | None:
    """What each field on the way is called; None where there is no such field."""
    found: list[str] = []
    for name in filter(None, names):
        field = (fields_of(record) if dataclasses.is_dataclass(record) else {}).get(name) or NODE_OPTIONS.get(name)
        if field is None:
            return None
        found.append(say(field.title(name)))
        record = getattr(record, name, None)
    return found

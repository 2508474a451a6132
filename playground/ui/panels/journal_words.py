"""A change of a run's plan in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.core.fields import Field, fields_of
from playground.core.registry import find
from playground.core.spec import Spec
from playground.document.options import NODE_OPTIONS
from playground.document.plans import DataPlan, TrainingPlan
from playground.document.project import Project
from playground.errors import PlaygroundError
from playground.ui.plots.axis import short
from playground.words import say, strung

#: Changes that are named; of more, their number.
MOST = 3


def plan_words(project: Project, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """A line, a short flag for the plots, and what would bring it back. before, after: by place, as in the journal.

    Numbers that are knobs have entries of their own; they are told only where nothing else changed.
    """
    places = [path for path in before if path in after]
    told = [path for path in places if not _is_knob(project, path)] or places
    changes = [_change(project, path, before[path], after[path]) for path in told]
    words = [strung(parts, ": ") for parts in changes]
    shown = strung(words[:MOST], "; ") + (say(" and {n} more", n=len(words) - MOST) if len(words) > MOST else "")
    if not shown:
        shown = say("Other data") if "samples_sha256" in after else say("The same plan again")
    flag = " ".join(changes[0]) if changes else shown
    return shown, flag[:1].lower() + flag[1:], {path: before[path] for path in told}


def _fields(path: str) -> tuple[Field | None, str]:
    """The field at a place, where it can be told, and its name."""
    name = path.rpartition("/")[2]
    if name in NODE_OPTIONS:
        return NODE_OPTIONS[name], name
    owner: type[Spec] = DataPlan if path.startswith("data/") else TrainingPlan
    parts = path.split("/fields/")
    field = fields_of(owner).get(parts[1]) if len(parts) == 2 else None
    return field, name


def _is_knob(project: Project, path: str) -> bool:
    parts = path.split("/fields/")
    if path.startswith("training/fields/") and len(parts) == 3:
        spec = getattr(project.training, parts[1], None)
        field = fields_of(spec).get(parts[2]) if isinstance(spec, Spec) else None
        return field is not None and field.live
    field, name = _fields(path)
    return field is not None and field.live and (path.startswith("training/") or (name in NODE_OPTIONS and name != "frozen"))


def _change(project: Project, path: str, before: Any, after: Any) -> tuple[str, str]:
    """What changed, and how."""
    field, name = _fields(path)
    title = say(field.title(name)) if field is not None else say(name.replace("_", " ").capitalize())
    if path.startswith("groups/") and name == "frozen":
        id = path.split("/")[1]
        return next((group.name for group in project.groups if group.id == id), id), _stands_still(after)
    if path.startswith("network/nodes/"):
        id = path.split("/")[2]
        spec = next((node.spec for node in project.network.nodes if node.id == id), None)
        node = next((node.name for node in project.network.nodes if node.id == id), id)
        if name == "frozen":
            return node, _stands_still(after)
        live = fields_of(spec).get(name) if isinstance(spec, Spec) and path.endswith(f"/spec/fields/{name}") else None
        if live is not None and live.live:
            title = say(live.title(name))
        elif "/spec" in path:
            return node, say("other settings")
        title = f"{node} {title}"
    return title, f"{_value(before)} → {_value(after)}"


def _stands_still(frozen: bool) -> str:
    return say("frozen") if frozen else say("trained again")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        try:
            return say(find(str(value.get("kind")), str(value.get("id"))).title)
        except PlaygroundError:
            return str(value.get("id", "…"))
    if isinstance(value, bool):
        return say("on") if value else say("off")
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else short(value)
    return say(value) if isinstance(value, str) else "…"

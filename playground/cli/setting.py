"""A setting of a project as a command line changes it: batch=64, optimizer.rate=0.1, data.validation=0.3, dense1.start=normal(deviation=0.1)."""

from __future__ import annotations

from typing import Any

from playground.api import Project
from playground.cli.written import parsed, part_of
from playground.core.fields import Field, fields_of
from playground.core.spec import Spec
from playground.document.options import NODE_OPTIONS
from playground.document.plans import TrainingPlan
from playground.document.settings import field_at, value_at
from playground.errors import BadValue, PlaygroundError

DATA = "data"
HELP = (
    "another setting, such as batch=64, optimizer.rate=0.1, data.validation=0.3, "
    '"optimizer=sgd(rate=0.1)", dense1.units=32 or "dense1.start=normal(deviation=0.1)"'
)


def change(project: Project, setting: str) -> None:
    """Change what a setting names: of training, after "data." of the data plan, after a node's name of that node. Raises BadValue."""
    ((name, value),) = parsed(setting).items()
    try:
        _change(project, name, value)
    except PlaygroundError as error:
        raise BadValue(f"{name}: {error}") from error


def _change(project: Project, name: str, value: Any) -> None:
    owner, dot, path = name.partition(".")
    if not dot or owner in fields_of(TrainingPlan):
        project.set(**{name: _meant(project.record.training, name, value)})
        return
    if owner == DATA:
        project.set_data(**{path: _meant(project.record.data, path, value)})
        return
    nodes = [node.name for node in project.record.network.nodes]
    if owner not in nodes:
        raise BadValue(
            f"Before the dot stands {DATA}, a node, or a training setting that is a record; {owner!r} is none of them. "
            f"Nodes: {', '.join(nodes) or 'none yet'}. Training settings: {', '.join(fields_of(TrainingPlan))}."
        )
    spec = project.node(owner).spec
    own = isinstance(spec, Spec) and path not in NODE_OPTIONS
    project.set_node(owner, **{path: _meant(spec, path, value) if own else value})


def _meant(record: Any, path: str, value: Any) -> Any:
    """The value as the field takes it, a record where it takes one. Raises BadValue, UnknownKind."""
    field: Field = field_at(record, path)
    return part_of(field, value, _like(value_at(record, path)))


def _like(value: Any) -> str:
    """How the record that is there now is written, for the refusal of one that cannot be read."""
    if not isinstance(value, Spec):
        return ""
    first = next(
        ((name, getattr(value, name)) for name in fields_of(value) if isinstance(getattr(value, name), int | float)), None
    )
    return value.id if first is None else f"{value.id}({first[0]}={first[1]})"

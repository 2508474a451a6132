"""How a change of a setting reaches the project and, while a run goes on, the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.core.fields import Field, Real
from playground.document.edits import Edit, ReplaceSpec, SetField, SetNodeOption, SetPlan
from playground.document.options import NODE_OPTIONS
from playground.document.project import Node
from playground.document.settings import field_at

if TYPE_CHECKING:
    from playground.ui.session import Session

#: States in which a run exists: only live fields may change, and a change is also a store into the run.
BUSY = ("starting", "running", "paused")
LOCKED = "This needs a new run. Stop or reset to change it."


def busy(session: Session) -> bool:
    """Whether a run holds the settings that are not live."""
    return session.client.state in BUSY


def set_node(session: Session, node: Node, path: str, value: Any) -> None:
    """Change a field of a node's record, an option of the node ("frozen"), or with "spec" the record itself."""
    edit: Edit
    if path == "spec":
        edit = ReplaceSpec(node.id, value)
        session.do(edit)
    elif path in NODE_OPTIONS:
        knob = f"{node.name}:{path}"
        _ask(session, SetNodeOption(node.id, path, value), knob, NODE_OPTIONS[path], value)
    else:
        path = path.removeprefix("spec.")
        _ask(session, SetField(node.id, path, value), f"{node.name}.{path}", field_at(node.spec, path), value)


def set_plan(session: Session, which: str, path: str, value: Any) -> None:
    """Change a field of the data or the training plan; "optimizer.rate" is the run's knob "rate"."""
    plan = getattr(session.project, which)
    _ask(session, SetPlan(which, path, value), path.removeprefix("optimizer."), field_at(plan, path), value)


def _ask(session: Session, edit: Edit, knob: str, field: Field, value: Any) -> None:
    if session.do(edit) and field.live and busy(session) and (isinstance(field, Real) or isinstance(value, bool)):
        session.set_knob(knob, float(value))

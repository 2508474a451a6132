"""How a change of a setting reaches the project; the run's knobs then follow the project (`following`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playground.document.edits import ReplaceSpec, SetField, SetNodeOption, SetPlan
from playground.document.options import NODE_OPTIONS
from playground.document.project import Node

if TYPE_CHECKING:
    from playground.ui.session import Session

#: States in which a run exists: only live fields may change.
BUSY = ("starting", "running", "paused")
#: Settings of the training plan that a run cannot take over as it goes on; all others it can.
FIXED = ("seed",)
LOCKED = "This needs a new run. Stop or reset to change it."


def busy(session: Session) -> bool:
    """Whether a run holds the settings that are not live."""
    return session.client.state in BUSY


def set_node(session: Session, node: Node, path: str, value: Any) -> None:
    """Change a field of a node's record, an option of the node ("frozen"), or with "spec" the record itself."""
    if path == "spec":
        session.do(ReplaceSpec(node.id, value))
    elif path in NODE_OPTIONS:
        session.do(SetNodeOption(node.id, path, value))
    else:
        session.do(SetField(node.id, path.removeprefix("spec."), value))


def set_plan(session: Session, which: str, path: str, value: Any) -> None:
    """Change a field of the data or the training plan; "optimizer.rate" is a field of a part."""
    session.do(SetPlan(which, path, value))

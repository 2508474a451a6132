"""What a person can do at once about news of the run: the words of a button, and what it does. One function for each kind of news."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playground.document.edits import SetPlan
from playground.training.messages import ChangeRefused, Died, Event, Failed
from playground.training.messages.travel import Travelling
from playground.words import sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

Remedy = tuple[str, Callable[[], object]]


def remedy_of(event: Event, session: Session) -> Remedy | None:
    """The remedy of a piece of news; None where there is nothing to press."""
    if isinstance(event, Died):
        return sentence("Resume"), session.resume
    if isinstance(event, Travelling):
        return sentence("Stay here"), session.client.cancel_travel
    if isinstance(event, Failed):
        return _of_failure(event, session)
    if isinstance(event, ChangeRefused):
        return _of_failure(event, session) or (sentence("Stop the run"), session.stop)
    return None


def _of_failure(event: Failed | ChangeRefused, session: Session) -> Remedy | None:
    if event.batch:

        def smaller() -> None:
            if session.do(SetPlan("training", "batch", event.batch), whole=True) and not session.run.going:
                session.train()

        return sentence("Use batch {batch}", batch=f"{event.batch:,}"), smaller
    there = {node.id for node in session.project.network.nodes}
    node = next((node for node, _, _ in event.problems if node in there), "")
    return (sentence("Show it"), lambda: session.select([node])) if node else None

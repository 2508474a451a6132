"""The inspector as a dock of the Build layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.inspector.following import follow_knobs
from playground.ui.inspector.panel import Inspector
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.journal_entries import journal_of

if TYPE_CHECKING:
    from playground.ui.session import Session


def make(session: Session) -> Inspector:
    """The inspector; journal and knobs begin to follow the session with the first dock that there is."""
    journal_of(session)
    follow_knobs(session)
    return Inspector(session)


register_panel(
    Panel(
        id="inspector",
        title="Inspector",
        icon="slider",
        places={"build": "right"},
        factory=make,
        order=10,
        width=296,
        least=(260, 200),
    )
)

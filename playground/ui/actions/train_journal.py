"""The Train menu. The run written down."""

from __future__ import annotations

from playground.ui.actions.base import Action
from playground.ui.steering.journal_script import can_write, export_script

ACTIONS = (
    Action(id="export_script", text="Export as script", run=export_script, icon="export", menu="Train", group=4,
           enabled=lambda w: can_write(w.session), place="journal",
           why="There is no run yet. Press Train first."),
)  # fmt: skip

"""The Train menu. A run written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action
from playground.ui.steering.journal_script import can_write, chosen_run, export_chosen, export_script
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _chosen_text(window: MainWindow) -> str:
    run = chosen_run(window.session)
    return say("Export chosen run as script") if run is None else say("Export run {number} as script", number=run.number)


ACTIONS = (
    Action(id="export_script", text="Export as script", run=export_script, icon="export", menu="Train", group=4,
           enabled=lambda w: can_write(w.session), place="journal",
           why="There is no run yet. Press Train first."),
    Action(id="export_run_script", text="Export chosen run as script", run=export_chosen, icon="export", menu="Train", group=4,
           enabled=lambda w: chosen_run(w.session) is not None, label=_chosen_text,
           why="Choose a single run in the table of runs."),
)  # fmt: skip

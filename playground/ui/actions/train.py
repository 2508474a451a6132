"""The Train menu. The run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action, can_step, can_train, has_run, live
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _train_text(window: MainWindow) -> str:
    state = window.session.run.state
    if state in ("running", "starting"):
        return say("Pause")
    goes_on = state in ("paused", "dead") or window.session.client.at_fault
    return say("Resume") if goes_on else say("Train")


ACTIONS = (
    Action(id="train", text="Train", run=lambda w: w.toggle_training(), shortcut="F5", icon="play", menu="Train",
           enabled=can_train, label=_train_text, tool=401, look="primary"),
    Action(id="step", text="Step one batch", run=lambda w: w.session.step_batch(), shortcut="F10", icon="step", menu="Train",
           enabled=can_step, tool=402),
    Action(id="step_epoch", text="Step one epoch", run=lambda w: w.session.step_epoch(), shortcut="Shift+F10", menu="Train",
           enabled=can_step),
    Action(id="stop", text="Stop", run=lambda w: w.session.stop(), shortcut="Shift+F5", icon="stop", menu="Train", group=1,
           enabled=live, tool=403),
    Action(id="reset", text="Reset weights", run=lambda w: w.session.reset(), shortcut="Ctrl+Shift+R", icon="reset", menu="Train",
           group=1, enabled=has_run, tool=404),
)  # fmt: skip

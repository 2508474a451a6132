"""What the canvas adds to the menus: looking at a part of it."""

from __future__ import annotations

from playground.ui.actions.base import Action, selected

ACTIONS = (
    Action(id="zoom_selection", text="Zoom to selection", run=lambda w: w.canvas.looking.zoom_to_selection(), shortcut="Ctrl+8", menu="View",
           group=1, order=1, enabled=selected),
)  # fmt: skip

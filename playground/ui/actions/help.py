"""The Help menu. What to read."""

from __future__ import annotations

from playground.ui.actions.base import Action

ACTIONS = (
    Action(id="commands", text="Find a command…", run=lambda w: w.open_commands(), shortcut="Ctrl+Shift+P", icon="search", menu="Help",
           order=-1),
    Action(id="reference", text="Reference…", run=lambda w: w.open_dialog("reference"), shortcut="Shift+F1", icon="book", menu="Help"),
    Action(id="shortcuts", text="Keyboard shortcuts", run=lambda w: w.show_shortcuts(), shortcut="F1", icon="info", menu="Help"),
    Action(id="about", text="About", run=lambda w: w.show_about(), menu="Help", group=1),
)  # fmt: skip

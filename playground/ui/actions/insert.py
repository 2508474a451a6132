"""The Insert menu. What comes onto the canvas."""

from __future__ import annotations

from playground.ui.actions.base import Action
from playground.words import meant

ACTIONS = (
    Action(id="quick", text="Quick list…", run=lambda w: w.canvas.open_quick_add(), shortcut="Ctrl+K", icon="search", menu="Insert"),
    Action(id="search", text="Search layers", run=lambda w: w.focus_palette(), shortcut="/", menu="Insert", local=True),
    Action(
        id="note", text=meant("Note", "on the canvas"), run=lambda w: w.canvas.add_note(), shortcut="Ctrl+Shift+N", icon="note",
        menu="Insert", group=1,
    ),
    Action(id="frame", text="Frame", run=lambda w: w.canvas.looking.add_frame(), shortcut="Ctrl+Shift+B", icon="frame", menu="Insert",
           group=1),
    Action(id="suggestions", text="Suggest what follows", run=lambda w: w.canvas.drops.ghost.switch(not w.canvas.drops.ghost.on),
           menu="Insert", group=2, checked=lambda w: w.canvas.drops.ghost.on),
)  # fmt: skip

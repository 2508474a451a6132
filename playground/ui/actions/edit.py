"""The Edit menu. Undo, the clipboard and the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui.actions.base import Action, chosen_items, nodes, selected
from playground.words import meant, say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _undo_text(window: MainWindow) -> str:
    return say("Undo {edit}", edit=_low(say(window.session.history.undo_text))).strip()


def _redo_text(window: MainWindow) -> str:
    return say("Redo {edit}", edit=_low(say(window.session.history.redo_text))).strip()


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


ACTIONS = (
    Action(id="undo", text="Undo", run=lambda w: w.session.undo(), shortcut="Ctrl+Z", icon="undo", menu="Edit",
           enabled=lambda w: w.session.history.can_undo, label=_undo_text, tool=201, why="Nothing to undo."),
    Action(id="redo", text="Redo", run=lambda w: w.session.redo(), shortcut="Ctrl+Shift+Z", icon="redo", menu="Edit",
           enabled=lambda w: w.session.history.can_redo, label=_redo_text, tool=202, why="Nothing to redo."),
    Action(id="cut", text=meant("Cut", "to the clipboard"), run=lambda w: w.canvas.commands.cut(), shortcut="Ctrl+X", menu="Edit", group=1,
           enabled=chosen_items, local=True),
    Action(id="copy", text="Copy", run=lambda w: w.copy(), shortcut="Ctrl+C", menu="Edit", group=1, enabled=chosen_items, local=True),
    Action(id="paste", text="Paste", run=lambda w: w.canvas.commands.paste(), shortcut="Ctrl+V", menu="Edit", group=1, local=True),
    Action(id="duplicate", text="Duplicate", run=lambda w: w.canvas.commands.duplicate(), shortcut="Ctrl+D", menu="Edit", group=1,
           enabled=chosen_items),
    Action(id="delete", text="Delete", run=lambda w: w.canvas.commands.delete(), shortcut="Del", menu="Edit", group=1,
           enabled=selected, local=True),
    Action(id="select_all", text="Select all", run=lambda w: w.canvas.select_all(), shortcut="Ctrl+A", menu="Edit", group=2,
           enabled=nodes, local=True),
    Action(id="rename", text="Rename", run=lambda w: w.canvas.rename_selected(), shortcut="F2", menu="Edit", group=2,
           enabled=chosen_items),
)  # fmt: skip

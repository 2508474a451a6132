"""The File menu. Projects, data and weights in and out."""

from __future__ import annotations

from playground.ui.actions.base import Action, nodes

ACTIONS = (
    Action(id="start", text="Start page", run=lambda w: w.show_start(), icon="home", menu="File", shortcut="Ctrl+Shift+H", tool=101),
    Action(id="new", text="New", run=lambda w: w.new(), shortcut="Ctrl+N", icon="doc", menu="File", group=1),
    Action(id="open", text="Open…", run=lambda w: w.ask_open(), shortcut="Ctrl+O", icon="open", menu="File", group=1, tool=102),
    Action(id="save", text="Save", run=lambda w: w.save(), shortcut="Ctrl+S", icon="save", menu="File", group=2, tool=103),
    Action(id="save_as", text="Save as…", run=lambda w: w.save_as(), shortcut="Ctrl+Shift+S", menu="File", group=2),
    Action(id="import", text="Import data…", run=lambda w: w.open_dialog("import_data"), icon="import", menu="File", group=3),
    Action(id="import_weights", text="Import weights…", run=lambda w: w.open_dialog("import_weights"), menu="File", group=3, enabled=nodes),
    Action(id="export", text="Export weights…", run=lambda w: w.open_dialog("export"), shortcut="Ctrl+E", icon="export", menu="File",
           group=3, enabled=nodes),
    Action(id="quit", text="Quit", run=lambda w: w.quit(), shortcut="Ctrl+Q", menu="File", group=4),
)  # fmt: skip

"""Every action of the window in one table. Menus, toolbar buttons, tooltips and the list of shortcuts derive from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from playground.document.blocks import BlockUse
from playground.ui.theme import theme

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

Test = Callable[["MainWindow"], bool]
MENUS = ("File", "Edit", "Insert", "Network", "Train", "View", "Help")


def always(window: MainWindow) -> bool:
    return True


def selected(window: MainWindow) -> bool:
    return bool(window.session.selection)


def several(window: MainWindow) -> bool:
    return len(window.session.selected_nodes()) > 1


def nodes(window: MainWindow) -> bool:
    return bool(window.session.project.network.nodes)


def live(window: MainWindow) -> bool:
    return window.session.run.state in ("running", "paused", "starting")


def has_run(window: MainWindow) -> bool:
    return window.session.run.state in ("running", "paused", "finished", "failed", "dead")


def can_train(window: MainWindow) -> bool:
    return window.session.ready or live(window)


def can_step(window: MainWindow) -> bool:
    state = window.session.run.state
    return state == "paused" or (state in ("idle", "finished", "failed") and window.session.ready)


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that the window can do.

    menu: one of MENUS; "" for none.  group: a line is drawn where it changes.  label: the text now, where it varies.
    checked: whether it is on, for a switch.  local: the shortcut works only while the canvas has the focus.
    """

    id: str
    text: str
    run: Callable[[MainWindow], object]
    shortcut: str = ""
    icon: str = ""
    menu: str = ""
    group: int = 0
    enabled: Test = always
    label: Callable[[MainWindow], str] | None = None
    checked: Test | None = None
    local: bool = False


def may_share(window: MainWindow) -> bool:
    """Whether the selection is one layer with weights, or two layers."""
    chosen, counts = window.session.selected_nodes(), window.session.seen.parameters
    if any(node.spec.kind != "layer" for node in chosen):
        return False
    return len(chosen) == 2 or (len(chosen) == 1 and bool(chosen[0].shares or counts.get(chosen[0].id)))


def may_group(window: MainWindow) -> bool:
    """Whether layers are selected."""
    return any(node.spec.kind == "layer" for node in window.session.selected_nodes())


def has_block(window: MainWindow) -> bool:
    """Whether a block is selected."""
    return any(isinstance(node.spec, BlockUse) for node in window.session.selected_nodes())


def one_block(window: MainWindow) -> bool:
    """Whether one block is selected alone."""
    return has_block(window) and len(window.session.selected_nodes()) == 1


def _share_text(window: MainWindow) -> str:
    chosen = window.session.selected_nodes()
    tied = (
        {node.id for node in chosen} & {node.shares for node in chosen}
        if len(chosen) == 2
        else {n.shares for n in chosen if n.shares}
    )
    return "Stop sharing weights" if tied and len(chosen) <= 2 else "Share weights"


def _undo_text(window: MainWindow) -> str:
    return f"Undo {_low(window.session.history.undo_text)}".strip()


def _redo_text(window: MainWindow) -> str:
    return f"Redo {_low(window.session.history.redo_text)}".strip()


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _train_text(window: MainWindow) -> str:
    return {"running": "Pause", "starting": "Pause", "paused": "Resume", "dead": "Resume"}.get(window.session.run.state, "Train")


ACTIONS: tuple[Action, ...] = (
    Action(id="start", text="Start page", run=lambda w: w.show_start(), icon="home", menu="File", shortcut="Ctrl+Shift+H"),
    Action(id="new", text="New", run=lambda w: w.new(), shortcut="Ctrl+N", icon="doc", menu="File", group=1),
    Action(id="open", text="Open…", run=lambda w: w.ask_open(), shortcut="Ctrl+O", icon="open", menu="File", group=1),
    Action(id="save", text="Save", run=lambda w: w.save(), shortcut="Ctrl+S", icon="save", menu="File", group=2),
    Action(id="save_as", text="Save as…", run=lambda w: w.save_as(), shortcut="Ctrl+Shift+S", menu="File", group=2),
    Action(id="import", text="Import data…", run=lambda w: w.open_dialog("import_data"), icon="import", menu="File", group=3),
    Action(id="import_weights", text="Import weights…", run=lambda w: w.open_dialog("import_weights"), menu="File", group=3, enabled=nodes),
    Action(id="export", text="Export weights…", run=lambda w: w.open_dialog("export"), shortcut="Ctrl+E", icon="export", menu="File",
           group=3, enabled=nodes),
    Action(id="quit", text="Quit", run=lambda w: w.quit(), shortcut="Ctrl+Q", menu="File", group=4),
    Action(id="undo", text="Undo", run=lambda w: w.session.undo(), shortcut="Ctrl+Z", icon="undo", menu="Edit",
           enabled=lambda w: w.session.history.can_undo, label=_undo_text),
    Action(id="redo", text="Redo", run=lambda w: w.session.redo(), shortcut="Ctrl+Shift+Z", icon="redo", menu="Edit",
           enabled=lambda w: w.session.history.can_redo, label=_redo_text),
    Action(id="cut", text="Cut", run=lambda w: w.canvas.commands.cut(), shortcut="Ctrl+X", menu="Edit", group=1, enabled=selected,
           local=True),
    Action(id="copy", text="Copy", run=lambda w: w.copy(), shortcut="Ctrl+C", menu="Edit", group=1, enabled=selected, local=True),
    Action(id="paste", text="Paste", run=lambda w: w.canvas.commands.paste(), shortcut="Ctrl+V", menu="Edit", group=1, local=True),
    Action(id="duplicate", text="Duplicate", run=lambda w: w.canvas.commands.duplicate(), shortcut="Ctrl+D", menu="Edit", group=1,
           enabled=selected),
    Action(id="delete", text="Delete", run=lambda w: w.canvas.commands.delete(), shortcut="Del", menu="Edit", group=1,
           enabled=selected, local=True),
    Action(id="select_all", text="Select all", run=lambda w: w.canvas.select_all(), shortcut="Ctrl+A", menu="Edit", group=2,
           enabled=nodes, local=True),
    Action(id="rename", text="Rename", run=lambda w: w.canvas.rename_selected(), shortcut="F2", menu="Edit", group=2,
           enabled=selected),
    Action(id="quick", text="Quick list…", run=lambda w: w.canvas.open_quick_add(), shortcut="Ctrl+K", icon="search", menu="Insert"),
    Action(id="search", text="Search layers", run=lambda w: w.focus_palette(), shortcut="/", menu="Insert", local=True),
    Action(id="note", text="Note", run=lambda w: w.canvas.add_note(), shortcut="Ctrl+Shift+N", icon="note", menu="Insert", group=1),
    Action(id="wire", text="Start a wire", run=lambda w: w.canvas.start_wire(), shortcut="Ctrl+L", menu="Network",
           enabled=selected),
    Action(id="share", text="Share weights", run=lambda w: w.canvas.share_weights(), shortcut="Ctrl+T", icon="tied", menu="Network",
           enabled=may_share, label=_share_text),
    Action(id="freeze", text="Freeze or unfreeze", run=lambda w: w.canvas.commands.freeze(), shortcut="Ctrl+Shift+F", icon="frozen",
           menu="Network", enabled=selected),
    Action(id="group", text="Group into block", run=lambda w: w.canvas.commands.group(), shortcut="Ctrl+G", icon="block", menu="Network",
           group=2, enabled=may_group),
    Action(id="ungroup", text="Ungroup", run=lambda w: w.canvas.commands.ungroup(), shortcut="Ctrl+Shift+G", menu="Network", group=2,
           enabled=has_block),
    Action(id="open_block", text="Open block", run=lambda w: w.session.enter(w.session.selected_nodes()[0].id), menu="Network", group=2,
           enabled=one_block),
    Action(id="leave_block", text="Leave block", run=lambda w: w.session.leave(), menu="Network", group=2,
           enabled=lambda w: bool(w.session.scope.path)),
    Action(id="align_left", text="Align left", run=lambda w: w.canvas.commands.align("left"), menu="Network", group=1,
           enabled=several),
    Action(id="align_middle", text="Align in a row", run=lambda w: w.canvas.commands.align("middle"), menu="Network", group=1,
           enabled=several),
    Action(id="tidy", text="Lay out", run=lambda w: w.canvas.tidy(), shortcut="Ctrl+Shift+L", icon="auto", menu="Network", group=1,
           enabled=nodes),
    Action(id="train", text="Train", run=lambda w: w.toggle_training(), shortcut="F5", icon="play", menu="Train",
           enabled=can_train, label=_train_text),
    Action(id="step", text="Step one batch", run=lambda w: w.session.step_batch(), shortcut="F10", icon="step", menu="Train",
           enabled=can_step),
    Action(id="step_epoch", text="Step one epoch", run=lambda w: w.session.step_epoch(), shortcut="Shift+F10", menu="Train",
           enabled=can_step),
    Action(id="stop", text="Stop", run=lambda w: w.session.stop(), shortcut="Shift+F5", icon="stop", menu="Train", group=1,
           enabled=live),
    Action(id="reset", text="Reset weights", run=lambda w: w.session.reset(), shortcut="Ctrl+Shift+R", icon="reset", menu="Train",
           group=1, enabled=has_run),
    Action(id="find_rate", text="Find rate", run=lambda w: w.find_rate(), shortcut="Ctrl+R", icon="finder", menu="Train", group=2,
           enabled=can_step),
    Action(id="build", text="Build layout", run=lambda w: w.show_layout("build"), shortcut="Ctrl+1", icon="auto", menu="View",
           checked=lambda w: w.layouts.current == "build"),
    Action(id="train_layout", text="Train layout", run=lambda w: w.show_layout("train"), shortcut="Ctrl+2", icon="curve", menu="View",
           checked=lambda w: w.layouts.current == "train"),
    Action(id="reset_layout", text="Reset layout", run=lambda w: w.layouts.reset(), menu="View"),
    Action(id="zoom_in", text="Zoom in", run=lambda w: w.canvas.zoom_by(1.25), shortcut="Ctrl++", menu="View", group=1),
    Action(id="zoom_out", text="Zoom out", run=lambda w: w.canvas.zoom_by(0.8), shortcut="Ctrl+-", menu="View", group=1),
    Action(id="zoom_full", text="Zoom to 100 %", run=lambda w: w.canvas.zoom_by(1 / w.canvas.zoom), shortcut="Ctrl+0", menu="View",
           group=1),
    Action(id="zoom_fit", text="Zoom to fit", run=lambda w: w.canvas.zoom_to_fit(), shortcut="Ctrl+9", icon="fit", menu="View",
           group=1, enabled=nodes),
    Action(id="light", text="Light", run=lambda w: w.use_theme("light"), menu="View", group=2,
           checked=lambda w: theme().choice == "light"),
    Action(id="dark", text="Dark", run=lambda w: w.use_theme("dark"), menu="View", group=2, checked=lambda w: theme().choice == "dark"),
    Action(id="system", text="Follow the system", run=lambda w: w.use_theme("system"), menu="View", group=2,
           checked=lambda w: theme().choice == "system"),
    Action(id="reference", text="Reference…", run=lambda w: w.open_dialog("reference"), shortcut="Shift+F1", icon="book", menu="Help"),
    Action(id="shortcuts", text="Keyboard shortcuts", run=lambda w: w.show_shortcuts(), shortcut="F1", icon="info", menu="Help"),
    Action(id="about", text="About", run=lambda w: w.show_about(), menu="Help", group=1),
)  # fmt: skip


class ActionSet(QObject):
    """The table as Qt's actions of one window, kept in step with the session."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.made: dict[str, QAction] = {}
        for action in ACTIONS:
            made = self.made[action.id] = QAction(action.text, window)
            made.setObjectName(action.id)
            if action.shortcut:
                made.setShortcut(QKeySequence(action.shortcut))
                context = Qt.ShortcutContext.WidgetWithChildrenShortcut if action.local else Qt.ShortcutContext.WindowShortcut
                made.setShortcutContext(context)
            made.setCheckable(action.checked is not None)
            made.setToolTip(tooltip(action))
            made.triggered.connect(lambda _=False, chosen=action: self._run(chosen))
            (window.canvas if action.local else window).addAction(made)
        theme().changed.connect(self.recolor)
        self.recolor()

    def _run(self, action: Action) -> None:
        """An action may have become impossible since the menu was drawn."""
        if action.enabled(self.window):
            action.run(self.window)
        self.refresh()

    def recolor(self) -> None:
        """Icons in the colours of the theme."""
        for action in ACTIONS:
            if action.icon:
                self.made[action.id].setIcon(theme().icon(action.icon))

    def refresh(self) -> None:
        """Texts, switches and what is possible, as of now."""
        for action in ACTIONS:
            made = self.made[action.id]
            made.setEnabled(action.enabled(self.window))
            if action.label is not None:
                made.setText(action.label(self.window))
            if action.checked is not None:
                made.setChecked(action.checked(self.window))

    def __getitem__(self, id: str) -> QAction:
        return self.made[id]


def tooltip(action: Action) -> str:
    """The text with its shortcut."""
    return f"{action.text} ({action.shortcut})" if action.shortcut else action.text

"""The View menu. Layouts, zoom and look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui import motion
from playground.ui.actions.base import Action, nodes
from playground.ui.hidden import KINDS, hidden
from playground.ui.layout_table import LAYOUT_TABLE, Layout
from playground.ui.theme import theme
from playground.words import sentence

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def _layout(layout: Layout) -> Action:
    return Action(
        id=layout.action,
        text=sentence("{layout} layout", layout=sentence(layout.title)),
        run=lambda w: w.show_layout(layout.name),
        shortcut=layout.shortcut,
        icon=layout.icon,
        menu="View",
        checked=lambda w: w.layouts.current == layout.name and not w.at_start,
    )


_OWN = "Show a layout of your own first: View, My layouts."


def own_layout(window: MainWindow) -> bool:
    """Whether the present layout is one of the person's own."""
    return bool(window.layouts.current and window.layouts.layout_shown.base)


def _save_layout(window: MainWindow) -> None:
    from playground.ui.layout_menu import ask_save

    ask_save(window)


def _rename_layout(window: MainWindow) -> None:
    from playground.ui.layout_menu import ask_rename

    ask_rename(window)


def _delete_layout(window: MainWindow) -> None:
    from playground.ui.layout_menu import delete

    delete(window)


def _class_controls(window: MainWindow) -> None:
    from playground.ui.class_controls import ClassControls

    ClassControls(window).show()


def hides(window: MainWindow) -> bool:
    """Whether something is hidden for a class."""
    return any(hidden().chosen(kind) for kind in KINDS)


ACTIONS = (
    *(_layout(layout) for layout in LAYOUT_TABLE),
    Action(id="save_layout", text="Save layout as…", run=_save_layout, menu="View"),
    Action(id="rename_layout", text="Rename layout…", run=_rename_layout, menu="View", enabled=own_layout, why=_OWN),
    Action(id="delete_layout", text="Delete layout", run=_delete_layout, menu="View", enabled=own_layout, why=_OWN),
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
    Action(id="reduce_motion", text="Reduce motion", run=lambda w: motion.choose("full" if theme().reduced_motion else "reduced"),
           menu="View", group=2, checked=lambda w: theme().reduced_motion),
    Action(id="class_controls", text="Controls for a class…", run=_class_controls, icon="eye", menu="View", group=4),
    Action(id="teacher", text="Teacher's view", run=lambda w: hidden().show_all(not hidden().teacher), menu="View", group=4,
           checked=lambda w: hidden().teacher, enabled=hides, why="Nothing is hidden. Choose View, Controls for a class."),
)  # fmt: skip

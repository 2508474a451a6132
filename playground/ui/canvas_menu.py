"""The menu of the canvas: what can be done with what is selected, or where it was opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from playground.ui.inspector.grouping import fill_group_menu
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

#: Actions that are offered, "" for a separator.
FOR_NODES = (
    "rename", "wire", "share", "freeze", "", "group", "ungroup", "open_block", "", "cut", "copy", "paste", "duplicate", "delete", "",
    "frame", "zoom_selection", "reference",
)  # fmt: skip
FOR_NOTES_AND_FRAMES = ("rename", "", "cut", "copy", "paste", "duplicate", "delete", "", "frame", "zoom_selection")
FOR_WIRES = ("delete", "zoom_selection")
IN_THE_OPEN = ("quick", "note", "frame", "paste", "", "tidy", "zoom_fit", "select_all")


def show_canvas_menu(window: MainWindow, at: QPoint) -> None:
    """Open it at a point of the screen."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made, canvas, movable = window.actions_made, window.canvas, window.actions_made["copy"].isEnabled()
    spot = canvas.mapToScene(canvas.viewport().mapFromGlobal(at))
    here: dict[str, Callable[[], object]] = {} if window.session.selection else {
        "note": lambda: canvas.add_note(spot),
        "frame": lambda: canvas.looking.add_frame(spot),
        "paste": lambda: canvas.commands.paste(spot),
    }  # fmt: skip
    for name in _offered(window, movable):
        if name in here:
            made.add_instead(menu, name, here[name])
        else:
            menu.addAction(made[name]) if name else menu.addSeparator()
        if name == "freeze":
            fill_group_menu(menu, window.session)
    if movable:
        _add_placing(window, menu)
    menu.popup(at)


def _offered(window: MainWindow, movable: bool) -> tuple[str, ...]:
    if window.session.selected_nodes():
        return FOR_NODES
    if movable:
        return FOR_NOTES_AND_FRAMES
    return FOR_WIRES if window.session.selection else IN_THE_OPEN


def _add_placing(window: MainWindow, menu: QMenu) -> None:
    placing = menu.addMenu(say("Align and distribute"))
    for name in ("left", "centre", "right", "top", "middle", "bottom"):
        placing.addAction(window.actions_made[f"align_{name}"])
    placing.addSeparator()
    for name in ("across", "down"):
        placing.addAction(window.actions_made[f"distribute_{name}"])

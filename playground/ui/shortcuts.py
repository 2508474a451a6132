"""The list of shortcuts, made from the table of actions, and the words about the program."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QMessageBox, QWidget

from playground.ui.actions import ACTIONS, MENUS
from playground.ui.keymap import chosen, keys_of
from playground.ui.theme import theme
from playground.words import say

BY_HAND = (
    ("Canvas", "Walk along the wires", "Arrows"),
    ("Canvas", "Move the selection", "Ctrl+Arrows, Alt+Arrows for small steps"),
    ("Canvas", "Resize the selected notes and frames", "Ctrl+Shift+Arrows, with Alt for small steps"),
    ("Canvas", "Search layers and add one", "Any letter"),
    ("Canvas", "Quick list of what fits, at the pointer", "Tab, double click, or a wire dropped in the open"),
    ("Canvas", "Take the suggested layer", "Right arrow then Enter, or Tab then Enter"),
    ("Canvas", "Move the focus on", "Ctrl+Tab, back with Shift+Tab"),
    ("Canvas", "Edit the selected node", "Enter"),
    ("Canvas", "Zoom at the pointer", "Wheel"),
    ("Canvas", "Move the view", "Middle button, Shift+Wheel"),
)


def rows() -> list[tuple[str, str, str]]:
    """(menu, what, keys) of everything that has keys."""
    mine = chosen()
    found = [(action.menu, say(action.text).rstrip("…"), keys) for action in ACTIONS if (keys := keys_of(action, mine))]
    return sorted(found, key=lambda row: (*MENUS, "").index(row[0])) + [
        (menu, say(what), say(keys)) for menu, what, keys in BY_HAND
    ]


def about(parent: QWidget) -> None:
    """What this is, and on what it runs."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("neural-playground")
    except PackageNotFoundError:  # a checkout that was never installed
        number = say("from a checkout")
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(say("About Playground"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIconPixmap(theme().pixmap("dense", 40, "accent"))
    box.setText(say("Playground"))
    box.setInformativeText(
        say(
            "Build neural networks on a canvas, train them live, take the weights away.\n\n"
            "Version {number}\nPython {python_version}, Qt {qversion}\nMIT licence",
            number=number,
            python_version=platform.python_version(),
            qversion=qVersion(),
        )
    )
    box.open()

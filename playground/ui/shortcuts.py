"""The list of shortcuts, made from the table of actions, and the words about the program."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from playground.ui.actions import ACTIONS, MENUS
from playground.words import say

BY_HAND = (
    ("Canvas", "Walk along the wires", "Arrows"),
    ("Canvas", "Move the selection", "Ctrl+Arrows, Alt+Arrows for small steps"),
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
    found = [(action.menu, say(action.text).rstrip("…"), action.shortcut) for action in ACTIONS if action.shortcut]
    return sorted(found, key=lambda row: (*MENUS, "").index(row[0])) + [
        (menu, say(what), say(keys)) for menu, what, keys in BY_HAND
    ]


class ShortcutList(QDialog):
    """A table to read."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(say("Keyboard shortcuts"))
        self.resize(560, 620)
        found = rows()
        self.table = QTableWidget(len(found), 3, self)
        self.table.setHorizontalHeaderLabels([say("Menu"), say("Action"), say("Keys")])
        self.table.setAccessibleName(say("Keyboard shortcuts"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(28)
        for at, row in enumerate(found):
            for column, text in enumerate(row):
                self.table.setItem(at, column, QTableWidgetItem(text if column else say(text)))
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.addWidget(self.table)


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

"""Nothing that a file holds is drawn as markup: labels and tool tips show their text as it stands, and menus names with an & in them.

Qt guesses: a tool tip or a label whose text looks like HTML is drawn as HTML, pictures of local files included. Cells of tables,
paths and names of nodes come from files, and tool tips of views, menus, canvas items and widgets all end in one private label.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QLabel


def for_menu(text: str) -> str:
    """The text for an entry of a menu, where Qt takes a lone & for the mark of a key."""
    return text.replace("&", "&&")


def from_menu(text: str) -> str:
    """What an entry of a menu shows."""
    return text.replace("&&", "&")


def make_plain(watched: QObject) -> None:
    """Called when anything is polished: a label before its first layout, that of a tool tip before it gets its text."""
    if isinstance(watched, QLabel) and watched.textFormat() == Qt.TextFormat.AutoText:
        watched.setTextFormat(Qt.TextFormat.PlainText)

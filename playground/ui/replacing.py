"""Asked before something is replaced or deleted that nothing else keeps."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from playground.ui.theme import theme
from playground.words import say


def may_replace(window: QWidget, title: str, text: str) -> bool:
    """Ask before something is replaced. title, text: in the language of the window."""
    return _may(window, title, text, say("Replace"))


def may_delete(window: QWidget, title: str, text: str) -> bool:
    """Ask before something is deleted. title, text: in the language of the window."""
    return _may(window, title, text, say("Delete"))


def _may(window: QWidget, title: str, text: str, verb: str) -> bool:
    """Cancel is what Enter and Escape mean."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, title, parent=window)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIconPixmap(theme().pixmap("warn", 32, "warn"))
    box.setInformativeText(text)
    go = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(say("Cancel"), QMessageBox.ButtonRole.RejectRole))
    box.exec()
    chosen = box.clickedButton() is go
    box.deleteLater()
    return chosen


def may_write(window: QWidget, path: Path) -> bool:
    """Whether a file may be written: at once where there is none, else after asking."""
    if not os.path.isfile(path):  # no exception for any name
        return True
    title = say("Replace {name}?", name=path.name)
    return may_replace(window, title, say("A file of this name is already in {folder}.", folder=path.parent))


def as_file(name: str) -> str:
    """The name of a project as that of a file, which has no slash."""
    return name.replace("/", "_")


def ask_save(window: QWidget, title: str, proposed: Path, kinds: str, ending: str) -> Path | None:
    """Ask where to save; None for nowhere. A name gets the ending that it lacks, and the file that it means then is not replaced unasked.

    title, kinds: in the language of the window; kinds as Qt's file dialog wants them.
    """
    name, _ = QFileDialog.getSaveFileName(window, title, str(proposed), kinds)
    if not name:
        return None
    path = Path(name)
    if path.suffix == ending:
        return path
    path = path.with_name(path.name + ending)
    return path if may_write(window, path) else None

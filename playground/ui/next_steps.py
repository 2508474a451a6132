"""Next steps that belong to many refusals: the words of a button, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from playground.ui.remedies import Remedy
from playground.words import sentence


def again(act: Callable[[], object]) -> Remedy:
    """The same once more, when what was in the way is gone."""
    return sentence("Try again"), act


def copy_path(path: Path) -> Remedy:
    """The place that is in the way to the clipboard, for a file manager or a terminal."""
    return sentence("Copy the path"), lambda: QGuiApplication.clipboard().setText(str(path))

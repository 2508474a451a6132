"""Files dragged from a file manager onto the window: what is dropped is opened as if it had been chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def carried_file(data: QMimeData) -> Path | None:
    """The file or folder of this machine that a drag brings; None where it brings none, or several."""
    urls = data.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None

"""Files dragged from a file manager onto the window: what is dropped is opened as if it had been chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def carried_files(data: QMimeData) -> tuple[Path, ...]:
    """The files and folders of this machine that a drag brings; none where it brings anything else too."""
    urls = data.urls()
    return tuple(Path(url.toLocalFile()) for url in urls) if all(url.isLocalFile() for url in urls) else ()

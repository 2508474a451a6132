"""The files that were opened last, for the start page."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from playground.document import strict_json
from playground.document.saver import save_atomically
from playground.errors import BadValue
from playground.paths import user_data_dir

MOST = 20


def recent_files() -> list[Path]:
    """The newest first; those that are gone are listed too, so that a stick can come back."""
    store = _store()
    try:
        names = strict_json.decode(store.read_bytes())["files"]
        return [Path(name) for name in names if isinstance(name, str) and name and "\0" not in name][:MOST]
    except OSError:  # none yet, or none that may be read
        return []
    except (BadValue, KeyError, TypeError):
        with contextlib.suppress(OSError):
            os.replace(store, store.with_suffix(".bad"))  # kept, in case a person wants to look
        return []


def written_at(path: Path) -> float | None:
    """When a file was written, in seconds since 1970; None where there is none, or none can have such a name."""
    try:
        return path.stat().st_mtime if path.is_file() else None
    except (OSError, ValueError):
        return None


def note_recent(path: Path) -> None:
    """Put a file first. Raises FileError where the list cannot be written."""
    path = path.absolute()
    _write([path, *(old for old in recent_files() if old != path)])


def forget_recent(path: Path) -> None:
    """Take a file off the list."""
    _write([old for old in recent_files() if old != path.absolute()])


def _write(files: list[Path]) -> None:
    save_atomically(_store(), strict_json.encode({"files": [str(file) for file in files[:MOST]]}))


def _store() -> Path:
    return user_data_dir() / "recent.json"

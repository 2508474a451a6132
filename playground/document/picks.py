"""Which data files and folders a person has picked on this machine: a project may read them wherever it lies, also tomorrow."""

from __future__ import annotations

import contextlib
from pathlib import Path

from playground.data.readers.places import pick
from playground.document import strict_json
from playground.document.saver import save_atomically
from playground.errors import BadValue, FileError
from playground.paths import user_data_dir

MOST = 500


def remember(path: Path | str) -> Path:
    """Allow a file or folder that a person has just chosen, now and in later runs."""
    chosen = pick(path)
    known = _known()
    if str(chosen) not in known[:1]:
        names = [str(chosen), *(name for name in known if name != str(chosen))]
        with contextlib.suppress(FileError):  # it holds for this run, and is asked about again in the next
            save_atomically(_store(), strict_json.encode({"picked": names[:MOST]}))
    return chosen


def recall() -> None:
    """Allow what was chosen in earlier runs; a list that cannot be read allows nothing."""
    for name in _known():
        pick(name)


def _known() -> list[str]:
    try:
        names = strict_json.decode(_store().read_bytes())["picked"]
        return [name for name in names if isinstance(name, str) and name.startswith("/") and "\0" not in name][:MOST]
    except (OSError, BadValue, KeyError, TypeError):
        return []


def _store() -> Path:
    return user_data_dir() / "picked.json"

"""Where things lie: the user's data, the cache, and the assets that ship with the program.

`PLAYGROUND_HOME` puts data and cache under one folder, for tests and for portable installations.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP = "playground"


def home() -> Path | None:
    """The folder that `PLAYGROUND_HOME` names, or None."""
    named = os.environ.get("PLAYGROUND_HOME", "")
    return Path(named).expanduser().absolute() if named else None


def user_data_dir() -> Path:
    """Recovery files, backups, recent files. Made on first use, readable by the user alone."""
    root = home()
    return _private(root / "data" if root else Path(platformdirs.user_data_dir(APP, appauthor=False)))


def cache_dir() -> Path:
    """What may be deleted at any time, such as compiled kernels. Made on first use, readable by the user alone."""
    root = home()
    return _private(root / "cache" if root else Path(platformdirs.user_cache_dir(APP, appauthor=False)))


def assets_dir() -> Path:
    """Icons and examples: inside the package in an installed wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

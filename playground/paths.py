"""Where things lie: the assets that ship with the program, and the user's own folders.

`PLAYGROUND_HOME` moves all of the latter, for tests and portable installations; `PLAYGROUND_CACHE` moves the cache alone.
"""

from __future__ import annotations

import os
from pathlib import Path


def assets_dir() -> Path:
    """Icons, examples and pictures: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "assets"
    return installed if installed.is_dir() else here.parent / "assets"


def user_data_dir() -> Path:
    """Runs and checkpoints, recovery files, backups, recent files."""
    return _user("data", "user_data_dir")


def config_dir() -> Path:
    """Settings of the window."""
    return _user("config", "user_config_dir")


def cache_dir() -> Path:
    """What may be deleted at any time, above all compiled kernels."""
    own = os.environ.get("PLAYGROUND_CACHE")
    return _made(Path(own)) if own else _user("cache", "user_cache_dir")


def _user(name: str, kind: str) -> Path:
    home = os.environ.get("PLAYGROUND_HOME")
    if home:
        return _made(Path(home).expanduser().absolute() / name)
    import platformdirs

    return _made(Path(getattr(platformdirs, kind)("playground", appauthor=False)))


def _made(folder: Path) -> Path:
    """The folder, made on first use and then readable by the user alone."""
    if not os.path.isdir(folder):  # asked hundreds of times a second, and making what is there costs ten times as much
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

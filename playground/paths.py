"""Where things lie: the shipped assets and the user's own folders. `PLAYGROUND_HOME` moves all of the latter."""

from __future__ import annotations

import os
from pathlib import Path


def assets_dir() -> Path:
    """Icons, examples and pictures: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "assets"
    return installed if installed.is_dir() else here.parent / "assets"


def _user(name: str, fallback: str) -> Path:
    home = os.environ.get("PLAYGROUND_HOME")
    if home:
        found = Path(home) / name
    else:
        import platformdirs

        found = Path(getattr(platformdirs, fallback)("playground", appauthor=False))
    found.mkdir(parents=True, exist_ok=True)
    return found


def config_dir() -> Path:
    """Settings of the window."""
    return _user("config", "user_config_dir")


def data_dir() -> Path:
    """Runs and checkpoints."""
    return _user("data", "user_data_dir")


def state_dir() -> Path:
    """Recovery files and logs."""
    return _user("state", "user_state_dir")


def cache_dir() -> Path:
    """What may be deleted at any time, above all compiled kernels. `PLAYGROUND_CACHE` moves it alone."""
    own = os.environ.get("PLAYGROUND_CACHE")
    if own:
        Path(own).mkdir(parents=True, exist_ok=True)
        return Path(own)
    return _user("cache", "user_cache_dir")

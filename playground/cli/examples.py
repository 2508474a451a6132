"""The example projects that come with the program."""

from __future__ import annotations

from pathlib import Path

from playground.errors import FileError
from playground.paths import assets_dir


def examples() -> dict[str, Path]:
    """Name -> file, in the order of their names."""
    return {path.stem: path for path in sorted((assets_dir() / "examples").glob("*.play"))}


def example(name: str) -> Path:
    """Raises FileError, listing what there is."""
    found = examples()
    if name not in found:
        raise FileError(f"There is no example called {name!r}; there are: {', '.join(found) or 'none'}.")
    return found[name]

"""Putting an export in its place: the old file or the checked new one, never something in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playground.document.saver import save_atomically


def put_in_place(path: Path, data: bytes, check: Callable[[Path], None]) -> None:
    """Write beside the path, check what was written, then replace. What `check` raises leaves the path as it was."""
    save_atomically(path, lambda file: file.write(data), verify=check)

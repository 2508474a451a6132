"""Which file a path in a project may mean: one beside the project, or one that a person picked on this machine."""

from __future__ import annotations

import re
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from playground.errors import FileError
from playground.words import sentence

#: Files and folders that a person picked in a dialog, on the command line or in a script, for this process.
_PICKED: set[Path] = set()

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def pick(path: str | Path) -> Path:
    """Remember that a person chose this file or folder here, so that `resolve` accepts it, and what lies in a folder."""
    chosen = Path(path).absolute().resolve()
    _PICKED.add(chosen)
    return chosen


def resolve(path: str, folder: Path | None) -> Path:
    """The existing file or folder that `path` means. Raises FileError.

    folder: where the project lies. None means that no project file is open, so the path was written here and may lead anywhere.
    With a folder, the path must lie inside it (links followed) or have been picked: a project from a stranger reads nothing else.
    """
    if not path.strip():
        raise FileError(sentence("No file is chosen yet. Choose one."))
    shown = repr(path if len(path) <= 120 else path[:117] + "...")
    _refuse_odd(path, shown)
    where = _native(path, folder)
    try:
        real = where.resolve()
        exists = real.exists()
    except (OSError, RuntimeError) as error:
        raise FileError(
            sentence("{shown} cannot be looked up ({name}). Choose the file again.", shown=shown, name=type(error).__name__)
        ) from error
    if folder is not None and not real.is_relative_to(folder.resolve()) and not _was_picked(real):
        raise FileError(
            sentence(
                "{shown} lies outside the project's folder. Choose the file again to allow it, or put it beside the project.",
                shown=shown,
            )
        )
    if not exists:
        raise FileError(
            sentence(
                "{shown} does not exist{place}. Put the file there or choose another.",
                shown=shown,
                place=sentence(" in {folder}", folder=folder) if folder is not None else "",
            )
        )
    return real


def _refuse_odd(path: str, shown: str) -> None:
    if "\0" in path or not path.isprintable():
        raise FileError(sentence("{shown} holds characters that no file name has. Choose the file again.", shown=shown))
    if path.startswith(("//", "\\\\")):
        raise FileError(sentence("{shown} names another computer. Copy the file to this one and choose it.", shown=shown))
    if path.startswith("~"):
        raise FileError(
            sentence("{shown} begins with ~, which means another folder for everybody. Choose the file itself.", shown=shown)
        )
    drive = PureWindowsPath(path).drive
    if not drive and _URL.match(path):
        raise FileError(sentence("{shown} is an address, not a file. Download the file and choose it.", shown=shown))
    if drive and not Path(path).is_absolute():
        raise FileError(sentence("{shown} is a path of another system. Choose the file again.", shown=shown))


def _native(path: str, folder: Path | None) -> Path:
    # A project saved on Windows may hold backslashes; a file whose name really holds one must have been picked.
    parts = PureWindowsPath(path) if "\\" in path else PurePosixPath(path)
    if Path(path).is_absolute():
        return Path(path)
    if folder is not None and ".." in parts.parts:
        raise FileError(
            sentence(
                "{path} leads out of the project's folder. Choose the file again to allow it, or put it beside the project.",
                path=f"{path!r}",
            )
        )
    return (folder or Path.cwd()) / Path(*parts.parts)


def _was_picked(real: Path) -> bool:
    return real in _PICKED or any(parent in _PICKED for parent in real.parents)


def require_file(path: Path, most_bytes: int) -> int:
    """The size of a regular file. Raises FileError for devices, pipes and folders, and above the limit."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise FileError(
            sentence("{path} cannot be opened: {why}. Choose another file.", path=path.name, why=_why(error))
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise FileError(sentence("{path} is not a file but a folder or a device. Choose a file.", path=path.name))
    if found.st_size > most_bytes:
        raise FileError(
            sentence(
                "{path} has {st_size} bytes; at most {most_bytes} can be read. Use a smaller part of it.",
                path=path.name,
                st_size=f"{found.st_size:,}",
                most_bytes=f"{most_bytes:,}",
            )
        )
    if found.st_size == 0:
        raise FileError(sentence("{path} is empty. Choose another file.", path=path.name))
    return found.st_size


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()

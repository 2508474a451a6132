"""What the window remembers between starts: in one file under the user's own folder, movable with `PLAYGROUND_HOME`."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from playground.paths import user_data_dir

MOST_RECENT = 8


def _store() -> QSettings:
    return QSettings(str(user_data_dir() / "window.ini"), QSettings.Format.IniFormat)


def word(key: str, default: str) -> str:
    """A remembered word."""
    found = _store().value(key, default)
    return found if isinstance(found, str) else default


def set_word(key: str, value: str) -> None:
    _store().setValue(key, value)


def block(key: str) -> QByteArray | None:
    """A remembered state of Qt, or None."""
    found = _store().value(key)
    return found if isinstance(found, QByteArray) else None


def set_block(key: str, value: QByteArray | None) -> None:
    """Remember a state; None forgets it."""
    store = _store()
    if value is None:
        store.remove(key)
    else:
        store.setValue(key, value)


def recent() -> list[Path]:
    """Projects opened lately that still exist, the newest first."""
    found = _store().value("recent", [])
    names = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return [path for name in names if isinstance(name, str) and (path := Path(name)).is_file()]


def add_recent(path: Path) -> None:
    """Put a project in front of the recent ones."""
    others = [str(old) for old in recent() if old != path]
    _store().setValue("recent", [str(path), *others][:MOST_RECENT])

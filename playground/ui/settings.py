"""What the window remembers between starts: in one file under the user's own folder, movable with `PLAYGROUND_HOME`."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings

from playground.paths import user_data_dir


def _store() -> QSettings:
    return QSettings(str(user_data_dir() / "window.ini"), QSettings.Format.IniFormat)


def word(key: str, default: str) -> str:
    """A remembered word."""
    found = _store().value(key, default)
    return found if isinstance(found, str) else default


def set_word(key: str, value: str) -> None:
    _store().setValue(key, value)


def words(group: str) -> dict[str, str]:
    """Every remembered word of a group: the part of its key behind "group/" -> the word."""
    store = _store()
    store.beginGroup(group)
    found = {key: store.value(key) for key in store.allKeys()}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def forget(key: str) -> None:
    """Forget a word, a state, or a whole group."""
    _store().remove(key)


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

"""The View menu. Languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from playground.ui import settings
from playground.ui.actions.base import Action
from playground.ui.speaking import change_language

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def choose(window: MainWindow, language: str) -> None:
    """Remember "system" or a language, and let every window speak it."""
    settings.set_word("language", language)
    window.refresh()
    # The menu that asked is made anew too, so it has to be through with its click.
    QTimer.singleShot(0, window, lambda: change_language(language))


def _chosen() -> str:
    return settings.word("language", "system")


ACTIONS = (
    Action(id="language_en", text="English", run=lambda w: choose(w, "en"), menu="View", group=3, checked=lambda w: _chosen() == "en"),
    Action(id="language_zh_CN", text="简体中文", run=lambda w: choose(w, "zh_CN"), menu="View", group=3,
           checked=lambda w: _chosen() == "zh_CN"),
    Action(id="language_system", text="Language of the system", run=lambda w: choose(w, "system"), menu="View", group=3,
           checked=lambda w: _chosen() == "system"),
)  # fmt: skip

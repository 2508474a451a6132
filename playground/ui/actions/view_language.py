"""The View menu. Languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.ui import settings
from playground.ui.actions.base import Action
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


def choose(window: MainWindow, language: str) -> None:
    """Remember "system" or a language. Texts are made with the window, so it speaks the language from the next start on."""
    settings.set_word("language", language)
    window.session.message.emit(say("The window speaks the chosen language from the next start on."), "info")
    window.refresh()


def _chosen() -> str:
    return settings.word("language", "system")


ACTIONS = (
    Action(id="language_en", text="English", run=lambda w: choose(w, "en"), menu="View", group=3, checked=lambda w: _chosen() == "en"),
    Action(id="language_zh_CN", text="简体中文", run=lambda w: choose(w, "zh_CN"), menu="View", group=3,
           checked=lambda w: _chosen() == "zh_CN"),
    Action(id="language_system", text="Language of the system", run=lambda w: choose(w, "system"), menu="View", group=3,
           checked=lambda w: _chosen() == "system"),
)  # fmt: skip

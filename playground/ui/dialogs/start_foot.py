"""The foot of the start page: light or dark, and the language."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QWidget

from playground.ui import settings
from playground.ui.painting import box, put, stamp, width_of
from playground.ui.theme import theme
from playground.words import LANGUAGES, language, say, strung

THEMES = {"light": "Light", "dark": "Dark", "system": "Follow the system"}


class FootChoice(QAbstractButton):
    """One of several words; a click opens the others. chosen(word).

    words: what the choices are called.  shown: what a choice comes to, where that is shorter to say on the button.
    """

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        icon: str,
        words: Mapping[str, str],
        now: str,
        shown: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.words, self.now, self.glyph = dict(words), now, icon
        self.shown = self.words | dict(shown or {})
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip(name)
        self.name = name
        self.clicked.connect(self.choose)
        self.show_now(now)

    def show_now(self, now: str) -> None:
        """Show which one holds."""
        self.now = now if now in self.words else next(iter(self.words))
        self.setText(self.shown[self.now])
        self.setAccessibleName(strung((self.name, self.text()), ": "))
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(width_of(self.text(), 11)) + (44 if self.glyph else 26), 26)

    def choose(self) -> None:
        """Open the choices above the button."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for word, text in self.words.items():
            entry = menu.addAction(text)
            entry.setCheckable(True)
            entry.setChecked(word == self.now)
            entry.triggered.connect(lambda _=False, word=word: self.chosen.emit(word))
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        if self.hasFocus() or self.underMouse():
            box(p, r, 4, theme().color("accentsoft"), theme().color("accent") if self.hasFocus() else None, 2)
        x = 6.0
        if self.glyph:
            stamp(p, x + 8, 13, self.glyph, "text2", 15)
            x += 20
        put(p, QRectF(x, 0, r.width() - x, 26), self.text(), 11, "text2")
        stamp(p, r.right() - 9, 13, "down", "text3", 12)
        p.end()


class StartFoot(QWidget):
    """theme_chosen("light" | "dark" | "system"), language_chosen("system" | a language)."""

    theme_chosen = Signal(str)
    language_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = FootChoice(say("Look"), "eye", {word: say(text) for word, text in THEMES.items()}, theme().choice)
        spoken = {"system": say("Language of the system"), **LANGUAGES}
        found = {"system": LANGUAGES[language()]} if language() in LANGUAGES else {}
        self.language = FootChoice(say("Language"), "", spoken, settings.word("language", "system"), found)
        self.look.chosen.connect(self.theme_chosen)
        self.language.chosen.connect(self.language_chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.look)
        row.addStretch(1)
        row.addWidget(self.language)
        theme().changed.connect(self._follow)

    def _follow(self) -> None:
        self.look.show_now(theme().choice)
